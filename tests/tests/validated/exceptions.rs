//! Where upstream's documents contradict themselves or each other, so that no body can be what all of them say.

use std::collections::BTreeSet;

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;

/// One defect.
#[derive(Debug)]
pub(crate) struct Exception {
    /// What the ids of its operations begin with.
    operations: &'static str,
    /// `request`, `response`, or both.
    bodies: &'static str,
    /// What the JSON pointer into the body ends with; `*` is any one step.
    pointer: &'static str,
    /// What the validator says there.
    says: &'static str,
    /// The two statements that contradict each other.
    defect: &'static str,
}

const BOTH: &str = "";

const fn row(
    operations: &'static str,
    bodies: &'static str,
    pointer: &'static str,
    says: &'static str,
    defect: &'static str,
) -> Exception {
    Exception { operations, bodies, pointer, says, defect }
}

pub(crate) const EXCEPTIONS: [Exception; 21] = [
    row(
        "alerting.rules.find",
        "response",
        "",
        "is a required property",
        "9.3 and 8.18 describe one rule; the parameters `page` and `per_page` ask for a page of them",
    ),
    row(
        "alerting.rules.find",
        "response",
        "",
        "Additional properties are not allowed",
        "9.3 and 8.18 describe one rule; the parameters `page` and `per_page` ask for a page of them",
    ),
    row(
        "attack_discovery.schedules.",
        "response",
        "/last_execution",
        "\"last_duration\" is a required property",
        "9.3, AttackDiscoveryApiScheduleExecution: `required` names `last_duration`, `properties` has `duration`",
    ),
    row(
        "cases.comments.find",
        "response",
        "",
        "is a required property",
        "9.3 and 8.18 describe a case; the parameters `page` and `perPage` ask for a page of comments",
    ),
    row(
        "connectors.list",
        "response",
        "/*",
        "('referenced_by_count' was unexpected)",
        "9.3 and 8.18 close what they list; the fix-up of the answer says what servers add",
    ),
    row(
        "connectors.run",
        "response",
        "",
        "is a required property",
        "9.3 and 8.18 describe the connector; their own examples have what came of the run",
    ),
    row(
        "connectors.run",
        "response",
        "",
        "Additional properties are not allowed",
        "9.3 and 8.18 describe the connector; their own examples have what came of the run",
    ),
    row(
        "detection_engine.rules.",
        "response",
        "/rule_source",
        "\"customized_fields\" is a required property",
        "ExternalRuleSource: 9.3 requires it, 8.18 does not have it",
    ),
    row(
        "detection_engine.rules.",
        "response",
        "/rule_source",
        "\"has_base_version\" is a required property",
        "ExternalRuleSource: 9.3 requires it, 8.18 does not have it",
    ),
    row(
        "detection_engine.rules.bulk_",
        BOTH,
        "/exceptions_list/*/type",
        "\"endpoint_trusted_devices\" is not one of",
        "ExceptionListType: 9.3 has the value, and no longer the calls; 8.18 has the calls, and not yet the value",
    ),
    row(
        "endpoint.actions.run_script_legacy",
        "request",
        "",
        "\"endpoint_ids\" is a required property",
        "RunScriptRouteRequestBody: 9.3 requires it, 8.18 does not have it",
    ),
    row(
        "endpoint.get_suggestions",
        "request",
        "",
        "\"parameters\" is a required property",
        "8.18: `required` names it, `properties` has the members of such an object instead",
    ),
    row(
        "entity_analytics.asset_criticality.",
        "response",
        "/asset",
        "\"asset\" is a required property",
        "AssetCriticalityRecordEcsParts: `asset` requires itself, and has `criticality` alone",
    ),
    row(
        "entity_analytics.monitoring.get_health",
        "response",
        "/error",
        "\"status\" is a required property",
        "9.3: `required` names what is a member of the answer itself; `properties` has `message` alone",
    ),
    row(
        "entity_analytics.privileged_users.delete",
        "response",
        "",
        "\"success\" is a required property",
        "9.3: `required` names `success`, `properties` has `acknowledged`",
    ),
    row(
        "legacy_dashboards.",
        BOTH,
        "",
        "is a required property",
        "the document of 8.18 has `attributes` and `item` where the one of dashboards has `data`",
    ),
    row(
        "legacy_dashboards.",
        BOTH,
        "",
        "Additional properties are not allowed",
        "the document of 8.18 has `attributes` and `item` where the one of dashboards has `data`",
    ),
    row(
        "security_ai_assistant.conversations.delete",
        "response",
        "",
        "is a required property",
        "9.3 and 8.18 describe the conversation that is gone; the fix-up of the answer says what servers send",
    ),
    row(
        "security_ai_assistant.conversations.",
        "response",
        "",
        "\"createdBy\" is a required property",
        "ConversationResponse: 9.3 requires it, 8.18 does not have it",
    ),
    row(
        "status.get",
        "response",
        "/metrics",
        "Additional properties are not allowed",
        "9.3 closes `metrics` to three members; servers send `os`, `process` and `requests` beside them",
    ),
    row(
        "streams.put",
        "request",
        "/stream",
        "\"name\" is a required property",
        "9.3: one part of `allOf` requires `name`, the other has `name: { not: {} }`",
    ),
];

/// Whether rows say why a body is refused: that of the place, or those of one alternative. They are added to `used`.
pub(crate) fn explain(id: &str, body: &str, error: &ValidationError<'_>, used: &mut BTreeSet<usize>) -> bool {
    let (pointer, says) = (error.instance_path().to_string(), error.to_string());
    let known = EXCEPTIONS.iter().position(|row| {
        let place = row.pointer.is_empty() || ends_with(&pointer, row.pointer);
        id.starts_with(row.operations) && body.starts_with(row.bodies) && place && says.contains(row.says)
    });
    if let Some(index) = known {
        used.insert(index);
        return true;
    }
    let (ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context }) = error.kind() else {
        return false;
    };
    context.iter().filter(|errors| !errors.is_empty()).any(|errors| {
        let mut all = BTreeSet::new();
        let explained = errors.iter().all(|error| explain(id, body, error, &mut all));
        used.extend(if explained { all } else { BTreeSet::new() });
        explained
    })
}

fn ends_with(pointer: &str, pattern: &str) -> bool {
    let steps: Vec<&str> = pointer.split('/').collect();
    let wanted: Vec<&str> = pattern.split('/').skip(1).collect();
    let Some(start) = steps.len().checked_sub(wanted.len()) else { return false };
    steps[start..].iter().zip(wanted).all(|(step, wanted)| wanted == "*" || *step == wanted)
}

impl Exception {
    /// Its row, for people.
    pub(crate) fn shown(&self) -> String {
        format!("{}* {} {}: {}: {}", self.operations, self.bodies, self.pointer, self.says, self.defect)
    }
}
