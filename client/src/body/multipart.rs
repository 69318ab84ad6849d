//! `multipart/form-data`: values as text, files as they are. A form can be sent again unless a stream is in
//! it; files on disk are read piece by piece, anew for each attempt.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use http::HeaderValue;

use super::{Body, Media, Upload, unwritable};
use crate::http::{HttpBody, HttpError};
use crate::rt::{Wire, to_json};
use crate::{Error, ErrorKind};

/// Makes the body of a form, part by part.
#[derive(Debug, Default)]
#[must_use = "a form is sent as the body that `build` makes"]
pub struct MultipartBuilder {
    parts: Vec<Part>,
    problem: Option<Error>,
}

#[derive(Debug)]
struct Part {
    head: String,
    content: HttpBody,
}

impl MultipartBuilder {
    /// A value: text as it is, anything else as JSON.
    pub fn json<T: Wire>(mut self, name: &str, value: &T) -> Self {
        match to_json(value).map_err(unwritable) {
            Ok(json) => {
                let (text, media) = match serde_json::from_str::<String>(&json) {
                    Ok(text) => (text, ""),
                    Err(_) => (json, "\r\ncontent-type: application/json"),
                };
                // Kibana reads numbers and booleans of a form as text.
                let media = if text.starts_with(['{', '[']) { media } else { "" };
                let head = format!("content-disposition: form-data; name=\"{}\"{media}", quoted(name));
                self.parts.push(Part { head, content: text.into() });
            }
            Err(error) => self.problem = Some(error),
        }
        self
    }

    /// A value, if there is one.
    pub fn optional_json<T: Wire>(self, name: &str, value: Option<&T>) -> Self {
        match value {
            Some(value) => self.json(name, value),
            None => self,
        }
    }

    /// A file, with a name and a media type for when it has none of its own.
    pub fn file(mut self, name: &str, file: &Upload, file_name: &str, content_type: &str) -> Self {
        let (file_name, media) = (file.name().unwrap_or(file_name), file.media_type().unwrap_or(content_type));
        if media.chars().any(char::is_control) {
            self.problem =
                Some(Error::new(ErrorKind::InvalidRequest, "the media type of a file has control characters"));
            return self;
        }
        let head = format!(
            "content-disposition: form-data; name=\"{}\"; filename=\"{}\"\r\ncontent-type: {media}",
            quoted(name),
            quoted(file_name)
        );
        match file.open() {
            Ok(content) => self.parts.push(Part { head, content }),
            Err(error) => self.problem = Some(error),
        }
        self
    }

    /// A file, if there is one.
    pub fn optional_file(self, name: &str, file: Option<&Upload>, file_name: &str, content_type: &str) -> Self {
        match file {
            Some(file) => self.file(name, file, file_name, content_type),
            None => self,
        }
    }

    /// Files that share a name.
    pub fn files(self, name: &str, files: &[Upload], file_name: &str, content_type: &str) -> Self {
        files.iter().fold(self, |form, file| form.file(name, file, file_name, content_type))
    }

    /// The body; none when there is no part.
    ///
    /// # Errors
    /// When a value can't be written as JSON, or a stream was sent before.
    pub fn build(self) -> Result<Body, Error> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        if self.parts.is_empty() {
            return Ok(Body::empty());
        }
        let boundary = boundary();
        let media = HeaderValue::from_str(&format!("multipart/form-data; boundary={boundary}"))
            .map_err(|_| Error::new(ErrorKind::InvalidRequest, "the form has no boundary"))?;
        let mut pieces: Vec<HttpBody> = Vec::new();
        for part in self.parts {
            pieces.push(format!("--{boundary}\r\n{}\r\n\r\n", part.head).into());
            pieces.push(part.content);
            pieces.push("\r\n".into());
        }
        pieces.push(format!("--{boundary}--\r\n").into());
        let known: Option<Vec<u8>> = pieces.iter().map(HttpBody::as_bytes).try_fold(Vec::new(), |mut all, piece| {
            all.extend_from_slice(piece?);
            Some(all)
        });
        let content = match known {
            Some(bytes) => bytes.into(),
            None if pieces.iter().all(|piece| piece.replay().is_some()) => {
                let length = pieces.iter().map(HttpBody::length).try_fold(0_u64, |all, one| all.checked_add(one?));
                HttpBody::reopened(move || Pieces(pieces.iter().filter_map(HttpBody::replay).collect()), length)
            }
            None => HttpBody::from_stream(Pieces(pieces.into())),
        };
        Ok(Body { content, media: Media::Other(media) })
    }
}

/// Random, so that no content can hold it.
fn boundary() -> String {
    format!("elkit-{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..))
}

/// A name in a head, as browsers write it: quotes and line breaks are percent-encoded.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

/// One body after the other.
struct Pieces(VecDeque<HttpBody>);

impl Stream for Pieces {
    type Item = Result<Bytes, HttpError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        while let Some(first) = self.0.front_mut() {
            match Pin::new(first).poll_next(context) {
                Poll::Ready(None) => drop(self.0.pop_front()),
                other => return other,
            }
        }
        Poll::Ready(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let body = Body::multipart()
            .json("name", &"a \"b\"".to_owned())
            .json("flag", &true)
            .optional_json::<String>("none", None)
            .json("list", &vec!["x".to_owned()])
            .file("file", &Upload::new("1\n").file_name("a\r\n\".txt"), "file", "text/plain")
            .build()
            .unwrap();
        let media = body.media_type(crate::rt::Product::Kibana).unwrap();
        let boundary = media.to_str().unwrap().split_once("boundary=").unwrap().1.to_owned();
        let text = String::from_utf8(body.as_bytes().unwrap().to_vec()).unwrap();
        let expected = "--B\r\ncontent-disposition: form-data; name=\"name\"\r\n\r\na \"b\"\r\n\
             --B\r\ncontent-disposition: form-data; name=\"flag\"\r\n\r\ntrue\r\n\
             --B\r\ncontent-disposition: form-data; name=\"list\"\r\ncontent-type: application/json\r\n\r\n[\"x\"]\r\n\
             --B\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a%0D%0A%22.txt\"\r\ncontent-type: text/plain\r\n\r\n1\n\r\n\
             --B--\r\n";
        assert_eq!(text.replace(&boundary, "B"), expected);
    }

    #[tokio::test]
    async fn files_can_be_sent_again_and_streams_not() {
        let path = std::env::current_exe().unwrap();
        let size = std::fs::metadata(&path).unwrap().len();
        let file = Upload::from_path(&*path);
        for _ in 0..2 {
            let body = Body::multipart().file("file", &file, "x", "y/z").build().unwrap();
            assert!(body.as_bytes().is_none());
            let content = body.into_parts().0;
            let (again, length) = (content.replay().unwrap(), content.length());
            let sent = content.collect(usize::MAX).await.unwrap();
            assert!(u64::try_from(sent.len()).unwrap() > size);
            assert_eq!(u64::try_from(sent.len()).ok(), length, "the length is known beforehand");
            assert_eq!(again.collect(usize::MAX).await.unwrap(), sent, "and it can be sent again");
        }
        let once = Upload::stream(HttpBody::from("x"));
        assert!(Body::upload(&once, "a/b").is_ok());
        let error = Body::upload(&once, "a/b").unwrap_err();
        assert!(error.to_string().contains("was sent already"), "{error}");
    }
}
