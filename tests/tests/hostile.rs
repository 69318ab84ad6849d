//! What a hostile or broken server can do at most: an error. No answer overflows the stack or takes more than linear
//! time, in either pass of the decoder or in a user's own use of serde.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use elkit::elasticsearch::security::{
    GetRoleMappingResponse, GetRoleResponse, RoleDescriptor, RoleMappingRule, RoleQuery,
};
use elkit::rt;
use elkit::types::Lazy;
use serde_json::json;

/// However deep an answer is, it is an error at most: the stack here is the smallest that tests run on.
#[test]
fn ten_thousand_levels() {
    let nested =
        |open: &str, middle: &str, close: &str| format!("{}{middle}{}", open.repeat(10_000), close.repeat(10_000));
    let rules = [
        nested(r#"{"all":["#, "{}", "]}"),
        nested(r#"{"except":"#, "{}", "}"),
        nested("[", "", "]"),
        nested(r#"{"x":"#, "1", "}"),
    ];
    for rule in rules {
        // Complete, so that the first pass meets it; then with members missing, so that the second does.
        let mapping = format!(r#"{{"m":{{"enabled":true,"metadata":{{}},"roles":[],"rules":{rule}}}}}"#);
        let missing = format!(r#"{{"a":{{}},"m":{{"rules":{rule}}}}}"#);
        for body in [mapping, missing] {
            // Refused, or set aside and said so: never read, and never silently.
            if let Ok(decoded) = rt::decode::<GetRoleMappingResponse>(&body, false) {
                let pointers = decoded.corrections.iter().map(|correction| correction.pointer.as_str());
                assert!(pointers.clone().any(|pointer| pointer.starts_with("/m")), "{:?}", decoded.corrections);
            }
            assert!(rt::decode::<GetRoleMappingResponse>(&body, true).is_err());
        }
        assert!(serde_json::from_str::<RoleMappingRule>(&rule).is_err());
    }
    let query = nested(r#"{"bool":{"must":"#, r#"{"match_all":{}}"#, "}}");
    assert!(rt::decode::<RoleQuery>(&query, true).is_err());
    assert!(rt::decode::<Lazy<RoleQuery>>(&query, false).is_err());
    let metadata = format!(r#"{{"metadata":{}}}"#, nested(r#"{"x":"#, "1", "}"));
    assert!(rt::decode::<RoleDescriptor>(&metadata, false).is_err());
    assert!(serde_json::from_str::<RoleDescriptor>(&metadata).is_err());
    assert!(rt::decode::<GetRoleResponse>(&nested(r#"{"x":"#, "1", "}"), false).is_err());

    // What people nest is fine.
    let rule = format!("{}{}{}", r#"{"all":["#.repeat(20), r#"{"field":{"username":"a"}}"#, "]}".repeat(20));
    assert!(rt::decode::<RoleMappingRule>(&rule, true).is_ok());
    let query = format!("{}{}{}", r#"{"bool":{"must":["#.repeat(15), r#"{"match_all":{}}"#, "]}}".repeat(15));
    assert!(rt::decode::<RoleQuery>(&query, true).is_ok());
}

/// The cost of corrections is linear: sixteen times as many may not cost the square of that.
#[test]
fn many_corrections() {
    let body = |count: usize| {
        let roles = (0..count).map(|i| (format!("role-{i:05}"), json!({"cluster": ["all"], "indices": 7})));
        json!(roles.collect::<BTreeMap<_, _>>()).to_string()
    };
    let time = |text: &str, count: usize| -> Duration {
        let started = Instant::now();
        let decoded = rt::decode::<GetRoleResponse>(text, false).unwrap();
        assert_eq!(decoded.corrections.len(), 3 * count);
        started.elapsed()
    };
    let (few, many) = (body(500), body(8_000));
    let fastest = |text: &str, count: usize| (0..3).map(|_| time(text, count)).min().unwrap();
    let ratio = fastest(&many, 8_000).as_secs_f64() / fastest(&few, 500).as_secs_f64();
    assert!(ratio < 100.0, "16 times the corrections took {ratio:.0} times as long");
}
