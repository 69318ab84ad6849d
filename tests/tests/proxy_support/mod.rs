//! A proxy that notes what it is asked for, and programs of the system that stand between client and server.

use std::fs::Permissions;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// A proxy that runs until the process ends. It connects whom it is told to, and answers what comes without a tunnel by
/// itself.
pub(crate) struct Proxy {
    address: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub(crate) fn start() -> Self {
        Self::refusing("")
    }

    /// Answers `CONNECT` with this status, unless it is empty.
    pub(crate) fn refusing(status: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let log = Arc::clone(&log);
                // A client that went away is nothing to the proxy.
                thread::spawn(move || drop(serve(stream, &log, status)));
            }
        });
        Self { address, seen }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The first lines of the requests since this was asked last, with the credentials for the proxy.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }
}

fn serve(stream: TcpStream, log: &Mutex<Vec<String>>, refusal: &str) -> std::io::Result<()> {
    let mut answers = stream.try_clone()?;
    let mut requests = BufReader::new(stream);
    let (mut seen, mut credentials) = (String::new(), String::new());
    requests.read_line(&mut seen)?;
    loop {
        let mut line = String::new();
        requests.read_line(&mut line)?;
        if line.trim_end().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(": ")
            && name.eq_ignore_ascii_case("proxy-authorization")
        {
            credentials = format!(" as {}", value.trim_end());
        }
    }
    log.lock().unwrap().push(format!("{}{credentials}", seen.trim_end()));
    let Some(target) = seen.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()) else {
        let answer =
            "HTTP/1.1 200 OK\r\nx-elastic-product: Elasticsearch\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
        return answers.write_all(answer.as_bytes());
    };
    if !refusal.is_empty() {
        return write!(answers, "HTTP/1.1 {refusal}\r\ncontent-length: 0\r\n\r\n");
    }
    let mut server = TcpStream::connect(target)?;
    let mut back = server.try_clone()?;
    answers.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    thread::spawn(move || std::io::copy(&mut back, &mut answers));
    std::io::copy(&mut requests, &mut server).map(drop)
}

/// A program of the system with files of its own, until it is dropped.
pub(crate) struct Program {
    child: Child,
    directory: PathBuf,
}

impl Program {
    /// Starts `name` with a configuration that it reads from `DIR/conf`, and waits until it listens on `port`. None,
    /// with the reason printed, where it is not installed.
    pub(crate) fn start(name: &str, arguments: &[&str], port: u16, files: &[(&str, &str)]) -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        // Debian keeps servers where only root looks for them.
        let mut folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
        let Some(program) = folders.find_map(|folder| Some(folder.join(name)).filter(|file| file.is_file())) else {
            eprintln!("skipped: {name} is not installed; `bash .ci/proxies` installs it on Debian");
            return None;
        };
        let directory = std::env::temp_dir().join(format!("elkit-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        // Squid writes as another user when it is started as root.
        std::fs::set_permissions(&directory, Permissions::from_mode(0o777)).unwrap();
        let place = directory.to_str().unwrap();
        for (file, text) in files {
            std::fs::write(directory.join(file), text.replace("DIR", place)).unwrap();
        }
        let arguments = arguments.iter().map(|argument| argument.replace("DIR", place));
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut program = Self { child: command.spawn().unwrap(), directory };
        let deadline = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Some(status) = program.child.try_wait().unwrap() {
                panic!("{name} ended with {status}: {}", program.read("log"));
            }
            assert!(Instant::now() < deadline, "{name} does not listen: {}", program.read("log"));
            thread::sleep(Duration::from_millis(20));
        }
        Some(program)
    }

    pub(crate) fn read(&self, file: impl AsRef<Path>) -> String {
        std::fs::read_to_string(self.directory.join(file)).unwrap_or_default()
    }

    /// Waits until a file holds `text`.
    pub(crate) fn wait_for(&self, file: &str, text: &str) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !self.read(file).contains(text) {
            assert!(Instant::now() < deadline, "no {text:?} in {:?}", self.read(file));
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// A port of loopback that is free now.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
