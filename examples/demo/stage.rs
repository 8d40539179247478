//! What every step stands on: the server, the screen, the pace.

use std::cell::Cell;
use std::time::{Duration, Instant};

use urlsession::{Bytes, Configuration, Error, ErrorCode, Response, Session};
use urlsession_origin::Origin;

use crate::report::{Failure, Found, Report, Row, Step};
use crate::screen::{Ink, Screen};

/// Server, screen and pace.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) origin: Origin,
    pub(crate) screen: Screen,
    once: bool,
    paused: Cell<Duration>,
}

impl Stage {
    pub(crate) fn new(screen: Screen, once: bool) -> Result<Self, Failure> {
        Ok(Self {
            origin: Origin::spawn()?,
            screen,
            once,
            paused: Cell::default(),
        })
    }

    /// One of two figures: at a pace to follow, or as fast as it goes.
    pub(crate) fn pace<T>(&self, to_follow: T, at_once: T) -> T {
        if self.once { at_once } else { to_follow }
    }

    /// Lets the audience look; not counted in any time.
    pub(crate) async fn pause(&self, milliseconds: u64) {
        if !self.once {
            let began = Instant::now();
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            self.paused.set(self.paused.get() + began.elapsed());
        }
    }

    /// Runs a step: title, the call it is about, what happens, a row.
    pub(crate) async fn run(
        &self,
        report: &mut Report,
        (what, call): (&'static str, &str),
        step: impl Future<Output = Step>,
    ) {
        let title = format!("\n{:>2}  {what}", report.len() + 1);
        self.screen.line(&self.screen.ink(Ink::Bold, &title));
        self.screen.say(&self.screen.ink(Ink::Faint, call));
        let before = self.origin.accepted_connections();
        self.paused.set(Duration::ZERO);
        let began = Instant::now();
        let step = step.await;
        let time = began.elapsed().saturating_sub(self.paused.get());
        let elsewhere = step.as_ref().map_or(0, |found| found.elsewhere);
        let connections = self.origin.accepted_connections() - before + elsewhere;
        match &step {
            Ok(found) => self.screen.say(&self.screen.ink(Ink::Green, &found.result)),
            Err(error) => self
                .screen
                .say(&self.screen.ink(Ink::Red, &error.to_string())),
        }
        report.add(Row {
            what,
            step,
            time,
            connections,
        });
        self.pause(900).await;
    }
}

/// A session of the default configuration, but for what `change` changes.
pub(crate) fn session_with(change: impl FnOnce(&mut Configuration)) -> Session {
    let mut configuration = Configuration::ephemeral();
    change(&mut configuration);
    urlsession::session(configuration)
}

/// What an awaited transfer gives.
pub(crate) type Loaded = Result<(Bytes, Response), Error>;

/// A transfer that must fail so.
pub(crate) fn fails_with(code: ErrorCode, loaded: Loaded) -> Step {
    match loaded {
        Err(error) if error.code() == code => Ok(Found::new(named(code), 0)),
        Err(error) => Err(format!("{}, not {}: {error}", named(error.code()), named(code)).into()),
        Ok((_, response)) => Err(format!("{}, not {}", response.status(), named(code)).into()),
    }
}

/// A code with Apple's number.
pub(crate) fn named(code: ErrorCode) -> String {
    format!("{code:?} ({})", code.raw())
}

/// Says what is wrong unless `holds`.
pub(crate) fn ensure(holds: bool, otherwise: impl Into<String>) -> Result<(), Failure> {
    if holds {
        Ok(())
    } else {
        Err(otherwise.into().into())
    }
}
