//! The conformance tool from its input to its exit code, on lines of our own: each kind of failure is told, and no
//! line stops it.

use std::io::{Cursor, Write};
use std::process::{Command, Stdio};

use elkit_tests::conform::report::Summary;
use elkit_tests::conform::{Checker, HELP, Mode, run};
use serde_json::Value;

const BODIES: &str = include_str!("fixtures/bodies.jsonl");
const WIRE: &str = include_str!("fixtures/wire.jsonl");
const AUTH: &str = include_str!("fixtures/auth.jsonl");

/// The result of each line, by its number.
fn results(mode: Mode, strict: bool, input: &str) -> (Vec<Value>, Summary) {
    let mut output = Vec::new();
    let summary = run(mode, strict, Cursor::new(input), &mut output).unwrap();
    let output = String::from_utf8(output).unwrap();
    let (lines, last) = output.trim_end().rsplit_once('\n').unwrap_or(("", output.trim_end()));
    assert_eq!(last, summary.to_string());
    (lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), summary)
}

/// Compares each line's result with what the line expects.
fn check(mode: Mode, strict: bool, input: &str, reason: impl Fn(&Value) -> Option<String>) {
    let (results, summary) = results(mode, strict, input);
    assert_eq!(results.len(), summary.passed + summary.failed);
    for result in results {
        let number = usize::try_from(result["line"].as_u64().unwrap()).unwrap();
        let line = input.lines().nth(number - 1).unwrap();
        let expected = match serde_json::from_str(line) {
            Ok(line @ Value::Object(_)) => reason(&line),
            _ => Some("the line is".to_owned()),
        };
        let why = result["why"].as_str();
        assert_eq!(result["ok"] == true, why.is_none());
        match (expected, why) {
            (None, None) => {}
            (Some(expected), Some(why)) if why.contains(&expected) => {}
            (expected, why) => panic!("line {number} {line}: {why:?}, not {expected:?}"),
        }
    }
}

fn expected(line: &Value) -> Option<String> {
    line["expect"].as_str().map(str::to_owned)
}

#[test]
fn bodies() {
    check(Mode::Bodies, false, BODIES, expected);
    check(Mode::Bodies, true, BODIES, |line| line["strict"].as_str().map(str::to_owned).or_else(|| expected(line)));
}

#[test]
fn requests() {
    check(Mode::Wire, false, WIRE, expected);
    let (results, _) = results(Mode::Wire, false, WIRE);
    let sent = |result: &Value| (result["sent"]["method"].clone(), result["sent"]["path"].clone());
    assert_eq!(sent(&results[1]), ("PUT".into(), "/_security/user/a%2Fb%20c".into()));
    assert_eq!(results[1]["sent"]["body"]["enabled"], Value::Null);
    assert_eq!(results[2]["sent"]["headers"]["x-opaque-id"], "me");
    assert!(
        !WIRE.contains("[hidden]")
            && results.iter().any(|result| result["sent"]["headers"]["authorization"] == "[hidden]")
    );
    assert!(!results.iter().any(|result| result.to_string().contains("Bearer hidden")));
}

#[test]
fn credentials() {
    check(Mode::Auth, false, AUTH, |line| line["why"].as_str().map(str::to_owned));
    let (results, _) = results(Mode::Auth, false, AUTH);
    assert_eq!(results[1]["authorization"], "Bearer t");
    assert!(results[0].get("authorization").is_some_and(Value::is_null));
    assert!(results.iter().any(|result| result["cookie"] == "sid=1"));
}

#[test]
fn what_is_counted() {
    let input = "\n# a comment\n  \n{\"operation\":\"security.authenticate\",\"kind\":\"request\",\"body\":{}}\r\nx";
    let (_, summary) = results(Mode::Bodies, false, input);
    assert_eq!(summary, Summary { passed: 1, failed: 1, skipped: 3 });
    assert_eq!(summary.to_string(), "1 passed, 1 failed, 3 skipped");
    assert_eq!(summary.exit_code(), 1);
    assert_eq!(results(Mode::Bodies, false, "").1.exit_code(), 0);
}

#[test]
fn bytes_that_are_no_text() {
    let mut output = Vec::new();
    let summary = run(Mode::Bodies, false, Cursor::new(b"\xff\xfe\n{}"), &mut output).unwrap();
    assert_eq!(summary.failed, 2);
    assert!(String::from_utf8(output).unwrap().contains("the line is not UTF-8"));
}

/// The program itself: arguments, standard input, exit codes.
#[test]
fn the_program() {
    let fixture = |name: &str| format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    let auth = fixture("auth.jsonl");
    for (arguments, input, code, output) in [
        (&["--help"][..], "", 0, "usage: conform bodies|wire|auth"),
        (&["auth", &auth], "", 1, " passed, "),
        (&["wire", "-"], WIRE.lines().nth(1).unwrap(), 0, "1 passed, 0 failed, 0 skipped"),
        (&["--strict", "bodies", "-"], BODIES.lines().nth(2).unwrap(), 0, "1 passed, 0 failed, 0 skipped"),
        (&["bodies", "no/such/file"], "", 2, ""),
        (&["bodies"], "", 2, ""),
        (&["body", "-"], "", 2, ""),
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_conform"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It may end without reading.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let result = child.wait_with_output().unwrap();
        let stdout = String::from_utf8(result.stdout).unwrap();
        assert_eq!(result.status.code(), Some(code), "{arguments:?}");
        assert!(stdout.contains(output), "{arguments:?}: {stdout}");
        assert_eq!(code == 2, !result.stderr.is_empty(), "{arguments:?}");
    }
}

/// The examples of `--help` are lines that pass.
#[test]
fn help_shows_lines_that_pass() {
    let examples: Vec<&str> = HELP.lines().filter(|line| line.starts_with("  {\"")).collect();
    assert_eq!(examples.len(), 3);
    for (mode, example) in [Mode::Bodies, Mode::Wire, Mode::Auth].into_iter().zip(examples) {
        assert_eq!(results(mode, false, example).1.passed, 1, "{example}");
    }
}

/// Lines of the fixtures, cut, repeated, swapped and overwritten: whatever comes, there is an outcome.
#[test]
fn no_line_stops_it() {
    let mut random = Random(7);
    for (mode, input, count) in [(Mode::Bodies, BODIES, 6_000), (Mode::Wire, WIRE, 1_500), (Mode::Auth, AUTH, 3_000)] {
        let lines: Vec<&str> = input.lines().collect();
        let mut checker = Checker::new(mode, false).unwrap();
        for _ in 0..count {
            let line = mutated(lines[random.below(lines.len())], &mut random);
            let outcome = checker.check(&line);
            assert!(serde_json::from_str::<Value>(&outcome.line(1)).is_ok(), "{line}");
        }
    }
}

fn mutated(line: &str, random: &mut Random) -> String {
    const PIECES: [&str; 16] = [
        "null",
        "[]",
        "{}",
        "\"\"",
        "1e999",
        "-0.0",
        "18446744073709551616",
        "{\"a\":",
        "[[[[",
        "\\u0000",
        "\\ud800",
        "%2F",
        ",",
        "..",
        "\u{1F980}",
        "true",
    ];
    let mut text: Vec<char> = line.chars().collect();
    for _ in 0..1 + random.below(4) {
        let at = random.below(text.len() + 1);
        match random.below(5) {
            0 => text.truncate(at),
            1 if at < text.len() => drop(text.remove(at)),
            2 => drop(text.splice(at..at, PIECES[random.below(PIECES.len())].chars())),
            3 => {
                // A whole value becomes another one.
                let start = text[..at].iter().rposition(|c| *c == ':').map_or(0, |colon| colon + 1);
                let end = text[at..].iter().position(|c| *c == ',').map_or(text.len(), |comma| at + comma);
                text.splice(start..end, PIECES[random.below(6)].chars());
            }
            _ => {
                let end = (at + random.below(20)).min(text.len());
                let piece: Vec<char> = text[at..end].to_vec();
                text.splice(at..at, piece);
            }
        }
    }
    text.into_iter().filter(|c| *c != '\n').collect()
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }
}
