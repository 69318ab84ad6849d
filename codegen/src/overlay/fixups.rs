//! Patches for upstream's defects. A patch that finds nothing to mend is an error: upstream has moved, and it must go.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::document::Edit;
use crate::spec::expr::{parse_member_type, print_type};
use crate::spec::model::{Api, EnumValue, Facts, Json, Member, Object, Schema};

/// One named patch.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixup {
    /// Its name, for messages.
    pub name: toml::Spanned<String>,
    /// `document` or `spec`.
    pub stage: toml::Spanned<String>,
    /// The source whose defect it mends (`elasticsearch-9.5`), or several with commas between.
    pub source: String,
    /// Why it is right.
    pub reason: String,
    /// Where that can be seen.
    pub evidence: String,
    /// What it does.
    pub change: Change,
}

/// What a patch does.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Change {
    /// Makes a required member optional.
    SetOptional {
        /// The member.
        set_optional: String,
    },
    /// Changes a member's type, or that of several.
    SetType {
        /// The member, or several.
        set_type: OneOrMany,
        /// The type it has, with `?` when optional.
        from: String,
        /// The type it gets.
        to: String,
    },
    /// Says what an operation answers where the documents don't.
    SetResponse {
        /// The operation and its status (`spaces.get.200`).
        set_response: String,
        /// The type of its body; `none` where the document says nothing of one.
        from: String,
        /// The type it gets.
        to: String,
        /// The media it gets: `json` unless said.
        media: Option<String>,
    },
    /// Says that an operation answers a page of what the documents say that it answers.
    PageResponse {
        /// The operation and its status (`alerting.rules.find.200`).
        page_response: String,
        /// The member with the list.
        items: String,
        /// The other members, and their types.
        with: BTreeMap<String, String>,
    },
    /// Adds a member.
    AddMember {
        /// The member.
        add_member: String,
        /// Its type.
        r#type: String,
    },
    /// Removes a member.
    RemoveMember {
        /// The member.
        remove_member: String,
    },
    /// Adds a value to an enum.
    AddEnumValue {
        /// The enum.
        add_enum_value: String,
        /// The value.
        value: String,
    },
    /// Mends a document before it is read.
    Document(Edit),
}

/// One id or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl OneOrMany {
    fn iter(&self) -> impl Iterator<Item = &String> {
        match self {
            Self::One(id) => std::slice::from_ref(id),
            Self::Many(ids) => ids,
        }
        .iter()
    }
}

impl Fixup {
    /// Whether it mends documents, not the spec.
    pub fn is_for_documents(&self) -> bool {
        matches!(self.change, Change::Document(_))
    }

    /// Applies the patch to an imported API.
    ///
    /// # Errors
    /// When it finds nothing to mend.
    pub fn apply(&self, api: &mut Api) -> Result<(), String> {
        self.change.apply(api).map_err(|problem| {
            let (problem, help) =
                problem.split_once('\n').unwrap_or((&problem, "upstream has moved: remove the patch"));
            format!("spec/overlay/fixups.toml: `{}` has no effect: {problem}\n{help}", self.name.get_ref())
        })
    }
}

impl Change {
    fn apply(&self, api: &mut Api) -> Result<(), String> {
        match self {
            Self::SetOptional { set_optional } => {
                let member = find(api, set_optional)?;
                if !std::mem::replace(&mut member.required, false) {
                    return Err(format!("`{set_optional}` is optional already"));
                }
            }
            Self::SetType { set_type, from, to } => set_type.iter().try_for_each(|id| retype(api, id, from, to))?,
            Self::SetResponse { set_response, from, to, media } => {
                let missing = || format!("`{set_response}` names no answer");
                let (id, status) = set_response.rsplit_once('.').ok_or_else(missing)?;
                let operation = api.operations.get_mut(id).ok_or_else(missing)?;
                let content = operation.responses.get(status).map(|response| &response.content);
                let is = match content {
                    Some(content) if content.len() > 1 => return Err(format!("`{set_response}` has several forms")),
                    Some(content) => content.values().next().map_or_else(|| "none".to_owned(), print_type),
                    None => "none".to_owned(),
                };
                if is != *from {
                    return Err(format!("`{set_response}` answers `{is}`, not `{from}`"));
                }
                let (schema, required) = parse_member_type(to)?;
                if !required {
                    return Err(format!("an answer is not optional: `{to}`"));
                }
                let media = media.clone().unwrap_or_else(|| "json".to_owned());
                operation.responses.entry(status.to_owned()).or_default().content = [(media, schema)].into();
            }
            Self::PageResponse { page_response, items, with } => page(api, page_response, items, with)?,
            Self::AddMember { add_member, r#type } => {
                let (schema, required) = parse_member_type(r#type)?;
                let (members, name) = owner(api, add_member)?;
                if members.iter().any(|member| member.name == name) {
                    return Err(format!("`{add_member}` exists already"));
                }
                members.push(new_member(name, schema, required));
            }
            Self::RemoveMember { remove_member } => {
                let (members, name) = owner(api, remove_member)?;
                let before = members.len();
                members.retain(|member| member.name != name);
                if members.len() == before {
                    return Err(format!("`{remove_member}` does not exist"));
                }
            }
            Self::AddEnumValue { add_enum_value, value } => {
                let Some(Schema::Enum(values)) = api.types.get_mut(add_enum_value).map(|ty| &mut ty.schema) else {
                    return Err(format!("`{add_enum_value}` is no enum"));
                };
                let value = Json::String(value.clone());
                if values.values.iter().any(|known| known.value == value) {
                    return Err(format!("`{add_enum_value}` has that value already"));
                }
                values.values.push(EnumValue { value, facts: Facts::default() });
            }
            Self::Document(_) => return Err("it mends documents, not the spec".to_owned()),
        }
        Ok(())
    }
}

fn retype(api: &mut Api, id: &str, from: &str, to: &str) -> Result<(), String> {
    let member = find(api, id)?;
    let optional = if member.required { "" } else { "?" };
    let is = format!("{}{optional}", print_type(&member.schema));
    if is != from {
        let entry = format!("change = {{ set_type = \"{id}\", from = \"{is}\", to = \"{to}\" }}");
        let help = format!("remove the patch, or if it is still right, write\n{entry}");
        return Err(format!("the type of `{id}` is `{is}`, not `{from}`\n{help}"));
    }
    (member.schema, member.required) = parse_member_type(to)?;
    Ok(())
}

fn page(api: &mut Api, id: &str, items: &str, with: &BTreeMap<String, String>) -> Result<(), String> {
    let missing = || format!("`{id}` names no answer");
    let (operation, status) = id.rsplit_once('.').ok_or_else(missing)?;
    let response = api.operations.get_mut(operation).and_then(|operation| operation.responses.get_mut(status));
    let answer = response.and_then(|response| response.content.get_mut("json")).ok_or_else(missing)?;
    if as_object(answer).is_none_or(|object| object.members.iter().any(|member| member.name == items)) {
        return Err(format!("`{id}` is no single item"));
    }
    let list = Schema::List(Box::new(std::mem::replace(answer, Schema::Any)));
    let mut members = vec![new_member(items, list, true)];
    for (name, ty) in with {
        let (schema, required) = parse_member_type(ty)?;
        members.push(new_member(name, schema, required));
    }
    *answer = Schema::Object(Object { members, ..Object::default() });
    Ok(())
}

fn new_member(name: &str, schema: Schema, required: bool) -> Member {
    Member { name: name.to_owned(), required, schema, facts: Facts::default(), place: Default::default() }
}

fn find<'a>(api: &'a mut Api, id: &str) -> Result<&'a mut Member, String> {
    let (members, name) = owner(api, id)?;
    let name = name.to_owned();
    members.iter_mut().find(|member| member.name == name).ok_or_else(|| format!("`{id}` does not exist"))
}

/// The list a member stands in: of a type, of a request, or of a response (`operation.200.member`).
fn owner<'a, 'b>(api: &'a mut Api, id: &'b str) -> Result<(&'a mut Vec<Member>, &'b str), String> {
    let missing = || format!("`{id}` names no member");
    let (owner, name) = id.rsplit_once('.').ok_or_else(missing)?;
    if api.types.contains_key(owner) {
        return match api.types.get_mut(owner).map(|ty| &mut ty.schema) {
            Some(Schema::Object(object)) => Ok((&mut object.members, name)),
            _ => Err(missing()),
        };
    }
    if let Some(operation) = api.operations.get_mut(owner) {
        let body = operation.body.as_mut().and_then(|body| body.content.values_mut().next());
        if let Some(object) = body.and_then(as_object)
            && object.members.iter().any(|member| member.name == name)
        {
            // Looked up again: a borrow that is returned in one arm can't be dropped in the other.
            let body = api.operations.get_mut(owner).and_then(|operation| operation.body.as_mut());
            let object = body.and_then(|body| body.content.values_mut().next()).and_then(as_object);
            return object.map(|object| (&mut object.members, name)).ok_or_else(missing);
        }
        return api.operations.get_mut(owner).map(|operation| (&mut operation.query, name)).ok_or_else(missing);
    }
    let (operation, status) = owner.rsplit_once('.').ok_or_else(missing)?;
    let response = api.operations.get_mut(operation).and_then(|operation| operation.responses.get_mut(status));
    let object = response.and_then(|response| response.content.values_mut().next()).and_then(as_object);
    object.map(|object| (&mut object.members, name)).ok_or_else(missing)
}

/// An object, or those of a list.
fn as_object(schema: &mut Schema) -> Option<&mut Object> {
    match schema {
        Schema::Object(object) => Some(object),
        Schema::List(item) => as_object(item),
        _ => None,
    }
}
