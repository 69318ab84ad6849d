//! The conformance tool: reads one JSON object a line, drives it through the client's generated types, and says whether
//! anything was lost, invented or sent differently. No line, however odd, stops it.

pub mod auth;
pub mod bodies;
pub mod compare;
pub mod json;
pub mod recorder;
pub mod report;
pub mod route;
pub mod wire;

use std::io::{self, BufRead, Write};

use report::{Outcome, Summary};

/// What is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Bodies through their types and back.
    Bodies,
    /// Requests through typed calls to a recorder.
    Wire,
    /// Credentials through the rules of precedence.
    Auth,
}

impl Mode {
    /// The mode of a name.
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "bodies" => Some(Self::Bodies),
            "wire" => Some(Self::Wire),
            "auth" => Some(Self::Auth),
            _ => None,
        }
    }
}

/// Checks every line of `input`, writes a result line for each and the summary, and gives the summary.
///
/// # Errors
/// When the input can't be read, or the output can't be written.
pub fn run(mode: Mode, strict: bool, input: impl BufRead, output: &mut impl Write) -> io::Result<Summary> {
    let mut checker = Checker::new(mode, strict)?;
    let mut summary = Summary::default();
    for (index, line) in input.split(b'\n').enumerate() {
        let line = line?;
        let text = String::from_utf8(line);
        if let Ok(text) = &text
            && (text.trim().is_empty() || text.trim_start().starts_with('#'))
        {
            summary.skipped += 1;
            continue;
        }
        let outcome = match text {
            Ok(text) => checker.check(&text),
            Err(_) => Outcome::failed(None, "the line is not UTF-8"),
        };
        summary.count(&outcome);
        writeln!(output, "{}", outcome.line(index + 1))?;
    }
    writeln!(output, "{summary}")?;
    Ok(summary)
}

/// Checks lines, one at a time.
pub struct Checker {
    strict: bool,
    kind: Kind,
}

enum Kind {
    Bodies,
    Wire(Box<wire::Wire>),
    Auth(tokio::runtime::Runtime),
}

impl Checker {
    /// A checker. For `wire` it starts the recorder.
    ///
    /// # Errors
    /// When the recorder can't listen.
    pub fn new(mode: Mode, strict: bool) -> io::Result<Self> {
        let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build();
        let kind = match mode {
            Mode::Bodies => Kind::Bodies,
            Mode::Wire => Kind::Wire(Box::new(wire::Wire::start(runtime()?)?)),
            Mode::Auth => Kind::Auth(runtime()?),
        };
        Ok(Self { strict, kind })
    }

    /// Checks a line.
    pub fn check(&mut self, line: &str) -> Outcome {
        let line = match json::Tree::parse(line) {
            Ok(line @ json::Tree::Object(_)) => line,
            Ok(other) => return Outcome::failed(None, format!("the line is {}, not an object", other.kind())),
            Err(why) => return Outcome::failed(None, format!("the line is not JSON: {why}")),
        };
        match &mut self.kind {
            Kind::Bodies => bodies::check(&line, self.strict),
            Kind::Wire(wire) => wire.check(&line),
            Kind::Auth(runtime) => runtime.block_on(auth::check(&line)),
        }
    }
}

/// What `--help` prints.
pub const HELP: &str = r#"Checks elkit's generated types and transport against lines of JSON.

usage: conform bodies|wire|auth FILE.jsonl [--strict]      (`-` reads standard input)

One JSON object a line; blank lines and lines that begin with `#` are skipped. Every object gives a result line
{"line", "ok", "operation", "why"}, then comes `N passed, N failed, N skipped`. The exit code is 1 when one failed, 2
when the input can't be read. An operation that the client does not have is a failure.

bodies   Decodes a body by its type and encodes it again. It passes when the result is equal to the input: numbers by
         value, aliases of members and enum values under their main name. Required members that are missing are
         corrected and not written; members of another type are kept and written as they were. With --strict, either
         fails. What the client keeps as JSON until it is asked for is decoded too. A response with a status of 400 or
         more is read as an error: status, type, reason and body must be kept.
         {"operation", or "product" with "method" and "path" (the template; parameter names do not matter),
          "kind": "request" or "response", "status"?: 200, "body": any JSON}
  {"operation": "security.put_user", "kind": "request", "body": {"password": "l0ng-r4nd0m", "roles": ["viewer"]}}

wire     Reads a raw request as a typed call and sends it through the transport to a recorder. It passes when an allowed
         verb, the same decoded path, the same query and an equal body arrive. Lists in Elasticsearch's queries are equal
         as lists; a flag without a value is `true`; no body is as good as `{}`; what the client adds on its own
         (`typed_keys` beside aggregations) is allowed. Headers that the transport sets itself are not compared, all
         others must arrive. The result line has "sent": method, path, query, headers (secret ones hidden) and body.
         {"product", "method", "path" (raw, encoded; Kibana's may begin with /s/{space}), "query"?: [[name, value], ..],
          "headers"?: {name: value}, "body"?: any JSON (an array for NDJSON)}
  {"product": "elasticsearch", "method": "GET", "path": "/_security/role/a%2Fb,c*", "query": [["pretty", ""]]}

auth     Gives the credentials of four sources to a client and says what a call sends: the result line has
         "authorization" (a header value or null), or "error". Without "expect", anything but an error passes.
         {"product", "sources": {"call"?, "handle"?, "builder"?, "environment"?}, "expect"?: header, null, or
          {"error": part of its text}}
         A source holds any of: "api_key" (encoded, or {"id", "secret"}), "basic": [user, password], "bearer",
         "scheme": [name, credentials], "authorization" (a whole header), "cookie" (Kibana), "anonymous": true.
         Builder and environment may have a "url", also with userinfo. The environment has no other kinds than
         api_key, basic, bearer and url.
  {"product": "kibana", "sources": {"call": {"bearer": "t"}, "builder": {"url": "https://u:p@host"}}, "expect": "Bearer t"}
"#;
