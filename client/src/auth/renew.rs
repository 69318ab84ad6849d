//! Credentials that are renewed: at most one renewal is under way at any time, whoever waits for it, on whatever runtime,
//! and however many of them give up. What a renewal found is remembered; that there is nothing to be found, too.
//!
//! A renewal runs as a task of its own: a caller that is dropped does not take it along. A runtime that stops takes its
//! task along; then the next caller begins anew.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::Credentials;
use crate::http::BoxFuture;
use crate::{Error, ErrorKind, telemetry};

/// How long one renewal may take.
const LONGEST: Duration = Duration::from_secs(30);
/// How long a caller waits for a renewal: longer than it may take, unless its runtime stands still.
const PATIENCE: Duration = Duration::from_secs(35);
/// How often a caller sees a renewal vanish before it says so.
const TRIES: u32 = 3;
/// How long the credentials that replaced refused ones are not replaced when they are refused as well.
const CALM: Duration = Duration::from_secs(1);
/// How long nothing is tried after an early renewal failed.
const PAUSE: Duration = Duration::from_secs(5);

/// Where the credentials come from.
pub(super) trait Source<T>: Send + Sync + 'static {
    /// Makes new credentials. `last` is what was there before.
    fn renew(&self, last: Option<Arc<T>>) -> BoxFuture<'static, Result<Fresh<T>, Problem>>;

    /// Told what a renewal found, and what that replaces.
    fn replaced(&self, old: Option<Arc<T>>, new: Arc<T>) {
        let _ = (old, new);
    }
}

/// What a renewal found.
pub(super) struct Fresh<T> {
    pub(super) value: T,
    pub(super) credentials: Credentials,
    /// How long they are good for, from when they were asked for; for ever if nobody says.
    pub(super) lifetime: Option<Duration>,
}

/// Why there are no credentials. It can be told to many.
#[derive(Clone)]
pub(super) struct Problem {
    message: Cow<'static, str>,
    hint: Option<&'static str>,
    cause: Option<Arc<Error>>,
    /// Whether trying again can't help.
    last: bool,
}

impl Problem {
    pub(super) fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into(), hint: None, cause: None, last: false }
    }

    /// `what` could not be done because of `error`.
    pub(super) fn of(what: &str, error: Error) -> Self {
        let why = match (error.status(), error.reason()) {
            (Some(status), Some(reason)) => format!("{what}: {} {reason}", status.as_u16()),
            (Some(status), None) => format!("{what}: {}", status.as_u16()),
            (None, _) => format!("{what}: {error}"),
        };
        Self { cause: Some(Arc::new(error)), ..Self::new(why) }
    }

    pub(super) fn last(mut self) -> Self {
        self.last = true;
        self
    }

    pub(super) fn hint(mut self, next_step: &'static str) -> Self {
        self.hint = Some(next_step);
        self
    }

    pub(super) fn because(mut self, error: Error) -> Self {
        self.cause = Some(Arc::new(error));
        self
    }

    pub(super) fn cause(&self) -> Option<&Error> {
        self.cause.as_deref()
    }

    pub(super) fn error(&self) -> Error {
        let kind = match self.cause().map(Error::kind) {
            Some(kind @ (ErrorKind::Connection | ErrorKind::Timeout | ErrorKind::Tls | ErrorKind::Runtime)) => kind,
            _ => ErrorKind::Credentials,
        };
        let mut error = Error::new(kind, self.message.clone());
        if let Some(hint) = self.hint {
            error = error.with_hint(hint);
        }
        match &self.cause {
            Some(cause) => error.with_source(Arc::clone(cause)),
            None => error,
        }
    }
}

/// Credentials and the way to renew them. Clones share both.
pub(super) struct Renewing<T>(Arc<Inner<T>>);

struct Inner<T> {
    source: Box<dyn Source<T>>,
    state: Mutex<State<T>>,
}

struct State<T> {
    held: Option<Held<T>>,
    flight: Option<Flight>,
    /// Counts flights, so that one that was given up does not speak for its successor.
    flights: u64,
    /// There will be no others; what is held is used to its end.
    ended: Option<Problem>,
    /// There are none any more, whatever is held.
    closed: Option<Problem>,
    early: Option<Duration>,
    not_before: Option<Instant>,
    /// When a refusal last led to a renewal.
    refusal: Option<Instant>,
}

struct Held<T> {
    value: Arc<T>,
    credentials: Credentials,
    since: Instant,
    lifetime: Option<Duration>,
    refused: bool,
}

type Flight = watch::Receiver<Option<Result<Credentials, Problem>>>;

tokio::task_local! {
    /// The renewals that the current task is part of, by address.
    static WITHIN: Vec<usize>;
}

impl<T: Send + Sync + 'static> Renewing<T> {
    pub(super) fn new(source: impl Source<T>) -> Self {
        let state = State {
            held: None,
            flight: None,
            flights: 0,
            ended: None,
            closed: None,
            early: None,
            not_before: None,
            refusal: None,
        };
        Self(Arc::new(Inner { source: Box::new(source), state: Mutex::new(state) }))
    }

    /// Begins with credentials that are there already.
    pub(super) fn holding(source: impl Source<T>, fresh: Fresh<T>, asked: Instant) -> Self {
        let renewing = Self::new(source);
        renewing.lock().hold(fresh, asked);
        renewing
    }

    /// Renews this long before the end. By default, a tenth of the lifetime, and a minute at most.
    pub(super) fn renew_before(&self, early: Duration) {
        self.lock().early = Some(early);
    }

    /// What is held, good or not.
    pub(super) fn value(&self) -> Option<Arc<T>> {
        self.lock().held.as_ref().map(|held| Arc::clone(&held.value))
    }

    /// The credentials to use now.
    pub(super) async fn credentials(&self) -> Result<Credentials, Error> {
        for _ in 0..TRIES {
            let mut flight = {
                let mut state = self.lock();
                match state.ready() {
                    Some(ready) => return ready.map_err(|problem| problem.error()),
                    None => self.join(&mut state)?,
                }
            };
            let landed = timeout(PATIENCE, flight.wait_for(Option::is_some)).await;
            let outcome = landed.ok().and_then(|landed| landed.ok()?.clone());
            match outcome {
                Some(Ok(credentials)) => return Ok(credentials),
                // An early renewal may fail as long as there is something to go on with.
                Some(Err(problem)) => return self.lock().alive().ok_or_else(|| problem.error()),
                None => self.give_up(&flight),
            }
        }
        Err(Error::new(ErrorKind::Runtime, "the runtime that was to renew the credentials stopped"))
    }

    /// Notes that a server refused credentials, and says whether there may be others. What is held is not used again if
    /// it is those; but a server that refuses all that are shown must not cost a renewal each time.
    pub(super) fn refused(&self, refused: &Credentials) -> bool {
        let mut state = self.lock();
        let calm = state.refusal.is_none_or(|at| at.elapsed() >= CALM);
        let Some(held) = state.held.as_mut().filter(|held| !held.refused && held.credentials == *refused) else {
            return true;
        };
        if calm {
            held.refused = true;
            state.refusal = Some(Instant::now());
            state.not_before = None;
        }
        calm
    }

    /// Gives every later caller this problem, waits for a renewal that is under way, and says what was held last.
    pub(super) async fn close(&self, problem: Problem) -> Option<Arc<T>> {
        let flight = {
            let mut state = self.lock();
            state.closed = Some(problem);
            state.flight.clone()
        };
        if let Some(mut flight) = flight {
            // A renewal that does not come back has nothing to hand over.
            let _ = timeout(PATIENCE, flight.wait_for(Option::is_some)).await;
        }
        self.value()
    }

    /// Forgets what is held.
    pub(super) fn forget(&self) {
        self.lock().held = None;
    }

    /// Joins the renewal that is under way, or begins one.
    fn join(&self, state: &mut State<T>) -> Result<Flight, Error> {
        let address = Arc::as_ptr(&self.0).addr();
        let mut within = WITHIN.try_with(Clone::clone).unwrap_or_default();
        if within.contains(&address) {
            let message = "the calls that a credentials provider makes ask it for credentials";
            return Err(Error::new(ErrorKind::Credentials, message)
                .with_hint("give the client that it calls credentials of their own"));
        }
        if let Some(flight) = &state.flight {
            return Ok(flight.clone());
        }
        let Ok(runtime) = Handle::try_current() else {
            return Err(Error::new(
                ErrorKind::Runtime,
                "credentials are renewed on a tokio runtime, and there is none",
            ));
        };
        let (sender, receiver) = watch::channel(None);
        state.flight = Some(receiver.clone());
        state.flights += 1;
        let (this, number) = (self.clone(), state.flights);
        let last = state.held.as_ref().map(|held| Arc::clone(&held.value));
        within.push(address);
        runtime.spawn(telemetry::of_caller(WITHIN.scope(within, async move {
            let asked = Instant::now();
            let renewal = timeout(LONGEST, this.0.source.renew(last)).await;
            let found = renewal.unwrap_or_else(|_| {
                let late = Error::new(ErrorKind::Timeout, format!("no answer within {LONGEST:?}"));
                Err(Problem::of("the credentials can't be renewed", late))
            });
            sender.send_replace(Some(this.land(number, asked, found)));
        })));
        Ok(receiver)
    }

    /// Keeps what a renewal found.
    fn land(&self, number: u64, asked: Instant, found: Result<Fresh<T>, Problem>) -> Result<Credentials, Problem> {
        let mut state = self.lock();
        if state.flights != number {
            return found.map(|fresh| fresh.credentials);
        }
        state.flight = None;
        match found {
            Ok(fresh) => {
                let old = state.held.as_ref().map(|held| Arc::clone(&held.value));
                let credentials = fresh.credentials.clone();
                let new = state.hold(fresh, asked);
                let closed = state.closed.clone();
                drop(state);
                self.0.source.replaced(old, new);
                closed.map_or(Ok(credentials), Err)
            }
            Err(problem) => {
                state.not_before = Some(Instant::now() + PAUSE);
                if problem.last {
                    state.ended = Some(problem.clone());
                }
                Err(problem)
            }
        }
    }

    /// Makes room for another renewal when this one does not come back.
    fn give_up(&self, flight: &Flight) {
        let mut state = self.lock();
        if state.flight.as_ref().is_some_and(|current| current.same_channel(flight)) {
            state.flight = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // Every change is whole, so a panic elsewhere leaves nothing half done.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> State<T> {
    fn hold(&mut self, fresh: Fresh<T>, since: Instant) -> Arc<T> {
        let Fresh { value, credentials, lifetime } = fresh;
        let value = Arc::new(value);
        self.held = Some(Held { value: Arc::clone(&value), credentials, since, lifetime, refused: false });
        self.not_before = None;
        value
    }

    /// What a caller gets without a renewal.
    fn ready(&self) -> Option<Result<Credentials, Problem>> {
        if let Some(problem) = &self.closed {
            return Some(Err(problem.clone()));
        }
        match (self.alive(), &self.ended) {
            (Some(credentials), Some(_)) => Some(Ok(credentials)),
            (Some(credentials), None) => (!self.due()).then_some(Ok(credentials)),
            (None, Some(problem)) => Some(Err(problem.clone())),
            (None, None) => None,
        }
    }

    /// What is held, if it is still good as far as is known here.
    fn alive(&self) -> Option<Credentials> {
        let held = self.held.as_ref().filter(|held| !held.refused && self.closed.is_none())?;
        let over = held.lifetime.is_some_and(|lifetime| held.since.elapsed() >= lifetime);
        (!over).then(|| held.credentials.clone())
    }

    /// Whether what is held should be renewed although it is still good.
    fn due(&self) -> bool {
        let Some((held, lifetime)) = self.held.as_ref().and_then(|held| Some((held, held.lifetime?))) else {
            return false;
        };
        let early = self.early.unwrap_or_else(|| (lifetime / 10).min(Duration::from_secs(60)));
        let pausing = self.not_before.is_some_and(|at| Instant::now() < at);
        !pausing && held.since.elapsed() >= lifetime.saturating_sub(early)
    }
}

impl<T> Clone for Renewing<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Renewing<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[renewed]")
    }
}

#[cfg(test)]
mod tests;
