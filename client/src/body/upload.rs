//! The content of a file that a request sends. It is data until the request goes out: a path is opened then, and
//! again for each attempt; a stream is taken then, and can't be taken twice.

use std::fmt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use tokio::io::{AsyncRead, ReadBuf};

use crate::http::{BoxError, HttpBody, HttpError, HttpErrorKind};
use crate::{Error, ErrorKind};

/// A file to send: bytes, a file on disk, or a stream.
///
/// ```
/// use elkit::body::Upload;
///
/// let lines = Upload::new("{\"id\":\"1\"}\n").file_name("export.ndjson").content_type("application/ndjson");
/// let archive = Upload::from_path("package.zip");
/// ```
#[derive(Clone)]
pub struct Upload {
    source: Source,
    file_name: Option<String>,
    content_type: Option<String>,
}

#[derive(Clone)]
enum Source {
    Bytes(Bytes),
    Path(PathBuf),
    Once(Arc<Mutex<Option<HttpBody>>>),
}

impl Upload {
    /// These bytes.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self::of(Source::Bytes(bytes.into()))
    }

    /// The file at `path`, opened when the request is sent. Its name goes with it.
    pub fn from_path(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        Self { file_name: name, ..Self::of(Source::Path(path)) }
    }

    /// What a stream yields. It can be sent once: a second request with the same upload is an error, and a request with
    /// it is never retried.
    pub fn stream<S, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        Self::of(Source::Once(Arc::new(Mutex::new(Some(HttpBody::from_stream(stream))))))
    }

    /// The name the server is told.
    #[must_use]
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.file_name = Some(name.into());
        self
    }

    /// The media type the server is told.
    #[must_use]
    pub fn content_type(mut self, media_type: impl Into<String>) -> Self {
        self.content_type = Some(media_type.into());
        self
    }

    fn of(source: Source) -> Self {
        Self { source, file_name: None, content_type: None }
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.file_name.as_deref()
    }

    pub(crate) fn media_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// The content, to be sent.
    pub(crate) fn open(&self) -> Result<HttpBody, Error> {
        match &self.source {
            Source::Bytes(bytes) => Ok(bytes.clone().into()),
            Source::Path(path) => {
                // A file that can't be read is an error when the request goes out, with the rest of what is wrong.
                let length = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|file| file.len());
                let path = path.clone();
                Ok(HttpBody::reopened(move || FileStream::Closed(path.clone()), length))
            }
            Source::Once(stream) => stream.lock().unwrap_or_else(PoisonError::into_inner).take().ok_or_else(|| {
                let message = "the stream of this upload was sent already: make a new upload for each request";
                Error::new(ErrorKind::InvalidRequest, message)
            }),
        }
    }
}

impl PartialEq for Upload {
    /// Streams are equal to themselves alone.
    fn eq(&self, other: &Self) -> bool {
        let same = match (&self.source, &other.source) {
            (Source::Bytes(one), Source::Bytes(two)) => one == two,
            (Source::Path(one), Source::Path(two)) => one == two,
            (Source::Once(one), Source::Once(two)) => Arc::ptr_eq(one, two),
            _ => false,
        };
        same && self.file_name == other.file_name && self.content_type == other.content_type
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("Upload");
        match &self.source {
            Source::Bytes(bytes) => text.field("bytes", &bytes.len()),
            Source::Path(path) => text.field("path", path),
            Source::Once(_) => text.field("stream", &format_args!("once")),
        };
        text.field("file_name", &self.file_name).field("content_type", &self.content_type).finish()
    }
}

macro_rules! from_bytes {
    ($($ty:ty)*) => {$(
        impl From<$ty> for Upload {
            fn from(bytes: $ty) -> Self {
                Self::new(bytes)
            }
        }
    )*};
}

from_bytes!(Bytes Vec<u8> String &'static str &'static [u8]);

impl From<PathBuf> for Upload {
    fn from(path: PathBuf) -> Self {
        Self::from_path(path)
    }
}

impl From<&Path> for Upload {
    fn from(path: &Path) -> Self {
        Self::from_path(path)
    }
}

/// A file on disk, read in pieces.
enum FileStream {
    Closed(PathBuf),
    Opening(Pin<Box<dyn Future<Output = std::io::Result<tokio::fs::File>> + Send>>),
    Open(Box<tokio::fs::File>, Box<[u8]>),
    Done,
}

/// How much of a file is read at once.
const PIECE: usize = 64 * 1024;

impl Stream for FileStream {
    type Item = Result<Bytes, HttpError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // A file that can't be read is the caller's business, not the server's.
        let failed = |error: std::io::Error| Some(Err(HttpError::new(HttpErrorKind::Request, error)));
        loop {
            match &mut *self {
                Self::Closed(path) => *self = Self::Opening(Box::pin(tokio::fs::File::open(std::mem::take(path)))),
                Self::Opening(opening) => match ready!(opening.as_mut().poll(context)) {
                    Ok(file) => *self = Self::Open(Box::new(file), vec![0; PIECE].into()),
                    Err(error) => {
                        *self = Self::Done;
                        return Poll::Ready(failed(error));
                    }
                },
                Self::Open(file, buffer) => {
                    let mut piece = ReadBuf::new(buffer);
                    let result = ready!(Pin::new(&mut **file).poll_read(context, &mut piece));
                    let read = Bytes::copy_from_slice(piece.filled());
                    if result.is_err() || read.is_empty() {
                        *self = Self::Done;
                    }
                    return Poll::Ready(match result {
                        Ok(()) if read.is_empty() => None,
                        Ok(()) => Some(Ok(read)),
                        Err(error) => failed(error),
                    });
                }
                Self::Done => return Poll::Ready(None),
            }
        }
    }
}
