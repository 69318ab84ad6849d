//! Role descriptors: read from a request as strictly as Elasticsearch reads them, written in its canonical form.

use serde_json::{Map, Value, json};

use super::error::Refusal;
use super::privilege_names;
use super::role_parts::{
    boolean, check_fields, check_query, field_security, is_global, list, missing, object, query, remote,
    remote_cluster, restriction, text, texts,
};

/// The only workflow that there is.
const WORKFLOW: &str = "search_application_query";

/// What a role, an API key or a service account may do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Role {
    pub(crate) cluster: Vec<String>,
    pub(crate) indices: Vec<IndexGrant>,
    pub(crate) applications: Vec<AppGrant>,
    pub(crate) run_as: Vec<String>,
    pub(crate) global: Option<Value>,
    pub(crate) remote_indices: Option<Value>,
    pub(crate) remote_cluster: Option<Value>,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) transient_metadata: Map<String, Value>,
    pub(crate) description: Option<String>,
    pub(crate) restriction: Option<Value>,
}

/// Privileges on indices.
#[derive(Clone, Debug)]
pub(crate) struct IndexGrant {
    pub(crate) names: Vec<String>,
    pub(crate) privileges: Vec<String>,
    pub(crate) field_security: Option<Value>,
    pub(crate) query: Option<Value>,
    pub(crate) allow_restricted_indices: bool,
}

/// Privileges of an application on its resources.
#[derive(Clone, Debug)]
pub(crate) struct AppGrant {
    pub(crate) application: String,
    pub(crate) privileges: Vec<String>,
    pub(crate) resources: Vec<String>,
}

impl Role {
    /// Reads the descriptor of a role that is stored by its name: only API keys may be restricted to workflows.
    pub(crate) fn read_stored(name: &str, value: &Value) -> Result<Self, Refusal> {
        match Self::read(name, value)? {
            role if role.restriction.is_some() => {
                Err(Refusal::parse(format!("failed to parse role [{name}]. unexpected field [restriction]")))
            }
            role => Ok(role),
        }
    }

    /// Reads a descriptor; `name` is only for messages.
    pub(crate) fn read(name: &str, value: &Value) -> Result<Self, Refusal> {
        let Some(members) = value.as_object() else {
            return Err(Refusal::parse(format!(
                "failed to parse role [{name}]. expected an object but found [{}] instead",
                kind(value)
            )));
        };
        let mut role = Self { transient_metadata: enabled(), ..Self::default() };
        for (member, value) in members {
            match member.as_str() {
                "cluster" => role.cluster = texts(name, member, value)?,
                "indices" | "index" => {
                    role.indices = list(name, member, value)?
                        .iter()
                        .enumerate()
                        .map(|(at, v)| IndexGrant::read(name, at, v))
                        .collect::<Result<_, _>>()?
                }
                "applications" => {
                    role.applications =
                        list(name, member, value)?.iter().map(|v| AppGrant::read(name, v)).collect::<Result<_, _>>()?
                }
                "run_as" | "runAs" => role.run_as = texts(name, member, value)?,
                "global" if is_global(value) => role.global = Some(value.clone()).filter(|v| !v.is_null()),
                "global" => {
                    return Err(Refusal::parse(format!(
                        "failed to parse privileges for role [{name}]. expected field [global] value to be an object"
                    )));
                }
                "remote_indices" => {
                    role.remote_indices = Some(Value::Array(
                        list(name, member, value)?.iter().map(|v| remote(name, v)).collect::<Result<_, _>>()?,
                    ))
                }
                "remote_cluster" => {
                    role.remote_cluster = Some(Value::Array(
                        list(name, member, value)?.iter().map(|v| remote_cluster(name, v)).collect::<Result<_, _>>()?,
                    ))
                }
                "metadata" => role.metadata = object(name, member, value)?,
                "transient_metadata" => {
                    object(name, member, value)?;
                }
                "description" => role.description = Some(text(name, member, value)?),
                "restriction" => role.restriction = Some(restriction(name, value)?),
                other => {
                    return Err(Refusal::parse(format!("failed to parse role [{name}]. unexpected field [{other}]")));
                }
            }
        }
        Ok(role)
    }

    /// What the role asks for that no Elasticsearch knows; `None` when all is known.
    pub(crate) fn problem(&self) -> Option<String> {
        let cluster = self.cluster.iter().find(|name| {
            privilege_names::cluster(name).is_none()
                && !name.starts_with("cluster:")
                && !name.starts_with("indices:admin/")
        });
        if let Some(name) = cluster {
            let known: Vec<_> = privilege_names::CLUSTER.iter().map(|named| named.name).collect();
            return Some(format!(
                "unknown cluster privilege [{name}]. a privilege must be either one of the predefined cluster privilege names [{}] or a pattern over one of the available cluster actions",
                known.join(",")
            ));
        }
        let remote = texts_of(self.remote_indices.as_ref(), "privileges");
        let index =
            self.indices.iter().flat_map(|grant| &grant.privileges).map(String::as_str).chain(remote).find(|name| {
                privilege_names::index(name).is_none()
                    && !name.starts_with("indices:")
                    && !name.starts_with("internal:")
            });
        if let Some(name) = index {
            let known: Vec<_> = privilege_names::INDEX.iter().map(|named| named.name).collect();
            return Some(format!(
                "unknown index privilege [{name}]. a privilege must be either one of the predefined fixed indices privileges [{}] or a pattern over one of the available index actions",
                known.join(",")
            ));
        }
        let known = privilege_names::REMOTE_CLUSTER;
        let mut remote = texts_of(self.remote_cluster.as_ref(), "privileges");
        if let Some(name) = remote.find(|name| !known.contains(name)) {
            return Some(format!(
                "invalid privilege found in remote cluster [{name}], allowed values are [{}]",
                known.join(",")
            ));
        }
        if self.metadata.keys().any(|key| key.starts_with('_')) {
            return Some("role descriptor metadata keys may not start with [_]".to_owned());
        }
        let workflows = self.restriction.iter().filter_map(|restriction| restriction["workflows"].as_array());
        let unknown = workflows.flatten().find(|workflow| **workflow != json!(WORKFLOW));
        if let Some(name) = unknown.and_then(Value::as_str) {
            return Some(format!(
                "unknown workflow [{name}]. a workflow must be one of the predefined workflow names [{WORKFLOW}]"
            ));
        }
        self.applications.iter().find_map(AppGrant::problem)
    }

    /// Tells whether the role grants nothing at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.cluster.is_empty()
            && self.indices.is_empty()
            && self.applications.is_empty()
            && self.run_as.is_empty()
            && self.global.is_none()
            && self.remote_indices.is_none()
            && self.remote_cluster.is_none()
    }

    /// The canonical JSON of the descriptor.
    pub(crate) fn write(&self) -> Value {
        let mut out = Map::new();
        out.insert("cluster".into(), json!(self.cluster));
        if let Some(global) = &self.global {
            out.insert("global".into(), global.clone());
        }
        out.insert("indices".into(), self.indices.iter().map(IndexGrant::write).collect());
        out.insert("applications".into(), self.applications.iter().map(AppGrant::write).collect());
        out.insert("run_as".into(), json!(self.run_as));
        for (name, value) in [
            ("remote_indices", &self.remote_indices),
            ("remote_cluster", &self.remote_cluster),
            ("restriction", &self.restriction),
        ] {
            if let Some(value) = value {
                out.insert(name.into(), value.clone());
            }
        }
        out.insert("metadata".into(), self.metadata.clone().into());
        out.insert("transient_metadata".into(), self.transient_metadata.clone().into());
        if let Some(description) = &self.description {
            out.insert("description".into(), json!(description));
        }
        Value::Object(out)
    }
}

impl IndexGrant {
    /// Reads the privileges that stand at one place of a list.
    pub(crate) fn read(role: &str, at: usize, value: &Value) -> Result<Self, Refusal> {
        let Some(members) = value.as_object() else {
            return Err(Refusal::parse(format!(
                "failed to parse indices privileges for role [{role}]. expected field [indices] value to be an array of objects, but found an array element of type [{}]",
                kind(value)
            )));
        };
        let (mut names, mut privileges) = (None, None);
        let mut grant = Self {
            names: Vec::new(),
            privileges: Vec::new(),
            field_security: None,
            query: None,
            allow_restricted_indices: false,
        };
        for (member, value) in members {
            match member.as_str() {
                "names" | "name" => names = Some(texts(role, member, value)?),
                "privileges" => privileges = Some(texts(role, member, value)?),
                "field_security" if value.is_object() => grant.field_security = Some(field_security(role, value)?),
                "field_security" if value.is_null() => {}
                "query" if value.is_string() || value.is_object() || value.is_null() => grant.query = query(value),
                "allow_restricted_indices" => grant.allow_restricted_indices = boolean(role, member, value)?,
                "field_security" | "query" => {
                    return Err(Refusal::parse(format!(
                        "failed to parse indices privileges for role [{role}]. expected field [{member}] to be an object, but got [{}]",
                        kind(value)
                    )));
                }
                other => {
                    return Err(Refusal::parse(format!(
                        "failed to parse indices privileges for role [{role}]. unexpected field [{other}]"
                    )));
                }
            }
        }
        grant.names = names.filter(|n| !n.is_empty()).ok_or_else(|| missing(role, "indices", "names"))?;
        grant.privileges = privileges.ok_or_else(|| missing(role, "indices", "privileges"))?;
        check_fields(role, grant.field_security.as_ref())?;
        check_query(&grant.names, at, grant.query.as_ref())?;
        Ok(grant)
    }

    pub(crate) fn write(&self) -> Value {
        let mut out = Map::new();
        out.insert("names".into(), json!(self.names));
        out.insert("privileges".into(), json!(self.privileges));
        if let Some(value) = &self.field_security {
            out.insert("field_security".into(), value.clone());
        }
        if let Some(value) = &self.query {
            out.insert("query".into(), value.clone());
        }
        out.insert("allow_restricted_indices".into(), json!(self.allow_restricted_indices));
        Value::Object(out)
    }
}

impl AppGrant {
    fn read(role: &str, value: &Value) -> Result<Self, Refusal> {
        let Some(members) = value.as_object() else {
            return Err(Refusal::parse(format!(
                "failed to parse application privileges for role [{role}]. expected an object but found [{}]",
                kind(value)
            )));
        };
        let (mut application, mut privileges, mut resources) = (None, None, None);
        for (member, value) in members {
            match member.as_str() {
                "application" => application = Some(text(role, member, value)?),
                "privileges" => privileges = Some(texts(role, member, value)?),
                "resources" => resources = Some(texts(role, member, value)?),
                other => {
                    return Err(Refusal::parse(format!(
                        "failed to parse application privileges for role [{role}]. unexpected field [{other}]"
                    )));
                }
            }
        }
        Ok(Self {
            application: application.ok_or_else(|| missing(role, "application", "application"))?,
            privileges: privileges.ok_or_else(|| missing(role, "application", "privileges"))?,
            resources: resources.filter(|r| !r.is_empty()).ok_or_else(|| missing(role, "application", "resources"))?,
        })
    }

    fn problem(&self) -> Option<String> {
        let name = self.application.trim_end_matches('*');
        let well_formed = name.is_empty() && self.application == "*"
            || name.chars().next().is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        (!well_formed).then(|| {
            format!(
                "An application name prefix must match the pattern ^[a-z][A-Za-z0-9]*$ (found '{}')",
                self.application
            )
        })
    }

    fn write(&self) -> Value {
        json!({ "application": self.application, "privileges": self.privileges, "resources": self.resources })
    }
}

/// The texts of a member, over the entries of a list.
fn texts_of<'a>(entries: Option<&'a Value>, member: &'a str) -> impl Iterator<Item = &'a str> {
    let entries = entries.and_then(Value::as_array).into_iter().flatten();
    entries.flat_map(move |entry| entry[member].as_array().into_iter().flatten()).filter_map(Value::as_str)
}

fn enabled() -> Map<String, Value> {
    Map::from_iter([("enabled".to_owned(), Value::Bool(true))])
}

/// A JSON value's kind in the words of Elasticsearch's parser.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "VALUE_NULL",
        Value::Bool(_) => "VALUE_BOOLEAN",
        Value::Number(_) => "VALUE_NUMBER",
        Value::String(_) => "VALUE_STRING",
        Value::Array(_) => "START_ARRAY",
        Value::Object(_) => "START_OBJECT",
    }
}
