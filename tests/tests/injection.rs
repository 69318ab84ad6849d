//! Whatever stands in a parameter, the request goes to the right operation with just that value, or nothing is sent.

use elkit::Elasticsearch;
use elkit::testing::Server;
use percent_encoding::percent_decode_str;
use proptest::prelude::*;

/// Text made of what URLs and headers give a meaning to, among anything else.
fn hostile() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec![
        "/", "..", ".", "%2e", "%2E%2e", "%2f", "%00", "?", "#", "&", "=", "+", ";", ":", "@", "\\", " ", "\r\n", "\n",
        "\0", "\t", "\u{7f}", "\u{85}", "é", "日本", "\u{202e}", "%", "*", "\"", "x-a: b", "_all", "a",
    ]);
    let piece = prop_oneof![4 => odd.prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

#[test]
fn parameters_stay_where_they_are() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = Server::start([]).unwrap();
    let es = Elasticsearch::builder(format!("{}/prefix", server.url())).basic_auth("u", "p").build().unwrap();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let (mut sent, mut seen) = (0, 0);
    let check = |(name, value, header): (String, String, String)| {
        // No comma: in a path of Elasticsearch, it stands between two names.
        let call = es.security().get_role().name([name.as_str()]);
        let call = call.options(|o| o.query("q", &value).opaque_id(&header));
        let result = runtime.block_on(call.send_raw());
        let requests = server.requests();
        let new = &requests[seen..];
        seen = requests.len();
        let header_is_good = http::HeaderValue::from_str(&header).is_ok();
        let allowed = !matches!(&*name, "" | "." | "..") && header_is_good;
        prop_assert_eq!(result.is_ok(), allowed, "{:?}", result);
        prop_assert_eq!(new.len(), usize::from(allowed));
        let Some(request) = new.first() else { return Ok(()) };
        sent += 1;
        let (path, query) = request.target.split_once('?').expect("there is a query");
        let segments: Vec<_> = path.split('/').map(decoded).collect();
        prop_assert_eq!(segments, ["", "prefix", "_security", "role", &name]);
        let (key, text) = query.split_once('=').expect("one pair");
        prop_assert_eq!((key, decoded(text)), ("q", value));
        prop_assert!(path.is_ascii() && query.bytes().all(|byte| byte.is_ascii_graphic() && !b"&#?+".contains(&byte)));
        let bytes = request.headers["x-opaque-id"].as_bytes();
        prop_assert_eq!(bytes, header.trim_matches([' ', '\t']).as_bytes());
        Ok(())
    };
    let check = std::cell::RefCell::new(check);
    runner.run(&(hostile(), hostile(), hostile()), |values| check.borrow_mut()(values)).unwrap();
    assert!(sent > 50, "{sent} of 400 were sent");
}
