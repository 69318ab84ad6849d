//! Answers that are read as they come. At most one item and one piece of the body are in memory; the wait for each piece
//! is limited, their number is not.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use futures_core::Stream;
use tokio::time::{Sleep, sleep};

use super::Response;
use super::body::{Binary, FromBody, text_of};
use super::lines::{Event, EventReader, Events, Ndjson, decode_line};
use crate::http::{HttpBody, HttpError};
use crate::rt::{Correction, DecodeError, Decoded, Operation, Wire};
use crate::telemetry::Span;
use crate::transport::{Executed, kind_of};
use crate::{Error, ErrorKind, telemetry};

/// What an answer's body can be read as while it comes: [`Ndjson`] line by line, [`Events`] event by event, [`Binary`]
/// piece by piece.
pub trait FromStream: FromBody {
    /// What the body is made of.
    type Item: Send + Unpin + 'static;

    /// What finds the items.
    #[doc(hidden)]
    type Reader: Reader<Item = Self::Item>;
}

/// Finds items in the bytes that came so far.
#[doc(hidden)]
pub trait Reader: Default + Send + Unpin + 'static {
    /// What it finds.
    type Item;

    /// Takes the next whole item out of `buffer`; `ended` says that no bytes follow.
    ///
    /// # Errors
    /// When the bytes are no such item.
    fn next(
        &mut self,
        buffer: &mut Buffer,
        ended: bool,
        strict: bool,
    ) -> Option<Result<Decoded<Self::Item>, DecodeError>>;
}

/// Bytes that came and were not used yet.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Buffer {
    bytes: BytesMut,
    /// How many of them are known to hold no end of a line.
    searched: usize,
}

impl Buffer {
    fn add(&mut self, piece: Bytes) {
        if self.bytes.is_empty() {
            self.bytes = piece.into();
        } else {
            self.bytes.extend_from_slice(&piece);
        }
    }

    /// The next line without its end. What stands behind the last end is a line once the body `ended`.
    fn line(&mut self, ended: bool) -> Option<Bytes> {
        let end = self.bytes[self.searched..].iter().position(|byte| *byte == b'\n');
        let Some(end) = end else {
            self.searched = self.bytes.len();
            return (ended && !self.bytes.is_empty()).then(|| self.all());
        };
        let mut line = self.bytes.split_to(self.searched + end).freeze();
        self.bytes.advance(1);
        self.searched = 0;
        if line.ends_with(b"\r") {
            line.truncate(line.len() - 1);
        }
        Some(line)
    }

    fn all(&mut self) -> Bytes {
        self.searched = 0;
        std::mem::take(&mut self.bytes).freeze()
    }
}

impl<T: Wire + Send + Unpin + 'static> FromStream for Ndjson<T> {
    type Item = T;
    type Reader = LineReader<T>;
}

/// Reads lines of JSON.
#[doc(hidden)]
#[derive(Debug)]
pub struct LineReader<T> {
    /// Lines so far, and those that held a value.
    lines: usize,
    values: usize,
    read: std::marker::PhantomData<fn() -> T>,
}

impl<T> Default for LineReader<T> {
    fn default() -> Self {
        Self { lines: 0, values: 0, read: std::marker::PhantomData }
    }
}

impl<T: Wire + Send + Unpin + 'static> Reader for LineReader<T> {
    type Item = T;

    fn next(&mut self, buffer: &mut Buffer, ended: bool, strict: bool) -> Option<Result<Decoded<T>, DecodeError>> {
        loop {
            let line = buffer.line(ended)?;
            self.lines += 1;
            let text = match text_of(&line) {
                Ok(text) if text.trim().is_empty() => continue,
                Ok(text) => text,
                Err(DecodeError { message, .. }) => {
                    let message = format!("line {}: {message}", self.lines);
                    return Some(Err(DecodeError { pointer: format!("/{}", self.values), message }));
                }
            };
            self.values += 1;
            return Some(decode_line(text, self.lines, self.values - 1, strict));
        }
    }
}

impl FromStream for Events {
    type Item = Event;
    type Reader = EventLines;
}

/// Reads server-sent events.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct EventLines(EventReader);

impl Reader for EventLines {
    type Item = Event;

    fn next(&mut self, buffer: &mut Buffer, ended: bool, _: bool) -> Option<Result<Decoded<Event>, DecodeError>> {
        let event = loop {
            let Some(line) = buffer.line(ended) else {
                break ended.then(|| self.0.line("")).flatten()?;
            };
            match text_of(&line) {
                Ok(line) => {
                    if let Some(event) = self.0.line(line) {
                        break event;
                    }
                }
                Err(error) => return Some(Err(error)),
            }
        };
        Some(Ok(Decoded { value: event, corrections: Vec::new() }))
    }
}

impl FromStream for Binary {
    type Item = Bytes;
    type Reader = Whatever;
}

/// Reads pieces as they come.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Whatever;

impl Reader for Whatever {
    type Item = Bytes;

    fn next(&mut self, buffer: &mut Buffer, _: bool, _: bool) -> Option<Result<Decoded<Bytes>, DecodeError>> {
        let piece = buffer.all();
        (!piece.is_empty()).then(|| Ok(Decoded { value: piece, corrections: Vec::new() }))
    }
}

/// The body of an answer, item by item. It ends after the last item, or after the first error.
///
/// It is a [`Stream`]; [`next`](Streamed::next) serves who has no stream library at hand. Dropping it closes the
/// connection.
///
/// ```no_run
/// # async fn f(kibana: elkit::Kibana) -> elkit::Result<()> {
/// use elkit::response::Ndjson;
/// use elkit::Method;
///
/// let export = kibana.request(Method::POST, "/api/my_plugin/_export");
/// let mut lines = export.stream::<Ndjson<serde_json::Value>>().await?;
/// while let Some(line) = lines.next().await {
///     println!("{}", line?["id"]);
/// }
/// # Ok(()) }
/// ```
#[must_use = "a stream does nothing until it is polled"]
pub struct Streamed<R: FromStream> {
    body: HttpBody,
    reader: R::Reader,
    buffer: Buffer,
    ended: bool,
    corrections: Vec<Correction>,
    strict: bool,
    operation: &'static Operation,
    /// The call's span: it ends with the stream.
    span: Span,
    idle: Duration,
    /// Of the wait that goes on, if one does.
    timer: Option<Pin<Box<Sleep>>>,
    limit: usize,
}

impl<R: FromStream> Streamed<R> {
    pub(crate) fn of(executed: Executed, strict: bool, operation: &'static Operation) -> Response<Self> {
        let Executed { answer, flow, span, idle, limit } = executed;
        let streamed = Self {
            body: flow,
            reader: R::Reader::default(),
            buffer: Buffer::default(),
            ended: false,
            corrections: Vec::new(),
            strict,
            operation,
            span,
            idle,
            timer: None,
            limit,
        };
        Response::flowing(streamed, answer)
    }

    /// The next item; none after the last.
    pub async fn next(&mut self) -> Option<Result<R::Item, Error>> {
        poll_fn(|context| self.poll(context)).await
    }

    /// What had to be corrected in the item that came last. Its place begins with the item's number, from 0.
    pub fn last_corrections(&self) -> &[Correction] {
        &self.corrections
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<R::Item, Error>>> {
        loop {
            if let Some(item) = self.take() {
                // What the caller does with it is no waiting.
                self.timer = None;
                return Poll::Ready(Some(item));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            if let Err(error) = ready!(self.fill(context)) {
                return Poll::Ready(Some(Err(self.give_up(error))));
            }
        }
    }

    /// The next item, if all of it came.
    fn take(&mut self) -> Option<Result<R::Item, Error>> {
        Some(match self.reader.next(&mut self.buffer, self.ended, self.strict)? {
            Ok(Decoded { value, corrections }) => {
                self.span.inside(|| telemetry::corrected(self.operation, &corrections));
                self.corrections = corrections;
                Ok(value)
            }
            Err(error) => Err(self.give_up(Error::from_decode(error))),
        })
    }

    /// Waits for bytes, or for the end of the body.
    fn fill(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        match Pin::new(&mut self.body).poll_next(context) {
            Poll::Ready(Some(Ok(piece))) => {
                self.timer = None;
                self.buffer.add(piece);
                if self.buffer.bytes.len() > self.limit {
                    let message = format!("an item of the answer has more than {} bytes", self.limit);
                    return Poll::Ready(Err(Error::new(ErrorKind::Decode, message)));
                }
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Err(broken(error))),
            Poll::Ready(None) => {
                self.ended = true;
                Poll::Ready(Ok(()))
            }
            Poll::Pending => {
                let idle = self.idle;
                ready!(self.timer.get_or_insert_with(|| Box::pin(sleep(idle))).as_mut().poll(context));
                let message = format!("nothing more of the answer came within {idle:?}");
                Poll::Ready(Err(Error::new(ErrorKind::Timeout, message)))
            }
        }
    }

    /// Ends the stream, and the connection with it.
    fn give_up(&mut self, error: Error) -> Error {
        self.body = HttpBody::empty();
        self.buffer = Buffer::default();
        self.reader = R::Reader::default();
        self.ended = true;
        self.span.error(error.kind());
        error.with_operation(self.operation.id)
    }
}

impl<R: FromStream> Stream for Streamed<R> {
    type Item = Result<R::Item, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }
}

impl<R: FromStream> fmt::Debug for Streamed<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Streamed({})", self.operation.id)
    }
}

fn broken(error: HttpError) -> Error {
    Error::new(kind_of(&error), error.to_string()).with_source(error.into_source())
}

/// The body of an answer, item by item, each step waiting for one.
#[cfg(feature = "blocking")]
#[must_use = "an iterator does nothing until it is advanced"]
pub struct BlockingStreamed<R: FromStream>(Option<Streamed<R>>);

#[cfg(feature = "blocking")]
impl<R: FromStream> BlockingStreamed<R> {
    pub(crate) fn new(streamed: Streamed<R>) -> Self {
        Self(Some(streamed))
    }

    /// What had to be corrected in the item that came last. Its place begins with the item's number, from 0.
    pub fn last_corrections(&self) -> &[Correction] {
        self.0.as_ref().map_or(&[], Streamed::last_corrections)
    }
}

#[cfg(feature = "blocking")]
impl<R: FromStream> Iterator for BlockingStreamed<R> {
    type Item = Result<R::Item, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        // What came already needs no other thread.
        let mut streamed = self.0.take()?;
        let item = streamed.take();
        if item.is_some() || streamed.ended {
            self.0 = item.is_some().then_some(streamed);
            return item;
        }
        let waited = crate::blocking::run(async move {
            let item = streamed.next().await;
            Ok((streamed, item))
        });
        match waited {
            Ok((streamed, item)) => {
                self.0 = item.is_some().then_some(streamed);
                item
            }
            Err(error) => Some(Err(error)),
        }
    }
}

#[cfg(feature = "blocking")]
impl<R: FromStream> fmt::Debug for BlockingStreamed<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BlockingStreamed").field(&self.0).finish()
    }
}
