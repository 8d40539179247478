//! Sends a body so that it can go on where it was broken off (draft-ietf-httpbis-resumable-upload).

mod rest;

use std::error::Error as _;
use std::sync::Arc;

use http::{Method, StatusCode};
use url::Url;

use self::rest::Rest;
use crate::load::drain::drain;
use crate::load::follow::follow;
use crate::load::route::{Answer, route};
use crate::load::send::Hop;
use crate::policy::connectivity::patience;
use crate::policy::redirect::{self, Next};
use crate::policy::upload::{
    self as policy, Appended, Found, Said, UploadFailure, UploadLimit, Verdict, after_append,
    after_creation, after_probe,
};
use crate::seams::app::App;
use crate::seams::protocol::list::Route;
use crate::seams::signals::Signals;
use crate::words::error::{Blame, Error};
use crate::words::file_version::FileChanged;
#[cfg(feature = "cache")]
use crate::words::header_fields::HeaderFields;
use crate::words::request::Request;
use crate::words::response::Response;
use crate::words::target::Target;
use crate::words::upload_draft::UploadDraft;

/// So many rounds may bring the server no byte more.
const ROUNDS_WITHOUT_GAIN: u32 = 3;

/// So many redirects of a request to the upload's resource are followed.
const REDIRECTS: u32 = 5;

/// An answer, and who gave it.
type Answered = (Answer, Route);

/// What came of a round.
enum Round {
    /// The answer is the app's.
    Final(Answered),
    /// The server had a mishap; this is what it says.
    Mishap(Answered),
    /// The server has not the whole, and takes more.
    Incomplete,
}

/// Uploads the body of `request`: at once, or, where that is broken off or was before, part by part.
pub(crate) async fn upload<A: App>(app: &A, request: Request) -> Result<Answered, Error> {
    let resumes = app.upload(|upload| (upload.draft, upload.resource.is_some()));
    let Some((Some(draft), is_begun)) = resumes else {
        return follow(app, request).await;
    };
    let course = Course {
        app,
        request,
        draft,
    };
    course.run(is_begun).await
}

struct Course<'a, A> {
    app: &'a A,
    /// As the app gave it.
    request: Request,
    draft: UploadDraft,
}

impl<A: App> Course<'_, A> {
    async fn run(&self, is_begun: bool) -> Result<Answered, Error> {
        let mut round = match is_begun {
            false => self.create().await,
            true => self.go_on().await,
        };
        let (mut mishaps, mut idle_rounds) = (0, 0);
        let mut had = self.acknowledged();
        loop {
            let waits = match &round {
                _ if self.target().is_none() => return self.ended(round),
                Ok(Round::Final(_)) => return self.ended(round),
                Ok(Round::Incomplete) => false,
                Ok(Round::Mishap(_)) => true,
                Err(error) if error.code().blame() == Blame::Network => true,
                Err(_) => return self.ended(round),
            };
            let has = self.acknowledged();
            if has > had {
                (had, mishaps, idle_rounds) = (has, 0, 0);
            }
            if waits && mishaps >= self.app.configuration().retries_uploads {
                return self.ended(round);
            }
            idle_rounds += 1;
            if !waits && idle_rounds > ROUNDS_WITHOUT_GAIN {
                return self.ended(Err(UploadFailure::Stuck.into()));
            }
            if let Ok(Round::Mishap((answer, _))) = round {
                drain(self.app, answer.exchange.body).await;
            }
            if waits {
                self.wait(mishaps).await;
                mishaps += 1;
            }
            round = self.go_on().await;
        }
    }

    /// What the round comes to, for good.
    fn ended(&self, round: Result<Round, Error>) -> Result<Answered, Error> {
        match round {
            Ok(Round::Final(answered)) => {
                self.app.upload(|upload| upload.is_over = true);
                Ok(answered)
            }
            Ok(Round::Mishap(answered)) => Ok(answered),
            Ok(Round::Incomplete) => Err(UploadFailure::Stuck.into()),
            Err(error) => {
                self.app.upload(|upload| {
                    upload.is_over |= is_the_end(&error);
                    if is_gone(&error) {
                        upload.resource = None;
                    }
                });
                Err(error)
            }
        }
    }

    fn acknowledged(&self) -> u64 {
        self.app.upload(|upload| upload.acknowledged).unwrap_or(0)
    }

    fn limit(&self) -> UploadLimit {
        self.app.upload(|upload| upload.limit).unwrap_or_default()
    }

    /// Where the server keeps what it has.
    fn target(&self) -> Option<Arc<Target>> {
        let resource = self
            .app
            .upload(|upload| upload.resource.clone())
            .flatten()?;
        Target::from_url(resource).ok().map(Arc::new)
    }

    /// Lets the time pass: meanwhile the place is others', and the idle timer stands still.
    async fn wait(&self, mishaps: u32) {
        self.app.leave_origin();
        let runtime = &self.app.platform().runtime;
        runtime.sleep_until(runtime.now() + patience(mishaps)).await;
        self.app.return_to_origin().await;
    }

    /// Sends the whole, and offers the server to go on if that is broken off.
    async fn create(&self) -> Result<Round, Error> {
        let length = self.request.body().length();
        self.app.upload(|upload| upload.length = length);
        let (answer, route) = follow(self.app, policy::creating(&self.request, self.draft)).await?;
        let response = &answer.exchange.response;
        let said = Said::of(response.headers());
        let verdict = self.app.upload(|upload| {
            upload.learn(said);
            let speaks = policy::speaks(response.headers(), self.draft);
            if upload.resource.is_none() && speaks && said.is_complete == Some(false) {
                upload.resource = policy::resource(response.headers(), response.url());
            }
            after_creation(response.status(), said, upload.limit)
        });
        Ok(match verdict {
            Some(Verdict::Incomplete) if self.target().is_some() => {
                drain(self.app, answer.exchange.body).await;
                Round::Incomplete
            }
            Some(Verdict::Mishap) => Round::Mishap((answer, route)),
            Some(Verdict::Final | Verdict::Incomplete) | None => Round::Final((answer, route)),
        })
    }

    /// Asks how far the server is, and sends on from there.
    async fn go_on(&self) -> Result<Round, Error> {
        let Some(target) = self.target() else {
            return Ok(Round::Incomplete);
        };
        let safe = &self.app.configuration().redirect_safe_headers;
        let probe = policy::probing(&self.request, target.clone(), self.draft, safe);
        let (answer, route) = self.hop(probe, self.acknowledged()).await?;
        let response = &answer.exchange.response;
        let said = Said::of(response.headers());
        match after_probe(response.status(), said) {
            Found::Mishap => Ok(Round::Mishap((answer, route))),
            Found::Failed(failure) => Err(failure.into()),
            Found::Whole(offset) => {
                drain(self.app, answer.exchange.body).await;
                self.fetch_answer(target, offset).await
            }
            Found::At(offset) => {
                self.app.upload(|upload| upload.learn(said));
                drain(self.app, answer.exchange.body).await;
                self.append_from(target, offset).await
            }
        }
    }

    /// The server has all; it may say once more what it answered to that.
    async fn fetch_answer(&self, target: Arc<Target>, offset: u64) -> Result<Round, Error> {
        let safe = &self.app.configuration().redirect_safe_headers;
        let empty = policy::appending(&self.request, target, self.draft, (offset, true), safe);
        let (answer, route) = self.hop(empty, offset).await?;
        let response = &answer.exchange.response;
        let said = Said::of(response.headers());
        match after_append(response.status(), said, (Some(offset), true)) {
            Appended::Final if response.status().is_success() || said.is_complete == Some(true) => {
                Ok(Round::Final((answer, route)))
            }
            Appended::Mishap => Ok(Round::Mishap((answer, route))),
            Appended::Final | Appended::At(_) | Appended::Unclear | Appended::Failed(_) => {
                Err(UploadFailure::AnswerLost.into())
            }
        }
    }

    /// Sends on from `offset`, in as many parts as the server wants.
    async fn append_from(&self, target: Arc<Target>, mut offset: u64) -> Result<Round, Error> {
        let mut rest = Rest::default();
        loop {
            let known = self.app.upload(|upload| upload.length).flatten();
            if known.is_some_and(|length| offset > length) {
                return Err(UploadFailure::BeyondEnd(offset).into());
            }
            rest.open_at(self.app, self.request.body(), offset).await?;
            let whole = rest.whole();
            if let (Some(known), Some(whole)) = (known, whole)
                && known != whole
            {
                return Err(FileChanged.into());
            }
            self.app
                .upload(|upload| upload.length = upload.length.or(whole));
            let part = match rest.has_ended() {
                // A body of unknown length is closed by a part without a byte.
                true => PartPlan::of(Some(0), true),
                false => self.part_at(whole, offset),
            };
            let answered = self.append(&target, &rest, offset, part).await?;
            let response = &answered.0.exchange.response;
            let said = Said::of(response.headers());
            let end = match part.length {
                Some(length) => Some(offset + length),
                None => rest.at(),
            };
            if let Some(moved) = moved(response) {
                self.app.upload(|upload| upload.resource = Some(moved));
                drain(self.app, answered.0.exchange.body).await;
                return Ok(Round::Incomplete);
            }
            self.app.upload(|upload| upload.learn(said));
            match after_append(response.status(), said, (end, part.is_last)) {
                Appended::Final => return Ok(Round::Final(answered)),
                Appended::Mishap => return Ok(Round::Mishap(answered)),
                Appended::Failed(failure) => return Err(failure.into()),
                Appended::Unclear => {
                    drain(self.app, answered.0.exchange.body).await;
                    return Ok(Round::Incomplete);
                }
                Appended::At(now) => {
                    drain(self.app, answered.0.exchange.body).await;
                    self.app
                        .upload(|upload| upload.acknowledged = upload.acknowledged.max(now));
                    let is_closed_next = rest.has_ended() && !part.is_last;
                    if now <= offset && !is_closed_next {
                        return Ok(Round::Incomplete);
                    }
                    offset = now;
                }
            }
        }
    }

    /// What goes in one request.
    fn part_at(&self, whole: Option<u64>, offset: u64) -> PartPlan {
        let most = self.limit().max_append_size;
        let left = whole.map(|whole| whole - offset);
        match (left, most) {
            (Some(left), Some(most)) if left > most => PartPlan::of(Some(most), false),
            (Some(left), _) => PartPlan::of(Some(left), true),
            (None, None) => PartPlan::of(None, true),
            (None, Some(most)) => PartPlan {
                most: Some(most),
                ..PartPlan::of(None, false)
            },
        }
    }

    async fn append(
        &self,
        target: &Arc<Target>,
        rest: &Rest,
        offset: u64,
        part: PartPlan,
    ) -> Result<Answered, Error> {
        let safe = &self.app.configuration().redirect_safe_headers;
        let (target, draft) = (target.clone(), self.draft);
        let request = policy::appending(&self.request, target, draft, (offset, part.is_last), safe);
        let request = match part.length {
            Some(0) => request,
            length => request.with_body(rest.part(length, part.most)),
        };
        self.hop(request, offset).await
    }

    /// Makes a hop of the upload's own: the app is not asked about it, and what it sends is counted from `before` on.
    async fn hop(&self, request: Request, before: u64) -> Result<Answered, Error> {
        let app = self.app;
        let home = self.request.origin().map(|origin| origin.id());
        let mut hop = Hop {
            route: app.protocols().route(&request)?,
            left_home: request.origin().map(|origin| origin.id()) != home,
            request,
            #[cfg(feature = "cache")]
            fields: HeaderFields::new(),
        };
        for followed in 0.. {
            app.set_current_request(&hop.request);
            app.move_to(hop.route.origin(&hop.request)).await;
            app.upload(|upload| upload.before = before);
            let counting = Counting(app.signals(), before);
            let answer = route(app, &hop).await;
            drop(counting);
            let answer = answer.map_err(|error| error.with_url(hop.request.url()))?;
            let Some(next) = self.redirected(&hop, &answer, followed)? else {
                return Ok((answer, hop.route));
            };
            drain(app, answer.exchange.body).await;
            hop.route = app.protocols().route(&next)?;
            hop.left_home |= next.origin().map(|origin| origin.id()) != home;
            hop.request = next;
        }
        Err(UploadFailure::Stuck.into())
    }

    /// Where the hop leads on: what keeps the method is followed, as long as the body can be sent again.
    fn redirected(
        &self,
        hop: &Hop,
        answer: &Answer,
        followed: u32,
    ) -> Result<Option<Request>, Error> {
        let response = &answer.exchange.response;
        let keeps_method = matches!(
            response.status(),
            StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT
        ) || (hop.request.method() == Method::HEAD
            && matches!(
                response.status(),
                StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND
            ));
        if !keeps_method || followed >= REDIRECTS || !hop.request.body().is_at_hand() {
            return Ok(None);
        }
        let safe = &self.app.configuration().redirect_safe_headers;
        match redirect::next(&hop.request, response, followed, safe)? {
            Next::Follow(next) => Ok(Some(next)),
            Next::Deliver => Ok(None),
        }
    }
}

/// Where the resource is now, by a redirect that keeps the method.
fn moved(response: &Response) -> Option<Url> {
    let keeps_method = matches!(
        response.status(),
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT
    );
    let moved = policy::resource(response.headers(), response.url());
    moved.filter(|_| keeps_method)
}

/// True where the server has nothing more to let go of.
fn is_gone(error: &Error) -> bool {
    let failure = error.source().and_then(|cause| cause.downcast_ref());
    matches!(
        failure,
        Some(UploadFailure::Gone(_) | UploadFailure::AnswerLost)
    )
}

/// True for a failure after which nothing can go on.
fn is_the_end(error: &Error) -> bool {
    let Some(cause) = error.source() else {
        return false;
    };
    let failure = cause.downcast_ref::<UploadFailure>();
    cause.is::<FileChanged>()
        || failure.is_some_and(|failure| !matches!(failure, UploadFailure::Refused(_)))
}

/// One part of what is sent.
#[derive(Clone, Copy)]
struct PartPlan {
    /// Where it is known.
    length: Option<u64>,
    /// What it may not be longer than.
    most: Option<u64>,
    is_last: bool,
}

impl PartPlan {
    const fn of(length: Option<u64>, is_last: bool) -> Self {
        Self {
            length,
            most: length,
            is_last,
        }
    }
}

/// Writes down, as the hop ends, what it sent itself: the task counts what went before as well.
struct Counting<'a>(&'a Arc<Signals>, u64);

impl Drop for Counting<'_> {
    fn drop(&mut self) {
        let sent = self.0.sent().saturating_sub(self.1);
        self.0.measure(|transaction| {
            transaction
                .count_of_request_body_bytes_sent
                .get_or_insert(sent);
        });
    }
}
