//! A valid request of each operation of the namespaces that keep objects, and the objects that it needs.

use serde_json::{Value, json};

/// A valid request.
pub(crate) struct Case {
    pub(crate) id: &'static str,
    /// `METHOD /path`; names in `<>` come from the state.
    pub(crate) request: &'static str,
    pub(crate) body: Value,
}

/// The namespaces that keep objects.
pub(crate) const NAMESPACES: [&str; 8] =
    ["alerting.rules.", "cases.", "connectors.", "data_views.", "roles.", "saved_objects.", "short_urls.", "spaces."];

/// A request that makes state, its body, and names in `<>` with the pointers to what they stand for in its answer.
type Step = (&'static str, Value, &'static [(&'static str, &'static str)]);

/// What must be there before any of them.
pub(crate) fn state() -> Vec<Step> {
    let reader =
        json!({ "elasticsearch": { "cluster": ["monitor"] }, "kibana": [{ "base": ["read"], "spaces": ["*"] }] });
    let dashboard = json!({ "attributes": { "title": "D" },
        "references": [{ "type": "index-pattern", "id": "v", "name": "source" }] });
    vec![
        ("POST /api/spaces/space", json!({ "id": "other", "name": "Other" }), &[]),
        ("PUT /api/security/role/reader", reader, &[]),
        ("POST /api/actions/connector/c", connector(), &[]),
        ("POST /api/alerting/rule/r", rule(), &[]),
        ("POST /api/data_views/data_view", json!({ "data_view": data_view(), "override": true }), &[]),
        ("POST /api/saved_objects/dashboard/d?overwrite=true", dashboard, &[]),
        ("POST /api/short_url", json!({ "locatorId": "L", "params": {}, "slug": "s" }), &[]),
        ("GET /api/short_url/_slug/s", Value::Null, &[("<url>", "/id")]),
        ("POST /api/cases", case(), &[("<case>", "/id")]),
        (
            "POST /api/cases/<case>/comments",
            comment(),
            &[("<version>", "/version"), ("<comment>", "/comments/0/id"), ("<comment version>", "/comments/0/version")],
        ),
        ("PUT /api/data_views/data_view/v/runtime_field", json!({ "name": "day", "runtimeField": field() }), &[]),
        ("POST /api/alerting/rule/r/snooze_schedule", snooze(), &[("<snooze>", "/body/schedule/id")]),
    ]
}

fn connector() -> Value {
    json!({ "name": "c", "connector_type_id": ".index", "config": { "index": "i" }, "secrets": {} })
}

fn rule() -> Value {
    json!({
        "name": "r",
        "consumer": "alerts",
        "rule_type_id": ".index-threshold",
        "schedule": { "interval": "1m" },
        "params": { "index": ["a"], "timeField": "@timestamp", "aggType": "count", "groupBy": "all", "timeWindowSize": 5,
            "timeWindowUnit": "m", "thresholdComparator": ">", "threshold": [1] },
        "actions": [{ "id": "c", "group": "default", "params": { "level": "info", "message": "m" },
            "frequency": { "summary": false, "notify_when": "onActiveAlert", "throttle": null } }],
        "tags": ["t"],
        "enabled": true
    })
}

fn data_view() -> Value {
    json!({
        "id": "v",
        "title": "logs-*",
        "name": "Logs",
        "timeFieldName": "@timestamp",
        "fieldAttrs": { "a": { "customLabel": "A", "count": 1 } },
        "runtimeFieldMap": { "hour": field() },
        "sourceFilters": [{ "value": "b" }],
        "namespaces": ["default"],
        "allowNoIndex": true
    })
}

fn field() -> Value {
    json!({ "type": "keyword", "script": { "source": "emit('a')" } })
}

fn snooze() -> Value {
    json!({ "schedule": { "custom": { "duration": "1h", "start": "2026-03-01T00:00:00.000Z", "timezone": "UTC",
        "recurring": { "every": "1d", "onWeekDay": ["MO"], "occurrences": 2 } } } })
}

fn no_connector() -> Value {
    json!({ "id": "none", "name": "none", "type": ".none", "fields": null })
}

fn case() -> Value {
    json!({
        "title": "t",
        "description": "d",
        "owner": "cases",
        "tags": ["x"],
        "severity": "low",
        "settings": { "syncAlerts": true },
        "connector": { "id": "jira", "name": "Jira", "type": ".jira",
            "fields": { "issueType": "1", "priority": "High", "parent": null } },
        "assignees": [{ "uid": "u_1" }],
        "customFields": [{ "key": "k", "type": "text", "value": "v" }, { "key": "l", "type": "toggle", "value": true }]
    })
}

fn comment() -> Value {
    json!({ "type": "user", "owner": "cases", "comment": "hello" })
}

fn space(id: &str) -> Value {
    json!({ "id": id, "name": "Shop", "description": "d", "color": "#aabbcc", "initials": "S", "disabledFeatures": ["ml"],
        "imageUrl": "", "solution": "es" })
}

fn role() -> Value {
    json!({
        "description": "d",
        "metadata": { "a": 1 },
        "elasticsearch": {
            "cluster": ["monitor"],
            "indices": [{ "names": ["a"], "privileges": ["read"], "query": "{\"match_all\":{}}",
                "field_security": { "grant": ["*"], "except": ["b"] }, "allow_restricted_indices": false }],
            "run_as": ["ada"]
        },
        "kibana": [
            { "base": ["read"], "feature": {}, "spaces": ["other"] },
            { "base": [], "feature": { "dashboard": ["read"] }, "spaces": ["default"] }
        ]
    })
}

const LINE: &str = r#"{"type":"dashboard","id":"i","attributes":{"title":"I"},"references":[]}"#;

/// The requests, by area.
pub(crate) fn all() -> Vec<Case> {
    let none = Value::Null;
    let of = |id, request, body: Value| Case { id, request, body };
    let copy = json!({ "objects": [{ "type": "dashboard", "id": "d" }], "spaces": ["other"], "includeReferences": true,
        "createNewCopies": false, "overwrite": true, "compatibilityMode": false });
    let retries = json!({ "objects": [{ "type": "dashboard", "id": "d" }], "includeReferences": true, "createNewCopies": false,
        "retries": { "other": [{ "type": "dashboard", "id": "d", "overwrite": true }] } });
    let swap =
        json!({ "fromId": "v", "fromType": "index-pattern", "toId": "w", "forId": ["d"], "forType": "dashboard" });
    let dashboards = json!([{ "type": "dashboard", "id": "d" }]);
    let mut changed_rule = rule();
    for name in ["consumer", "rule_type_id", "enabled"] {
        changed_rule.as_object_mut().unwrap().remove(name);
    }
    vec![
        of("alerting.rules.create", "POST /api/alerting/rule", rule()),
        of("alerting.rules.create_with_id", "POST /api/alerting/rule/new", rule()),
        of("alerting.rules.get", "GET /api/alerting/rule/r", none.clone()),
        of("alerting.rules.find", "GET /api/alerting/rules/_find?search=r&sort_field=name&per_page=5", none.clone()),
        of("alerting.rules.update", "PUT /api/alerting/rule/r", changed_rule),
        of("alerting.rules.delete", "DELETE /api/alerting/rule/r", none.clone()),
        of("alerting.rules.enable", "POST /api/alerting/rule/r/_enable", none.clone()),
        of("alerting.rules.disable", "POST /api/alerting/rule/r/_disable", json!({ "untrack": true })),
        of("alerting.rules.mute", "POST /api/alerting/rule/r/_mute_all", none.clone()),
        of("alerting.rules.unmute", "POST /api/alerting/rule/r/_unmute_all", none.clone()),
        of("alerting.rules.mute_alert", "POST /api/alerting/rule/r/alert/a/_mute", none.clone()),
        of("alerting.rules.unmute_alert", "POST /api/alerting/rule/r/alert/a/_unmute", none.clone()),
        of("alerting.rules.snooze", "POST /api/alerting/rule/r/snooze_schedule", snooze()),
        of("alerting.rules.unsnooze", "DELETE /api/alerting/rule/r/snooze_schedule/<snooze>", none.clone()),
        of("alerting.rules.update_api_key", "POST /api/alerting/rule/r/_update_api_key", none.clone()),
        of("cases.create", "POST /api/cases", case()),
        of("cases.get", "GET /api/cases/<case>", none.clone()),
        of("cases.find", "GET /api/cases/_find?tags=x", none.clone()),
        of(
            "cases.update",
            "PATCH /api/cases",
            json!({ "cases": [{ "id": "<case>", "version": "<version>", "status": "closed",
            "connector": no_connector(), "settings": { "syncAlerts": false } }] }),
        ),
        of("cases.delete", "DELETE /api/cases?ids=<case>", none.clone()),
        of("cases.count_by_status", "GET /api/cases/status", none.clone()),
        of("cases.add_file", "POST /api/cases/<case>/files", json!({ "file": "text", "filename": "a" })),
        of("cases.comments.create", "POST /api/cases/<case>/comments", comment()),
        of("cases.comments.find", "GET /api/cases/<case>/comments/_find", none.clone()),
        of("cases.comments.list", "GET /api/cases/<case>/comments", none.clone()),
        of("cases.comments.get", "GET /api/cases/<case>/comments/<comment>", none.clone()),
        of(
            "cases.comments.update",
            "PATCH /api/cases/<case>/comments",
            json!({ "type": "user", "owner": "cases",
            "comment": "bye", "id": "<comment>", "version": "<comment version>" }),
        ),
        of("cases.comments.delete", "DELETE /api/cases/<case>/comments/<comment>", none.clone()),
        of("cases.comments.delete_all", "DELETE /api/cases/<case>/comments", none.clone()),
        of(
            "cases.configurations.create",
            "POST /api/cases/configure",
            json!({ "closure_type": "close-by-pushing",
            "connector": no_connector(), "owner": "observability",
            "customFields": [{ "key": "k", "label": "K", "type": "text", "required": true, "defaultValue": "v" }] }),
        ),
        of("cases.configurations.list", "GET /api/cases/configure?owner=cases", none.clone()),
        of(
            "cases.configurations.update",
            "PATCH /api/cases/configure/a",
            json!({ "closure_type": "close-by-pushing", "version": "v" }),
        ),
        of("cases.find_connectors", "GET /api/cases/configure/connectors/_find", none.clone()),
        of("cases.find_user_actions", "GET /api/cases/<case>/user_actions/_find", none.clone()),
        of("cases.list_user_actions", "GET /api/cases/<case>/user_actions", none.clone()),
        of("cases.list_alerts", "GET /api/cases/<case>/alerts", none.clone()),
        of("cases.list_by_alert", "GET /api/cases/alerts/a", none.clone()),
        of("cases.list_reporters", "GET /api/cases/reporters", none.clone()),
        of("cases.list_tags", "GET /api/cases/tags", none.clone()),
        of("cases.push", "POST /api/cases/<case>/connector/c/_push", json!({})),
        of("connectors.create", "POST /api/actions/connector", connector()),
        of("connectors.create_with_id", "POST /api/actions/connector/new", connector()),
        of("connectors.get", "GET /api/actions/connector/c", none.clone()),
        of("connectors.list", "GET /api/actions/connectors", none.clone()),
        of("connectors.list_types", "GET /api/actions/connector_types?feature_id=alerting", none.clone()),
        of("connectors.update", "PUT /api/actions/connector/c", json!({ "name": "d", "config": { "index": "j" } })),
        of(
            "connectors.run",
            "POST /api/actions/connector/c/_execute",
            json!({ "params": { "documents": [{ "a": 1 }] } }),
        ),
        of("connectors.delete", "DELETE /api/actions/connector/c", none.clone()),
        of("connectors.complete_oauth", "GET /api/actions/connector/_oauth_callback?code=a&state=b", none.clone()),
        of("connectors.get_oauth_callback_script", "GET /api/actions/connector/_oauth_callback_script", none.clone()),
        of(
            "data_views.create",
            "POST /api/data_views/data_view",
            json!({ "data_view": data_view(), "override": true }),
        ),
        of("data_views.get", "GET /api/data_views/data_view/v", none.clone()),
        of("data_views.list", "GET /api/data_views", none.clone()),
        of(
            "data_views.update",
            "POST /api/data_views/data_view/v",
            json!({ "refresh_fields": true,
            "data_view": { "title": "l-*", "runtimeFieldMap": { "hour": field() }, "sourceFilters": [{ "value": "c" }] } }),
        ),
        of("data_views.delete", "DELETE /api/data_views/data_view/v", none.clone()),
        of("data_views.get_default", "GET /api/data_views/default", none.clone()),
        of("data_views.set_default", "POST /api/data_views/default", json!({ "data_view_id": "v", "force": true })),
        of(
            "data_views.update_field_metadata",
            "POST /api/data_views/data_view/v/fields",
            json!({ "fields": { "a": { "customLabel": "B", "count": 2 } } }),
        ),
        of(
            "data_views.runtime_fields.create",
            "POST /api/data_views/data_view/v/runtime_field",
            json!({ "name": "month", "runtimeField": field() }),
        ),
        of(
            "data_views.runtime_fields.put",
            "PUT /api/data_views/data_view/v/runtime_field",
            json!({ "name": "day", "runtimeField": field() }),
        ),
        of("data_views.runtime_fields.get", "GET /api/data_views/data_view/v/runtime_field/day", none.clone()),
        of(
            "data_views.runtime_fields.update",
            "POST /api/data_views/data_view/v/runtime_field/day",
            json!({ "runtimeField": { "script": { "source": "emit('b')" } } }),
        ),
        of("data_views.runtime_fields.delete", "DELETE /api/data_views/data_view/v/runtime_field/day", none.clone()),
        of("data_views.preview_swap_references", "POST /api/data_views/swap_references/_preview", swap.clone()),
        of("data_views.swap_references", "POST /api/data_views/swap_references", swap),
        of("roles.put", "PUT /api/security/role/writer", role()),
        of("roles.bulk_put", "POST /api/security/roles", json!({ "roles": { "writer": role() } })),
        of("roles.get", "GET /api/security/role/reader", none.clone()),
        of("roles.list", "GET /api/security/role", none.clone()),
        of(
            "roles.find",
            "POST /api/security/role/_query",
            json!({ "query": "r", "from": 0, "size": 5,
            "sort": { "field": "name", "direction": "desc" }, "filters": { "showReservedRoles": false } }),
        ),
        of("roles.delete", "DELETE /api/security/role/reader", none.clone()),
        of("saved_objects.create", "POST /api/saved_objects/dashboard", json!({ "attributes": { "title": "E" } })),
        of(
            "saved_objects.create_with_id",
            "POST /api/saved_objects/dashboard/e",
            json!({ "attributes": { "title": "E" } }),
        ),
        of("saved_objects.get", "GET /api/saved_objects/dashboard/d", none.clone()),
        of("saved_objects.find", "GET /api/saved_objects/_find?type=dashboard&search=D*", none.clone()),
        of("saved_objects.resolve", "GET /api/saved_objects/resolve/dashboard/d", none.clone()),
        of("saved_objects.update", "PUT /api/saved_objects/dashboard/d", json!({ "attributes": { "title": "F" } })),
        of("saved_objects.delete", "DELETE /api/saved_objects/dashboard/d", none.clone()),
        of(
            "saved_objects.bulk_create",
            "POST /api/saved_objects/_bulk_create",
            json!([{ "type": "dashboard", "id": "e", "attributes": { "title": "E" } }]),
        ),
        of("saved_objects.bulk_get", "POST /api/saved_objects/_bulk_get", dashboards.clone()),
        of("saved_objects.bulk_resolve", "POST /api/saved_objects/_bulk_resolve", dashboards.clone()),
        of(
            "saved_objects.bulk_update",
            "POST /api/saved_objects/_bulk_update",
            json!([{ "type": "dashboard", "id": "d", "attributes": { "title": "F" } }]),
        ),
        of("saved_objects.bulk_delete", "POST /api/saved_objects/_bulk_delete", dashboards),
        of(
            "saved_objects.export",
            "POST /api/saved_objects/_export",
            json!({ "objects": [{ "type": "dashboard", "id": "d" }], "includeReferencesDeep": true, "excludeExportDetails": false }),
        ),
        of("saved_objects.import", "POST /api/saved_objects/_import?overwrite=true", json!({ "file": LINE })),
        of(
            "saved_objects.resolve_import_errors",
            "POST /api/saved_objects/_resolve_import_errors",
            json!({ "file": LINE, "retries": [{ "type": "dashboard", "id": "i", "overwrite": true }] }),
        ),
        of("saved_objects.rotate_encryption_key", "POST /api/encrypted_saved_objects/_rotate_key", none.clone()),
        of(
            "short_urls.create",
            "POST /api/short_url",
            json!({ "locatorId": "L", "params": { "a": 1 }, "slug": "new" }),
        ),
        of("short_urls.get", "GET /api/short_url/<url>", none.clone()),
        of("short_urls.resolve", "GET /api/short_url/_slug/s", none.clone()),
        of("short_urls.delete", "DELETE /api/short_url/<url>", none.clone()),
        of("spaces.create", "POST /api/spaces/space", space("shop")),
        of("spaces.get", "GET /api/spaces/space/other", none.clone()),
        of("spaces.list", "GET /api/spaces/space?include_authorized_purposes=true", none.clone()),
        of("spaces.update", "PUT /api/spaces/space/other", space("other")),
        of("spaces.delete", "DELETE /api/spaces/space/other", none.clone()),
        of("spaces.copy_saved_objects", "POST /api/spaces/_copy_saved_objects", copy),
        of("spaces.resolve_copy_errors", "POST /api/spaces/_resolve_copy_saved_objects_errors", retries),
        of(
            "spaces.disable_legacy_url_aliases",
            "POST /api/spaces/_disable_legacy_url_aliases",
            json!({ "aliases": [{ "sourceId": "a", "targetSpace": "other", "targetType": "dashboard" }] }),
        ),
        of(
            "spaces.get_shareable_references",
            "POST /api/spaces/_get_shareable_references",
            json!({ "objects": [{ "type": "index-pattern", "id": "v" }] }),
        ),
        of(
            "spaces.update_sharing",
            "POST /api/spaces/_update_objects_spaces",
            json!({
            "objects": [{ "type": "index-pattern", "id": "v" }], "spacesToAdd": ["other"], "spacesToRemove": [] }),
        ),
    ]
}
