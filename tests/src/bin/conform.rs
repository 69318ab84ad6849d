//! The conformance tool's command line; everything else is in the library.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::process::ExitCode;

use elkit_tests::conform::{HELP, Mode, run};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| matches!(argument.as_str(), "--help" | "-h")) {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let strict = arguments.iter().any(|argument| argument == "--strict");
    let rest: Vec<&str> = arguments.iter().map(String::as_str).filter(|argument| *argument != "--strict").collect();
    let [mode, file] = rest[..] else {
        return unusable("say what to check and a file: conform bodies|wire|auth FILE.jsonl (see --help)");
    };
    let Some(mode) = Mode::of(mode) else {
        return unusable(&format!("`{mode}` is not bodies, wire or auth (see --help)"));
    };
    let mut output = BufWriter::new(io::stdout().lock());
    let result = match file {
        "-" => run(mode, strict, io::stdin().lock(), &mut output),
        file => File::open(file).and_then(|file| run(mode, strict, BufReader::new(file), &mut output)),
    };
    match result.and_then(|summary| output.flush().map(|()| summary)) {
        Ok(summary) => ExitCode::from(summary.exit_code()),
        Err(error) => unusable(&format!("{file}: {error}")),
    }
}

fn unusable(why: &str) -> ExitCode {
    eprintln!("conform: {why}");
    ExitCode::from(2)
}
