//! Whatever stands in a parameter, of whatever kind and product, the request goes to the right operation with just that
//! value, or nothing is sent and an error says why.

#[path = "injection/calls.rs"]
mod calls;
#[path = "injection/forms.rs"]
mod forms;
#[path = "injection/kibana.rs"]
mod kibana;
#[path = "injection/options.rs"]
mod options;

use elkit::Error;
use elkit::ErrorKind;
use elkit::rt::Product;
use percent_encoding::percent_decode_str;
use proptest::prelude::*;

const PRODUCTS: [Product; 2] = [Product::Elasticsearch, Product::Kibana];

/// What URLs and headers give a meaning to.
const ODD: [&str; 38] = [
    "/",
    "//",
    "..",
    ".",
    "../",
    "/../",
    "%2e",
    "%2E%2e",
    "%2f",
    "%00",
    "%0d%0a",
    "%",
    "%zz",
    "?",
    "?a=b",
    "#",
    "&",
    "=",
    "+",
    ";",
    ":",
    "@",
    "\\",
    " ",
    "\r\n",
    "\r\nx-a: b",
    "x-a: b",
    "\"",
    "'",
    "<",
    "{}",
    "*",
    "é",
    "日本",
    "\u{202e}",
    "\u{feff}",
    "_all",
    "a",
];

/// Every control character by itself and in a word, every odd text by itself and in a word, and nothing.
fn texts() -> Vec<String> {
    let controls = (0..0x20).chain(0x7f..0xa0).filter_map(char::from_u32).map(String::from);
    let alone: Vec<_> = controls.chain(ODD.map(str::to_owned)).collect();
    let within = alone.iter().flat_map(|text| [format!("a{text}b"), format!("a{text}"), format!("{text}b")]);
    within.chain(alone.clone()).chain([String::new()]).collect()
}

/// Anything, made of odd texts above all.
fn hostile() -> impl Strategy<Value = String> {
    let control = prop_oneof![0..0x20_u32, 0x7f..0xa0_u32].prop_map(|code| char::from_u32(code).unwrap().to_string());
    let odd = prop::sample::select(ODD.to_vec()).prop_map(str::to_owned);
    let piece = prop_oneof![4 => odd, 2 => control, 1 => any::<char>().prop_map(String::from)];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

/// The pairs of a query. A `+` would be read as a blank by some servers and as itself by others: there must be none.
fn pairs(query: &str) -> Vec<(String, String)> {
    assert!(query.bytes().all(|byte| byte.is_ascii_graphic() && !b"#?+\"<>".contains(&byte)), "{query}");
    let pairs = query.split('&').map(|pair| pair.split_once('=').expect("a name and a value"));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

/// An error from before anything was sent, which says what is wrong and does not repeat it.
fn refused(error: &Error) -> Result<(), String> {
    let text = error.to_string();
    let clear = error.kind() == ErrorKind::InvalidRequest && error.attempts() == 0;
    if !clear || text.chars().any(char::is_control) {
        return Err(format!("an error that is not clear: {error:?}"));
    }
    Ok(())
}
