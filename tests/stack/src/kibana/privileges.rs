//! What a caller may ask of Kibana. Where the specification names privileges, they decide; elsewhere a base privilege of
//! the space, or one of the features behind the path. Roles are Elasticsearch's, and spaces have rules of their own.

use std::collections::BTreeSet;

use super::features::{self, APPLICATION};
use super::spaces::may;
use super::{Call, error};
use crate::es;
use crate::es::authentication::Authentication;
use crate::message::{Reply, Request};

/// Features by the start of the path that they open; other paths are opened by any feature.
const FEATURES: [(&str, &[&str]); 5] = [
    ("actions", &["actions"]),
    ("cases", &["generalCases", "observabilityCases", "securitySolutionCases"]),
    ("data_views", &["indexPatterns"]),
    ("fleet", &["fleet", "fleetv2"]),
    ("saved_objects", &["savedObjectsManagement"]),
];

/// Refuses a caller who lacks a privilege that the operation names: all of them are needed, of those that `or` joins one.
pub(super) fn check_named(
    who: &Authentication,
    space: &str,
    wanted: &[String],
    request: &Request,
    segments: &[String],
) -> Result<(), Box<Reply>> {
    let resource = format!("space:{space}");
    let has = |name: &str| {
        who.grants.has_application(features::registered(), APPLICATION, &features::action(name), &resource)
    };
    if wanted.iter().all(|names| names.split(" or ").any(has)) {
        return Ok(());
    }
    let names: BTreeSet<&str> = wanted.iter().flat_map(|names| names.split(" or ")).collect();
    let missing: Vec<&str> = names.into_iter().filter(|name| !has(name)).collect();
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    let message = format!(
        "API [{} /{}{query}] is unauthorized for user, this action is granted by the Kibana privileges [{}]",
        request.method,
        segments.join("/"),
        missing.join(",")
    );
    Err(error(403, "Forbidden", &message))
}

/// Refuses a caller who may neither all nor what the path is about.
pub(super) fn check(call: &Call<'_>, method: &str, segments: &[String]) -> Result<(), Box<Reply>> {
    let area = segments.get(1).map_or("", String::as_str);
    let second = segments.get(2).map_or("", String::as_str);
    let about_roles = area == "security" && ["role", "roles"].contains(&second);
    if about_roles {
        let verb = match method {
            "DELETE" => "delete",
            "PUT" => "put",
            "POST" if second == "roles" => "put",
            _ => "get",
        };
        let action = format!("cluster:admin/xpack/security/role/{verb}");
        return match call.who {
            Some(who) if !who.grants.allows(&action) => Err(by_elasticsearch(&es::forbidden(who, &action, false))),
            _ => Ok(()),
        };
    }
    if area == "spaces" && second == "space" {
        return Ok(());
    }
    let reads =
        ["GET", "HEAD"].contains(&method) || segments.last().is_some_and(|last| READING.contains(&last.as_str()));
    let by_base = may(call, "all", &call.space) || reads && may(call, "read", &call.space);
    match by_base || by_feature(call, area, reads) {
        true => Ok(()),
        false => Err(forbidden(method, segments)),
    }
}

/// Posts that only read.
const READING: [&str; 7] =
    ["_find", "_query", "_bulk_get", "_bulk_resolve", "_export", "_get_shareable_references", "_preview"];

fn by_feature(call: &Call<'_>, area: &str, reads: bool) -> bool {
    let Some(who) = call.who else { return false };
    let wanted = FEATURES.iter().find(|(start, _)| *start == area).map(|(_, features)| *features);
    let privileges: BTreeSet<&str> = who
        .grants
        .every_role()
        .flat_map(|role| &role.applications)
        .flat_map(|grant| &grant.privileges)
        .filter_map(|privilege| {
            let (feature, level) = privilege.strip_prefix("feature_")?.split_once('.')?;
            let opens = wanted.is_none_or(|wanted| wanted.iter().any(|name| feature.starts_with(name)));
            (opens && (reads || level.ends_with("all"))).then_some(privilege.as_str())
        })
        .collect();
    let resource = format!("space:{}", call.space);
    // Asked one by one: every layer of the caller must have the same one.
    privileges
        .into_iter()
        .any(|name| who.grants.has_application(&call.state.app_privileges, APPLICATION, name, &resource))
}

fn forbidden(method: &str, segments: &[String]) -> Box<Reply> {
    error(403, "Forbidden", &format!("API [{method} /{}] is unauthorized for user", segments.join("/")))
}

/// A refusal of Elasticsearch as Kibana passes it on.
fn by_elasticsearch(refusal: &es::Refusal) -> Box<Reply> {
    let message = format!("security_exception\n\tRoot causes:\n\t\tsecurity_exception: {}", refusal.reason());
    error(403, "Forbidden", &message)
}
