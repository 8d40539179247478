//! NetworkManager's account, over the system bus.

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

use futures::{FutureExt, Stream, StreamExt, stream};
use tokio::time::{error::Elapsed, timeout};
use urlsession_core::{NetworkKind, NetworkPath, NetworkStatus};
use zbus::{Connection, MatchRule, MessageStream, OwnedVariant, connection, message};

use super::{Teller, routes};

/// Where there is NetworkManager, it tells kind and cost.
pub(crate) const TELLS_COST: bool = true;

const MANAGER: &str = "org.freedesktop.NetworkManager";
const MANAGER_PATH: &str = "/org/freedesktop/NetworkManager";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
const BUS: &str = "org.freedesktop.DBus";

/// How long one answer may take; without it nothing is known.
const ANSWER_TIME: Duration = Duration::from_secs(1);

/// How often the routes are looked at while there is none: networks may come that NetworkManager does not manage.
const RECHECK_TIME: Duration = Duration::from_secs(5);

/// The bus: the one at this address, else the system's.
#[derive(Clone, Debug, Default)]
pub(super) struct Source {
    pub(super) address: Option<String>,
}

/// Tells paths as long as there is a bus that answers, and on it a manager that is understood.
pub(super) async fn follow(source: &Source, teller: &mut Teller) {
    let Err(_lost) = try_follow(source, teller).await;
}

/// Why the bus is followed no more.
enum Lost {
    Bus,
    Answer,
}

impl From<zbus::Error> for Lost {
    fn from(_: zbus::Error) -> Self {
        Self::Bus
    }
}

impl From<Elapsed> for Lost {
    fn from(_: Elapsed) -> Self {
        Self::Answer
    }
}

/// Tells the path, and again whenever something of it may have changed.
async fn try_follow(source: &Source, teller: &mut Teller) -> Result<Infallible, Lost> {
    let connection = timeout(ANSWER_TIME, connect(source)).await??;
    let mut changes = timeout(ANSWER_TIME, changes(&connection)).await??;
    loop {
        let facts = timeout(ANSWER_TIME, facts(&connection)).await??;
        let path = facts.path(routes::any());
        teller.tell(path);
        let change = changes.next();
        let is_gone = match path.status == NetworkStatus::Unsatisfied {
            true => matches!(timeout(RECHECK_TIME, change).await, Ok(None)),
            false => change.await.is_none(),
        };
        if is_gone {
            return Err(Lost::Bus);
        }
        // All is asked anew: of several changes one is enough.
        while let Some(Some(_)) = changes.next().now_or_never() {}
    }
}

async fn connect(source: &Source) -> zbus::Result<Connection> {
    let builder = match &source.address {
        Some(address) => connection::Builder::address(address.as_str()),
        None => connection::Builder::system(),
    };
    builder.method_timeout(ANSWER_TIME).build().await
}

/// Ready whenever a property of the manager has changed, or the manager comes or goes.
async fn changes(connection: &Connection) -> zbus::Result<impl Stream<Item = ()> + Unpin + use<>> {
    let of_properties = MatchRule::builder()
        .msg_type(message::Type::Signal)
        .sender(MANAGER)
        .path(MANAGER_PATH)
        .interface(PROPERTIES)
        .member("PropertiesChanged")
        .build()?;
    let of_owner = MatchRule::builder()
        .msg_type(message::Type::Signal)
        .sender(BUS)
        .interface(BUS)
        .member("NameOwnerChanged")
        .arg(0, MANAGER)
        .build()?;
    let properties = MessageStream::for_match_rule(of_properties, connection, None).await?;
    let owner = MessageStream::for_match_rule(of_owner, connection, None).await?;
    // The end of either is the end of the bus.
    let ended = |messages: MessageStream| {
        messages
            .map(|message| message.ok().map(|_| ()))
            .chain(stream::once(async { None }))
            .boxed()
    };
    let either = stream::select(ended(properties), ended(owner));
    Ok(either
        .take_while(|change| std::future::ready(change.is_some()))
        .map(|_| ())
        .boxed())
}

/// What NetworkManager says, as far as it matters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Facts {
    /// `NMState`.
    state: Option<u32>,
    /// The type of the connection that has the default route.
    kind: Option<String>,
    /// `NMMetered`.
    metered: Option<u32>,
}

/// Asks, without starting a manager that does not run.
async fn facts(connection: &Connection) -> zbus::Result<Facts> {
    let to_bus = connection.call_method(
        Some(BUS),
        "/org/freedesktop/DBus",
        Some(BUS),
        "NameHasOwner",
        &MANAGER,
    );
    if !to_bus.await?.body().deserialize::<bool>()? {
        return Ok(Facts::default());
    }
    let answer = connection
        .call_method(
            Some(MANAGER),
            MANAGER_PATH,
            Some(PROPERTIES),
            "GetAll",
            &MANAGER,
        )
        .await?;
    let body = answer.body();
    let mut all: HashMap<String, OwnedVariant> = body.deserialize()?;
    let mut number = |name| all.remove(name).and_then(|value| u32::try_from(value).ok());
    let (state, metered) = (number("State"), number("Metered"));
    let kind = all.remove("PrimaryConnectionType");
    Ok(Facts {
        state,
        kind: kind.and_then(|value| String::try_from(value).ok()),
        metered,
    })
}

impl Facts {
    /// What they say. A manager that manages nothing says "disconnected" of a machine that is connected by other means: only
    /// without any route is that believed.
    fn path(&self, has_route: bool) -> NetworkPath {
        let mut path = NetworkPath::UNKNOWN;
        path.status = match self.state {
            // Asleep, disconnected, disconnecting, connecting.
            Some(10..=40) if !has_route => return NetworkPath::unsatisfied(),
            // Connected: locally, to the site, to the internet.
            Some(50..) => NetworkStatus::Satisfied,
            Some(_) | None => return path,
        };
        path.kind = kind_of(self.kind.as_deref().unwrap_or_default());
        // Yes, and by the manager's guess.
        let is_metered = matches!(self.metered, Some(1 | 3));
        path.is_expensive = is_metered || path.kind == NetworkKind::Cellular;
        path
    }
}

/// NetworkManager's types of connections.
fn kind_of(name: &str) -> NetworkKind {
    match name {
        "" => NetworkKind::Unknown,
        "802-3-ethernet" => NetworkKind::Wired,
        "802-11-wireless" => NetworkKind::Wifi,
        "gsm" | "cdma" => NetworkKind::Cellular,
        "loopback" => NetworkKind::Loopback,
        _ => NetworkKind::Other,
    }
}

#[cfg(test)]
mod tests;
