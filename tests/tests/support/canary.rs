//! The canary and its detector: what people print of a value must not hold the canary in any form.

use std::error::Error as StdError;
use std::fmt::{Debug, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use elkit::Error;

/// Its characters are rewritten by base64 and by URLs.
pub(crate) const CANARY: &str = "c@nary/7Kq";

/// Every form in which it may turn up.
fn forms() -> Vec<String> {
    let bytes: Vec<_> = CANARY.bytes().map(|byte| byte.to_string()).collect();
    let mut forms = vec![CANARY.to_owned(), encoded_for_urls(), CANARY.to_lowercase(), bytes.join(", ")];
    // Base64 differs with what stands before; the first and last characters hold neighbours as well.
    for before in ["", "x", "xy"] {
        let encoded = STANDARD_NO_PAD.encode(format!("{before}{CANARY}"));
        forms.push(encoded[before.len() + 1..encoded.len() - 1].to_owned());
    }
    forms
}

pub(crate) fn encoded_for_urls() -> String {
    CANARY.replace('@', "%40").replace('/', "%2F")
}

pub(crate) fn leaks(text: &str) -> bool {
    forms().iter().any(|form| text.contains(form))
}

#[track_caller]
pub(crate) fn silent(text: impl Display) {
    let text = text.to_string();
    assert!(!leaks(&text), "{text}");
}

/// Looks at both forms of Debug, and hands the value back.
#[track_caller]
pub(crate) fn hidden<T: Debug>(value: T) -> T {
    silent(format!("{value:?} {value:#?}"));
    value
}

/// Looks at all that people print of an error.
#[track_caller]
pub(crate) fn hidden_error(error: Error) -> Error {
    silent(&error);
    silent(format!("{:?} {:?} {:?}", error.code(), error.reason(), error.json_path()));
    silent(format!("{:?} {:?} {:?}", error.caused_by(), error.root_causes(), error.attributes()));
    let mut next = error.source();
    while let Some(cause) = next {
        silent(cause);
        hidden(cause);
        next = cause.source();
    }
    let report: Box<dyn StdError> = Box::new(hidden(error));
    silent(&report);
    *report.downcast::<Error>().unwrap()
}

/// Runs what may panic and returns what the panic says.
pub(crate) fn panic_of<R>(f: impl FnOnce() -> R) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(f)) else { return String::new() };
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string)).expect("panics say something")
}
