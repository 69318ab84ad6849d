//! One connection of the scripted server. It reads just as much HTTP/1.1 as the client writes.

use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::server::{Act, End, Received, Shared, Step};

/// Larger bodies are counted and forgotten.
const KEPT: usize = 16 << 20;

pub(super) async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    // Else what is written in pieces waits for the client's next word, 40 ms each.
    let _ = stream.set_nodelay(true);
    if shared.takes(Act::Refuse) {
        let _ = stream.set_zero_linger();
        return;
    }
    let mut read = BytesMut::new();
    while first_line(&mut stream, &mut read).await.is_some() {
        if shared.takes(Act::Line) || shared.takes(Act::Refuse) {
            let _ = stream.set_zero_linger();
            return;
        }
        let Some(received) = request(&mut stream, &mut read).await else { return };
        let step = shared.step(received);
        sleep(step.before).await;
        // A client that gave up does not read the answer.
        if write(&mut stream, &step).await.is_err() {
            return;
        }
        match step.end {
            End::Keep => {}
            End::Close => return,
            End::Reset => {
                // Let what was written arrive: a reset overtakes it.
                sleep(std::time::Duration::from_millis(20)).await;
                let _ = stream.set_zero_linger();
                return;
            }
            End::Stall => std::future::pending().await,
        }
    }
}

async fn write(stream: &mut TcpStream, step: &Step) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {} X\r\n", step.status);
    for (name, value) in &step.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", step.length.unwrap_or(step.body.len())));
    match step.act {
        Act::Answer => stream.write_all(&[head.as_bytes(), &step.body].concat()).await,
        Act::Cut(bytes) => {
            let whole = [head.as_bytes(), &step.body].concat();
            stream.write_all(&whole[..bytes.min(whole.len())]).await
        }
        Act::Drip(size, wait) => {
            stream.write_all(head.as_bytes()).await?;
            for piece in step.body.chunks(size) {
                sleep(wait).await;
                stream.write_all(piece).await?;
            }
            Ok(())
        }
        Act::Refuse | Act::Line | Act::Nothing => Ok(()),
    }
}

/// Waits for the first line of the next request, and leaves it where it is.
async fn first_line(stream: &mut TcpStream, read: &mut BytesMut) -> Option<()> {
    while !read.contains(&b'\n') {
        more(stream, read).await?;
    }
    Some(())
}

/// The next request of a connection; none when it is closed, or speaks no HTTP.
async fn request(stream: &mut TcpStream, read: &mut BytesMut) -> Option<Received> {
    let head = loop {
        if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            break read.split_to(end + 4);
        }
        more(stream, read).await?;
    };
    let head = std::str::from_utf8(&head).ok()?;
    let mut lines = head.trim_end().split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        headers.append(HeaderName::try_from(name).ok()?, HeaderValue::try_from(value.trim_matches([' ', '\t'])).ok()?);
    }
    let mut body = Kept::default();
    if headers.contains_key("transfer-encoding") {
        chunks(stream, read, &mut body).await?;
    } else if let Some(length) = headers.get("content-length") {
        take(stream, read, length.to_str().ok()?.parse().ok()?, &mut body).await?;
    }
    Some(Received { method, target, headers, body: body.bytes.freeze(), body_size: body.size })
}

#[derive(Default)]
struct Kept {
    bytes: BytesMut,
    size: u64,
}

impl Kept {
    fn add(&mut self, piece: &[u8]) {
        self.size += piece.len() as u64;
        if self.size <= KEPT as u64 {
            self.bytes.extend_from_slice(piece);
        } else {
            self.bytes = BytesMut::new();
        }
    }
}

async fn chunks(stream: &mut TcpStream, read: &mut BytesMut, body: &mut Kept) -> Option<()> {
    loop {
        let line = line(stream, read).await?;
        let size = usize::from_str_radix(std::str::from_utf8(&line).ok()?.trim(), 16).ok()?;
        take(stream, read, size, body).await?;
        take(stream, read, 2, &mut Kept::default()).await?;
        if size == 0 {
            return Some(());
        }
    }
}

async fn line(stream: &mut TcpStream, read: &mut BytesMut) -> Option<Bytes> {
    loop {
        if let Some(end) = read.windows(2).position(|window| window == b"\r\n") {
            return Some(read.split_to(end + 2).freeze());
        }
        more(stream, read).await?;
    }
}

async fn take(stream: &mut TcpStream, read: &mut BytesMut, mut left: usize, body: &mut Kept) -> Option<()> {
    while left > 0 {
        if read.is_empty() {
            more(stream, read).await?;
        }
        let piece = left.min(read.len());
        body.add(&read[..piece]);
        read.advance(piece);
        left -= piece;
    }
    Some(())
}

async fn more(stream: &mut TcpStream, read: &mut BytesMut) -> Option<()> {
    read.reserve(64 * 1024);
    matches!(stream.read_buf(read).await, Ok(count) if count > 0).then_some(())
}
