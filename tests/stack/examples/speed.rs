//! How soon the embedded stack gives its first answer, and how many it gives a second: `_authenticate` with an API key,
//! over kept-alive connections, written by hand so that no client is measured with it.
//!
//! `cargo run --release -p elkit-stack --example speed`

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use elkit_stack::Stack;

const STARTS: usize = 50;
const SECONDS: u64 = 3;

fn main() {
    let start = || {
        let before = Instant::now();
        let stack = Stack::start_blocking().expect("loopback has free ports");
        let mut connection = Connection::to(&stack);
        connection.ask("GET", "/_security/_authenticate", &basic(&stack), "");
        before.elapsed()
    };
    // It reads the table for all that follow.
    println!("start to first answer, the first stack of a process: {:?}", start());
    let mut firsts: Vec<Duration> = (0..STARTS).map(|_| start()).collect();
    firsts.sort();
    println!("start to first answer, {STARTS} more: median {:?}, longest {:?}", firsts[STARTS / 2], firsts[STARTS - 1]);
    for connections in [1, 4] {
        let stack = Stack::start_blocking().expect("loopback has free ports");
        let key = format!("ApiKey {}", key(&stack));
        let before = Instant::now();
        let counts: Vec<u64> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..connections)
                .map(|_| {
                    let (stack, key) = (&stack, &key);
                    scope.spawn(move || {
                        let mut connection = Connection::to(stack);
                        let mut count = 0;
                        while before.elapsed() < Duration::from_secs(SECONDS) {
                            connection.ask("GET", "/_security/_authenticate", key, "");
                            count += 1;
                        }
                        count
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("it counts")).collect()
        });
        let total: u64 = counts.iter().sum();
        println!("_authenticate with an API key, {connections} connections: {} a second", total / SECONDS);
    }
}

fn basic(stack: &Stack) -> String {
    format!("Basic {}", STANDARD.encode(format!("elastic:{}", stack.elastic_password())))
}

fn key(stack: &Stack) -> String {
    let made = Connection::to(stack).ask("POST", "/_security/api_key", &basic(stack), r#"{"name":"k"}"#);
    let made: serde_json::Value = serde_json::from_slice(&made).expect("JSON");
    made["encoded"].as_str().expect("a key").to_owned()
}

/// One kept-alive connection.
struct Connection(BufReader<TcpStream>);

impl Connection {
    fn to(stack: &Stack) -> Self {
        let stream = TcpStream::connect(stack.elasticsearch_url().trim_start_matches("http://")).expect("it listens");
        stream.set_nodelay(true).expect("it is a socket");
        Self(BufReader::new(stream))
    }

    /// Asks, and returns the body of an answer that must be a 200.
    fn ask(&mut self, verb: &str, path: &str, authorization: &str, body: &str) -> Vec<u8> {
        let request = format!(
            "{verb} {path} HTTP/1.1\r\nhost: x\r\nauthorization: {authorization}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.0.get_mut().write_all(request.as_bytes()).expect("it is sent");
        let (mut length, mut line) = (0, String::new());
        self.0.read_line(&mut line).expect("a status line");
        assert!(line.starts_with("HTTP/1.1 200"), "{line}");
        loop {
            line.clear();
            self.0.read_line(&mut line).expect("a header");
            match line.trim_end().split_once(": ") {
                None => break,
                Some(("content-length", text)) => length = text.parse().expect("a number"),
                Some(_) => {}
            }
        }
        let mut answer = vec![0; length];
        self.0.read_exact(&mut answer).expect("a body");
        answer
    }
}
