//! Packs bodies with gzip, once for all attempts: JSON, lines and text that is at hand. A stream stays a stream that nobody
//! holds, and files are often packed already, so both go out as they are.

use crate::body::Media;
use crate::http::HttpBody;

/// A smaller body fits into one packet anyhow.
#[cfg(feature = "gzip")]
const SMALLEST: usize = 1024;

/// The packed body, if that is worth it.
#[cfg(feature = "gzip")]
pub(crate) fn pack(body: &HttpBody, media: &Media) -> Option<HttpBody> {
    use std::io::Write;

    let bytes = body.as_bytes().filter(|bytes| bytes.len() >= SMALLEST && is_text(media))?;
    let mut packer = flate2::write::GzEncoder::new(Vec::with_capacity(bytes.len() / 4), flate2::Compression::fast());
    // Writing to a Vec can't fail; if it did, the body would go out as it is.
    packer.write_all(bytes).ok()?;
    let packed = packer.finish().ok()?;
    (packed.len() < bytes.len()).then(|| packed.into())
}

#[cfg(not(feature = "gzip"))]
pub(crate) fn pack(_: &HttpBody, _: &Media) -> Option<HttpBody> {
    None
}

#[cfg(feature = "gzip")]
fn is_text(media: &Media) -> bool {
    match media {
        Media::None => false,
        Media::Json | Media::Ndjson => true,
        Media::Other(name) => name.to_str().is_ok_and(|name| name.starts_with("text/") || name.contains("json")),
    }
}
