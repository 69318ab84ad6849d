//! Answers that come in pages, as streams. A page is asked for when the one before it is used up, never earlier.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec;

use futures_core::Stream;

use crate::call::Call;
use crate::error::Result;
use crate::http::BoxFuture;
use crate::response::Response;
use crate::rt::Paged;

/// The pages of a call, as a stream of answers. Ends after the last page, or after the first error.
///
/// It is a [`Stream`]; [`next`](Pages::next) serves who has no stream library at hand.
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<R: Paged> {
    state: State<R>,
}

enum State<R: Paged> {
    Ready(Call<R>),
    Waiting(Call<R>, BoxFuture<'static, Result<Response<R::Response>>>),
    Done,
}

impl<R: Paged> Pages<R> {
    /// The pages of a call.
    pub fn new(mut call: Call<R>) -> Self {
        call.request_mut().begin();
        Self { state: State::Ready(call) }
    }

    /// The next page; none after the last.
    pub async fn next(&mut self) -> Option<Result<Response<R::Response>>> {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Response<R::Response>>>> {
        let (mut call, mut future) = match std::mem::replace(&mut self.state, State::Done) {
            State::Ready(call) => {
                let sent = call.clone();
                (call, Box::pin(sent.send()) as BoxFuture<'static, _>)
            }
            State::Waiting(call, future) => (call, future),
            State::Done => return Poll::Ready(None),
        };
        match future.as_mut().poll(context) {
            Poll::Pending => {
                self.state = State::Waiting(call, future);
                Poll::Pending
            }
            Poll::Ready(answer) => {
                if let Ok(page) = &answer
                    && call.request_mut().advance(page)
                {
                    self.state = State::Ready(call);
                }
                Poll::Ready(Some(answer))
            }
        }
    }
}

impl<R: Paged> Stream for Pages<R> {
    type Item = Result<Response<R::Response>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }
}

impl<R: Paged> fmt::Debug for Pages<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pages({})", R::OPERATION.id)
    }
}

/// The items of all pages of a call, one by one. Ends after the last item, or after the first error.
///
/// It is a [`Stream`]; [`next`](Items::next) serves who has no stream library at hand.
#[must_use = "a stream does nothing until it is polled"]
pub struct Items<R: Paged> {
    pages: Pages<R>,
    items: vec::IntoIter<R::Item>,
}

impl<R: Paged> Items<R> {
    /// The items of a call.
    pub fn new(call: Call<R>) -> Self {
        Self { pages: Pages::new(call), items: Vec::new().into_iter() }
    }

    /// The next item; none after the last.
    pub async fn next(&mut self) -> Option<Result<R::Item>> {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    /// All items in a list.
    ///
    /// # Errors
    /// When a page can't be had.
    pub async fn collect(mut self) -> Result<Vec<R::Item>> {
        let mut items = Vec::new();
        while let Some(item) = self.next().await {
            items.push(item?);
        }
        Ok(items)
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<R::Item>>> {
        loop {
            if let Some(item) = self.items.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            match self.pages.poll(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(Some(Ok(page))) => self.items = R::items(page.into_inner()).into_iter(),
            }
        }
    }
}

impl<R: Paged> Stream for Items<R> {
    type Item = Result<R::Item>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }
}

impl<R: Paged> fmt::Debug for Items<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Items({})", R::OPERATION.id)
    }
}

/// The pages of a call, one blocking call each.
#[cfg(feature = "blocking")]
#[must_use = "an iterator does nothing until it is advanced"]
pub struct BlockingPages<R: Paged> {
    call: Option<Call<R>>,
}

#[cfg(feature = "blocking")]
impl<R: Paged> BlockingPages<R> {
    /// The pages of a call.
    pub fn new(mut call: Call<R>) -> Self {
        call.request_mut().begin();
        Self { call: Some(call) }
    }
}

#[cfg(feature = "blocking")]
impl<R: Paged> fmt::Debug for BlockingPages<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlockingPages({})", R::OPERATION.id)
    }
}

#[cfg(feature = "blocking")]
impl<R: Paged> Iterator for BlockingPages<R> {
    type Item = Result<Response<R::Response>>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut call = self.call.take()?;
        let answer = call.clone().send_blocking();
        if let Ok(page) = &answer
            && call.request_mut().advance(page)
        {
            self.call = Some(call);
        }
        Some(answer)
    }
}
