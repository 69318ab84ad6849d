//! `GET /api/status`: everybody may know whether Kibana is well, callers may know more.

use serde_json::{Value, json};

use super::{Call, VERSION};
use crate::message::Reply;

const AVAILABLE: &str = "All services and plugins are available";

/// Answers the status, shortened for those who showed no credentials.
pub(crate) fn get(call: &mut Call<'_>) -> Reply {
    if call.who.is_none() {
        return Reply::ok(json!({ "status": { "overall": { "level": "available" } } }));
    }
    let level = |summary: &str| -> Value { json!({ "level": "available", "summary": summary, "meta": {} }) };
    Reply::ok(json!({
        "name": "elkit-stack",
        "uuid": "00000000-0000-4000-a000-000000000000",
        "version": {
            "number": VERSION,
            "build_hash": "0000000000000000000000000000000000000000",
            "build_number": 1,
            "build_snapshot": false,
            "build_flavor": "traditional",
            "build_date": "2026-01-01T00:00:00.000Z",
        },
        "status": {
            "overall": level(AVAILABLE),
            "core": {
                "elasticsearch": level("Elasticsearch is available"),
                "savedObjects": level("SavedObjects service has completed migrations and is available"),
            },
            "plugins": {},
        },
        "metrics": {
            "last_updated": "2026-01-01T00:00:00.000Z",
            "collection_interval_in_millis": 5000,
            "concurrent_connections": 0,
            "elasticsearch_client": { "totalActiveSockets": 0, "totalIdleSockets": 0, "totalQueuedRequests": 0 },
            "os": {},
            "process": {},
            "processes": [],
            "requests": { "disconnects": 0, "total": 0 },
            "response_times": { "max_in_millis": 0 },
        },
    }))
}
