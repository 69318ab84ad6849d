//! The few answers that concern the cluster and not security, and the caches, which are never out of date here.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::Flavor;
use super::call::{Answer, Call};
use super::error::Refusal;
use crate::message::Reply;

/// The version that the stack says it is.
pub(crate) const VERSION: &str = "9.5.0";
/// Serverless has no versions; it says this one for ever, for clients that ask.
const SERVERLESS_VERSION: &str = "8.11.0";
const CLUSTER_NAME: &str = "elkit-stack";

/// `GET /`.
pub(crate) fn info(call: &mut Call<'_>) -> Answer {
    let (number, flavor) = match call.flavor {
        Flavor::Stack => (VERSION, "default"),
        Flavor::Serverless => (SERVERLESS_VERSION, "serverless"),
    };
    Ok(Reply::ok(json!({
        "name": "elkit-stack-0",
        "cluster_name": CLUSTER_NAME,
        "cluster_uuid": call.state.cluster_uuid,
        "version": {
            "number": number,
            "build_flavor": flavor,
            "build_type": "docker",
            "build_hash": "0000000000000000000000000000000000000000",
            "build_date": "2026-01-01T00:00:00.000000000Z",
            "build_snapshot": false,
            "lucene_version": "10.3.0",
            "minimum_wire_compatibility_version": "8.19.0",
            "minimum_index_compatibility_version": "8.0.0",
        },
        "tagline": "You Know, for Search",
    })))
}

/// `HEAD /`.
pub(crate) fn ping(_: &mut Call<'_>) -> Answer {
    Ok(Reply::empty(200))
}

/// `GET /_cluster/health`.
pub(crate) fn health(_: &mut Call<'_>) -> Answer {
    Ok(Reply::ok(json!({
        "cluster_name": CLUSTER_NAME,
        "status": "green",
        "timed_out": false,
        "number_of_nodes": 1,
        "number_of_data_nodes": 1,
        "active_primary_shards": 1,
        "active_shards": 1,
        "relocating_shards": 0,
        "initializing_shards": 0,
        "unassigned_shards": 0,
        "unassigned_primary_shards": 0,
        "delayed_unassigned_shards": 0,
        "number_of_pending_tasks": 0,
        "number_of_in_flight_fetch": 0,
        "task_max_waiting_in_queue_millis": 0,
        "active_shards_percent_as_number": 100.0,
    })))
}

/// `GET /_security/enroll/node`: this cluster has one node and takes no other, so what it would need is not there.
pub(crate) fn enroll_node(call: &mut Call<'_>) -> Answer {
    let authority = STANDARD.encode(&call.state.http_ca);
    let nothing = STANDARD.encode("no node can join the embedded stack");
    Ok(Reply::ok(json!({
        "http_ca_key": nothing,
        "http_ca_cert": authority,
        "transport_ca_cert": nothing,
        "transport_key": nothing,
        "transport_cert": nothing,
        "nodes_addresses": ["127.0.0.1:9300"],
    })))
}

/// Every `_clear_cache`.
pub(crate) fn clear_cache(call: &mut Call<'_>) -> Answer {
    Ok(Reply::ok(json!({
        "_nodes": { "total": 1, "successful": 1, "failed": 0 },
        "cluster_name": CLUSTER_NAME,
        "nodes": { call.state.node_id.clone(): { "name": "elkit-stack-0" } },
    })))
}

/// `_clear_cache` of realms: those named must exist.
pub(crate) fn clear_realms(call: &mut Call<'_>) -> Answer {
    for realm in call.param_list("realms") {
        if !["*", "_all", "default_native", "default_file", "reserved"].contains(&realm.as_str()) {
            return Err(Refusal::illegal(format!("could not find active realm [{realm}]")));
        }
    }
    clear_cache(call)
}

/// `GET /_security/stats`.
pub(crate) fn stats(call: &mut Call<'_>) -> Answer {
    let cache: Map<String, Value> =
        ["count", "hits", "misses", "evictions", "hits_time_in_millis", "misses_time_in_millis", "memory_in_bytes"]
            .into_iter()
            .map(|name| (name.to_owned(), json!(0)))
            .collect();
    let mut cache = Value::Object(cache);
    cache["memory"] = json!("0b");
    Ok(Reply::ok(json!({
        "nodes": { call.state.node_id.clone(): { "roles": { "dls": { "bit_set_cache": cache } } } },
    })))
}
