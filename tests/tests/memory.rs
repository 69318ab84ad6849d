//! What is larger than memory goes through the client in pieces: an export of lines and an import of files, of any size,
//! cost a few megabytes. Server and client share this process, and the figures are its own: the server's part only makes
//! the limit harder to keep.
#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use elkit::body::{Body, Upload};
use elkit::response::Ndjson;
use elkit::{Kibana, Method};
use futures_core::Stream;
use serde_json::Value;

const MIB: u64 = 1 << 20;

#[test]
fn large_exports_and_imports_need_little_memory() {
    exports_and_imports(64 * MIB, 16 * MIB);
}

/// `cargo test -p elkit-tests --no-default-features --test memory -- --ignored --nocapture` prints the figures.
#[test]
#[ignore = "takes a minute"]
fn a_gigabyte_needs_no_more() {
    exports_and_imports(1024 * MIB, 32 * MIB);
}

/// Sends and receives `size` bytes in every way that promises constant memory.
fn exports_and_imports(size: u64, limit: u64) {
    // The figures are the process's: one test at a time.
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);

    let url = serve(size);
    let long = Duration::from_secs(3600);
    let kibana = Kibana::builder(url).no_proxy().timeout(long).attempt_timeout(long).build().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let run = |what: &str, transfer: &dyn Fn(u64)| {
        transfer(MIB);
        let before = Memory::now();
        Memory::forget_peak();
        let start = Instant::now();
        transfer(size);
        let (seconds, after) = (start.elapsed().as_secs_f32(), Memory::now());
        println!(
            "{what} of {} MiB: resident {} KiB before, {} at most, {} after; {seconds:.1} s",
            size / MIB,
            before.resident / 1024,
            after.peak / 1024,
            after.resident / 1024
        );
        assert!(after.peak - before.resident < limit, "{what} took {} KiB", (after.peak - before.resident) / 1024);
    };

    run("export", &|size| {
        let lines = runtime.block_on(async {
            let request = kibana.request(Method::GET, "/api/export").query("size", size);
            let mut lines = request.stream::<Ndjson<Value>>().await.unwrap().into_inner();
            let mut count = 0;
            while let Some(line) = lines.next().await {
                assert_eq!(line.unwrap()["id"], "0");
                count += 1;
            }
            count
        });
        assert_eq!(lines * LINE as u64, size);
    });
    run("import of a stream", &|size| {
        runtime.block_on(import(&kibana, Upload::stream(Pieces { left: size }), size));
    });
    let file = std::env::temp_dir().join(format!("elkit-memory-{}-{size}.ndjson", std::process::id()));
    run("import of a file", &|size| {
        // A hole: it is read as zeros and takes no room on disk.
        std::fs::File::create(&file).unwrap().set_len(size).unwrap();
        runtime.block_on(import(&kibana, Upload::from_path(&*file), size));
    });
    std::fs::remove_file(&file).unwrap();
}

async fn import(kibana: &Kibana, upload: Upload, size: u64) {
    let form = Body::multipart().file("file", &upload, "import.ndjson", "application/ndjson").build().unwrap();
    let read = kibana.request(Method::POST, "/api/import").body(form).send::<u64>().await.unwrap().into_inner();
    // The rest is what a form puts around a file.
    assert!((size..size + 1000).contains(&read), "{read} of {size} bytes arrived");
}

/// A body that nobody holds.
struct Pieces {
    left: u64,
}

impl Stream for Pieces {
    type Item = std::io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        static PIECE: [u8; 64 * 1024] = [b'x'; 64 * 1024];
        let take = self.left.min(PIECE.len() as u64);
        self.left -= take;
        Poll::Ready((take > 0).then(|| Ok(Bytes::from_static(&PIECE[..usize::try_from(take).unwrap()]))))
    }
}

#[derive(Clone, Copy)]
struct Memory {
    resident: u64,
    peak: u64,
}

impl Memory {
    fn now() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let bytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim_matches(|c: char| !c.is_ascii_digit()).parse::<u64>().unwrap() * 1024
        };
        Self { resident: bytes("VmRSS:"), peak: bytes("VmHWM:") }
    }

    /// Lets the peak begin anew. Where the system does not allow it, an earlier one counts as ours.
    fn forget_peak() {
        let _ = std::fs::write("/proc/self/clear_refs", "5");
    }
}

/// A line of an export, its end included.
const LINE: usize = 8 * 1024;

/// Sends as much as the query asks for; reads bodies, forgets them and says how long they were.
fn serve(largest: u64) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut stream = BufReader::with_capacity(64 * 1024, stream);
                while let Some(head) = head(&mut stream) {
                    answer(&mut stream, &head, largest);
                }
            });
        }
    });
    url
}

fn answer(stream: &mut BufReader<TcpStream>, head: &[String], largest: u64) {
    if let Some(size) = head[0].split_once("size=").and_then(|(_, rest)| rest.split(' ').next()) {
        let size: u64 = size.parse().unwrap();
        assert!(size <= largest);
        let stream = stream.get_mut();
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ncontent-length: {size}\r\n\r\n")
            .unwrap();
        let line = format!("{{\"id\":\"0\",\"text\":\"{}\"}}\n", "x".repeat(LINE - 21));
        let lines = line.repeat(8);
        (0..size / lines.len() as u64).for_each(|_| stream.write_all(lines.as_bytes()).unwrap());
        return;
    }
    let header = |name: &str| head.iter().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let read = match header("content-length:") {
        Some(length) => discard(stream, length.parse().unwrap()),
        None => {
            assert_eq!(header("transfer-encoding:"), Some("chunked"));
            let mut read = 0;
            loop {
                let size = u64::from_str_radix(line(stream).unwrap().trim(), 16).unwrap();
                read += discard(stream, size);
                discard(stream, 2);
                if size == 0 {
                    break read;
                }
            }
        }
    };
    let text = read.to_string();
    write!(stream.get_mut(), "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{text}", text.len()).unwrap();
}

fn head(stream: &mut BufReader<TcpStream>) -> Option<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        match line(stream)?.trim_end() {
            "" => return Some(lines),
            line => lines.push(if lines.is_empty() { line.to_owned() } else { line.to_ascii_lowercase() }),
        }
    }
}

fn line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    matches!(stream.read_line(&mut line), Ok(count) if count > 0).then_some(line)
}

fn discard(stream: &mut BufReader<TcpStream>, bytes: u64) -> u64 {
    std::io::copy(&mut stream.take(bytes), &mut std::io::sink()).unwrap()
}
