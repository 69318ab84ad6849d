//! `cargo bench -p elkit-tests --bench decode`: a list of API keys of 2.5 MB, decoded by elkit and by `serde_derive`
//! structs that a person would write. Rounds are interleaved and the best counts; ratios matter, times do not.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use elkit::elasticsearch::security::QueryApiKeysResponse;
use elkit::rt;
use serde::Deserialize;
use serde_json::{Value, json};

const ROUNDS: usize = 15;

#[derive(Deserialize)]
#[allow(dead_code)]
struct Keys {
    total: i32,
    count: i32,
    api_keys: Vec<Key>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Key {
    id: String,
    name: String,
    r#type: String,
    creation: i64,
    expiration: Option<i64>,
    invalidated: bool,
    username: String,
    realm: String,
    realm_type: Option<String>,
    metadata: BTreeMap<String, Value>,
    role_descriptors: Option<BTreeMap<String, Role>>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Role {
    cluster: Option<Vec<String>>,
    indices: Option<Vec<Indices>>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Indices {
    names: Vec<String>,
    privileges: Vec<String>,
    allow_restricted_indices: Option<bool>,
}

fn main() {
    let list = text(0);
    println!("{} keys, {:.1} MB", keys(), list.len() as f64 / 1e6);
    let corrected = text(1_000);
    let decoded = rt::decode::<QueryApiKeysResponse>(&corrected, false).expect("the list decodes");
    assert_eq!(decoded.corrections.len(), 1_000);

    let derive = |text: &str| drop(black_box(serde_json::from_slice::<Keys>(text.as_bytes()).expect("it decodes")));
    let elkit = |text: &str| drop(black_box(rt::decode::<QueryApiKeysResponse>(text, false).expect("it decodes")));
    let encode = |text: &str| {
        let value = rt::decode::<QueryApiKeysResponse>(text, false).expect("it decodes").value;
        let start = Instant::now();
        black_box(rt::to_json(&value).expect("it encodes"));
        start.elapsed()
    };
    let mut best = [Duration::MAX; 4];
    for _ in 0..ROUNDS {
        best[0] = best[0].min(time(|| derive(&list)));
        best[1] = best[1].min(time(|| elkit(&list)));
        best[2] = best[2].min(time(|| elkit(&corrected)));
        best[3] = best[3].min(encode(&list));
    }
    let base = best[0].as_secs_f64();
    println!("| what | ms | against derived from_slice |\n|---|---|---|");
    for (name, time) in
        ["serde_derive, from_slice", "elkit", "elkit, 1,000 corrections", "elkit, encoding"].iter().zip(best)
    {
        println!("| {name} | {:.2} | {:.2} |", time.as_secs_f64() * 1e3, time.as_secs_f64() / base);
    }
}

fn time(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

fn keys() -> usize {
    5_000
}

/// A list of keys of which the first `missing` lack a required member.
fn text(missing: usize) -> String {
    let keys = (0..keys()).map(|n| {
        let mut key = json!({
            "id": format!("VuaCfGcBCdbkQm-e5aO{n}"), "name": format!("service-{n}"), "type": "rest",
            "creation": 1_700_000_000_000i64 + n as i64, "expiration": 1_800_000_000_000i64, "invalidated": false,
            "username": "elastic", "realm": "reserved", "realm_type": "reserved",
            "metadata": { "team": "search", "level": n },
            "role_descriptors": { "writer": {
                "cluster": ["monitor", "manage_ilm"],
                "indices": [{ "names": ["logs-*", "metrics-*"], "privileges": ["create_doc", "auto_configure"],
                              "allow_restricted_indices": false }],
            } },
        });
        if n < missing
            && let Some(key) = key.as_object_mut()
        {
            key.remove("username");
        }
        key
    });
    json!({ "total": 5000, "count": 5000, "api_keys": keys.collect::<Vec<_>>() }).to_string()
}
