//! Random requests, the same in every run: whatever comes, the stack answers and never fails itself.

use serde_json::{Value, json};

use super::{Bench, ELASTIC};
use crate::log::Product;
use crate::spec::Spec;

const PATHS: [&str; 22] = [
    "/",
    "/_security/user/%61",
    "/_security/user",
    "/_security/role/a",
    "/_security/role",
    "/_security/api_key",
    "/_security/_query/api_key",
    "/_security/_query/role",
    "/_security/_query/user",
    "/_security/oauth2/token",
    "/_security/privilege",
    "/_security/user/_has_privileges",
    "/_security/role_mapping/a",
    "/_security/settings",
    "/_security/profile/_activate",
    "/_security/profile/_suggest",
    "/_security/cross_cluster/api_key",
    "/_security/api_key/_bulk_update",
    "/_security/api_key/grant",
    "/api/spaces/space",
    "/%ff/%2F/..",
    "/_security/profile/a/_data",
];
const NAMES: [&str; 40] = [
    "name",
    "names",
    "cluster",
    "indices",
    "index",
    "applications",
    "application",
    "privileges",
    "resources",
    "run_as",
    "query",
    "bool",
    "must",
    "term",
    "range",
    "gte",
    "ids",
    "values",
    "sort",
    "from",
    "size",
    "search_after",
    "aggs",
    "terms",
    "field",
    "composite",
    "sources",
    "rules",
    "any",
    "all",
    "role_descriptors",
    "metadata",
    "expiration",
    "security",
    "access",
    "search",
    "grant_type",
    "password",
    "username",
    "wildcard",
];
const TEXTS: [&str; 14] = [
    "",
    "*",
    "a",
    "1d",
    "-1",
    "now-1d",
    "now-",
    "password",
    "\u{0}\u{1F600}",
    "99999999999999999999d",
    "asc",
    "index.number_of_replicas",
    "%",
    "read",
];

#[test]
fn nothing_fails_the_stack() {
    // A developer may ask for a longer run.
    let rounds = std::env::var("ELKIT_STACK_FUZZ").ok().and_then(|text| text.parse().ok()).unwrap_or(6_000);
    let table = super::mutations::table();
    let mut paths: Vec<String> = PATHS.iter().map(|path| (*path).to_owned()).collect();
    for (_, _, raw) in Spec::read(&table).every() {
        let routes = raw["routes"].as_array().into_iter().flatten();
        paths.extend(routes.filter_map(|route| Some(route["path"].as_str()?.replace(['{', '}'], ""))));
    }
    let bench = Bench::with_table(table);
    let mut random = fastrand::Rng::with_seed(11);
    for round in 0..rounds {
        let verb = random.choice(["GET", "PUT", "POST", "DELETE", "HEAD"]).unwrap_or("GET");
        let path = random.choice(&paths).map_or("/", String::as_str);
        let key = random.choice(NAMES).unwrap_or("a");
        let query = match random.u8(..4) {
            0 => format!("?{key}=%zz&filter_path=a.**.b,-c&pretty"),
            _ => String::new(),
        };
        let body = if random.bool() { value(&mut random, 4) } else { Value::Null };
        let other = random.choice(["", "Basic !", "ApiKey YTpi", "Bearer AAEAAWE", "Bearer x", "Digest"]).unwrap_or("");
        let authorization = if random.u8(..5) > 0 { ELASTIC } else { other };
        let product = if path.starts_with("/api") { Product::Kibana } else { Product::Elasticsearch };
        let headers = [("authorization", authorization), ("kbn-xsrf", "1"), ("content-type", "application/json")];
        let reply = bench.send(product, &format!("{verb} {path}{query}"), &headers, body.clone());
        assert!(reply.status < 500, "round {round}: {verb} {path}{query} {body}");
    }
    println!("{rounds} random requests");
}

fn value(random: &mut fastrand::Rng, depth: u8) -> Value {
    match random.u8(..if depth == 0 { 5 } else { 9 }) {
        0 => Value::Null,
        1 => json!(random.bool()),
        2 => json!(random.i64(-5..50_000)),
        3 | 4 => json!(random.choice(TEXTS)),
        5 => (0..random.usize(..3)).map(|_| value(random, depth - 1)).collect(),
        _ => {
            let members = (0..random.usize(1..5))
                .map(|_| (random.choice(NAMES).unwrap_or("a").to_owned(), value(random, depth - 1)));
            Value::Object(members.collect())
        }
    }
}
