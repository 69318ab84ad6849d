//! Which operations have state behind them. Everything else is answered from the specification alone.

use super::{
    Handler, STATUS, cases, comments, connectors, data_views, export, import, roles, rule_search, rules,
    runtime_fields, saved_objects, short_urls, snoozes, spaces, status,
};
use crate::router::Router;

type Row = (&'static str, &'static str, Handler);

const ROUTES: &[Row] = &[
    ("GET", STATUS, |call| Ok(status::get(call))),
    ("GET", "/api/spaces/space", |call| Ok(spaces::list(call))),
    ("POST", "/api/spaces/space", |call| Ok(spaces::create(call))),
    ("GET", "/api/spaces/space/{id}", |call| Ok(spaces::get(call))),
    ("PUT", "/api/spaces/space/{id}", |call| Ok(spaces::update(call))),
    ("DELETE", "/api/spaces/space/{id}", |call| Ok(spaces::delete(call))),
    ("POST", "/api/spaces/_copy_saved_objects", import::copy),
    ("POST", "/api/spaces/_resolve_copy_saved_objects_errors", import::resolve_copy),
    ("GET", "/api/actions/connectors", connectors::list),
    ("POST", "/api/actions/connector", connectors::create),
    ("POST", "/api/actions/connector/{id}", connectors::create),
    ("GET", "/api/actions/connector/{id}", connectors::get),
    ("PUT", "/api/actions/connector/{id}", connectors::update),
    ("DELETE", "/api/actions/connector/{id}", connectors::delete),
    ("POST", "/api/actions/connector/{id}/_execute", connectors::run),
    ("GET", "/api/security/role", roles::list),
    ("POST", "/api/security/role/_query", roles::find),
    ("GET", "/api/security/role/{name}", roles::get),
    ("PUT", "/api/security/role/{name}", roles::put),
    ("DELETE", "/api/security/role/{name}", roles::delete),
    ("POST", "/api/security/roles", roles::bulk_put),
    ("GET", "/api/data_views", data_views::list),
    ("POST", "/api/data_views/data_view", data_views::create),
    ("GET", "/api/data_views/data_view/{id}", data_views::get),
    ("POST", "/api/data_views/data_view/{id}", data_views::update),
    ("DELETE", "/api/data_views/data_view/{id}", data_views::delete),
    ("POST", "/api/data_views/data_view/{id}/fields", data_views::update_fields),
    ("POST", "/api/data_views/data_view/{id}/runtime_field", runtime_fields::create),
    ("PUT", "/api/data_views/data_view/{id}/runtime_field", runtime_fields::put),
    ("GET", "/api/data_views/data_view/{id}/runtime_field/{field}", runtime_fields::get),
    ("POST", "/api/data_views/data_view/{id}/runtime_field/{field}", runtime_fields::update),
    ("DELETE", "/api/data_views/data_view/{id}/runtime_field/{field}", runtime_fields::delete),
    ("GET", "/api/data_views/default", data_views::get_default),
    ("POST", "/api/data_views/default", data_views::set_default),
    ("POST", "/api/index_patterns/index_pattern", data_views::create),
    ("GET", "/api/index_patterns/index_pattern/{id}", data_views::get_legacy),
    ("POST", "/api/index_patterns/index_pattern/{id}", data_views::update),
    ("DELETE", "/api/index_patterns/index_pattern/{id}", data_views::delete),
    ("POST", "/api/saved_objects/_bulk_create", saved_objects::bulk_create),
    ("POST", "/api/saved_objects/_bulk_get", saved_objects::bulk_get),
    ("POST", "/api/saved_objects/_bulk_delete", saved_objects::bulk_delete),
    ("POST", "/api/saved_objects/_bulk_resolve", saved_objects::bulk_resolve),
    ("POST", "/api/saved_objects/_bulk_update", saved_objects::bulk_update),
    ("POST", "/api/saved_objects/_export", export::export),
    ("POST", "/api/saved_objects/_import", import::import),
    ("POST", "/api/saved_objects/_resolve_import_errors", import::resolve),
    ("GET", "/api/saved_objects/_find", saved_objects::find),
    ("GET", "/api/saved_objects/resolve/{type}/{id}", saved_objects::resolve),
    ("POST", "/api/saved_objects/{type}", saved_objects::create),
    ("POST", "/api/saved_objects/{type}/{id}", saved_objects::create),
    ("GET", "/api/saved_objects/{type}/{id}", saved_objects::get),
    ("PUT", "/api/saved_objects/{type}/{id}", saved_objects::update),
    ("DELETE", "/api/saved_objects/{type}/{id}", saved_objects::delete),
    ("POST", "/api/alerting/rule", rules::create),
    ("POST", "/api/alerting/rule/{id}", rules::create),
    ("GET", "/api/alerting/rule/{id}", rules::get),
    ("PUT", "/api/alerting/rule/{id}", rules::update),
    ("DELETE", "/api/alerting/rule/{id}", rules::delete),
    ("POST", "/api/alerting/rule/{id}/_enable", rules::enable),
    ("POST", "/api/alerting/rule/{id}/_disable", rules::disable),
    ("POST", "/api/alerting/rule/{id}/_mute_all", rules::mute),
    ("POST", "/api/alerting/rule/{id}/_unmute_all", rules::unmute),
    ("POST", "/api/alerting/rule/{id}/_update_api_key", rules::update_api_key),
    ("POST", "/api/alerting/rule/{id}/snooze_schedule", snoozes::create),
    ("DELETE", "/api/alerting/rule/{id}/snooze_schedule/{schedule}", snoozes::delete),
    ("POST", "/api/alerting/rule/{id}/alert/{alert}/_mute", rules::mute_alert),
    ("POST", "/api/alerting/rule/{id}/alert/{alert}/_unmute", rules::unmute_alert),
    ("GET", "/api/alerting/rules/_find", rule_search::find),
    ("POST", "/api/cases", cases::create),
    ("PATCH", "/api/cases", cases::update),
    ("DELETE", "/api/cases", cases::delete),
    ("GET", "/api/cases/_find", cases::find),
    ("GET", "/api/cases/status", cases::count),
    ("GET", "/api/cases/reporters", cases::reporters),
    ("GET", "/api/cases/tags", cases::tags),
    ("GET", "/api/cases/{id}", cases::get),
    ("POST", "/api/cases/{id}/comments", comments::create),
    ("PATCH", "/api/cases/{id}/comments", comments::update),
    ("DELETE", "/api/cases/{id}/comments", comments::delete_all),
    ("GET", "/api/cases/{id}/comments", cases::get),
    ("GET", "/api/cases/{id}/comments/_find", cases::get),
    ("GET", "/api/cases/{id}/comments/{comment}", comments::get),
    ("DELETE", "/api/cases/{id}/comments/{comment}", comments::delete),
    ("POST", "/api/short_url", short_urls::create),
    ("GET", "/api/short_url/{id}", short_urls::get),
    ("DELETE", "/api/short_url/{id}", short_urls::delete),
    ("GET", "/api/short_url/_slug/{slug}", short_urls::resolve),
];

pub(super) fn all() -> Router<Handler> {
    let mut router = Router::new();
    for (verb, path, handler) in ROUTES {
        router.add(&[verb], path, *handler);
    }
    router
}

/// Verb and path of every operation with state.
#[cfg(test)]
pub(crate) fn paths() -> impl Iterator<Item = (&'static str, &'static str)> {
    ROUTES.iter().map(|(verb, path, _)| (*verb, *path))
}
