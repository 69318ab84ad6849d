//! Bodies to IR: an object's members become the operation's own, files stay files, and lines are what one of them is.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Env, Lowering};
use crate::ir::{Body, Content, Media, Object, Response, Ty};
use crate::spec::model::{self, Scalar, Schema};

impl Lowering<'_> {
    /// What a request carries.
    pub(super) fn body(&mut self, id: &str, body: &model::Body) -> Option<Body> {
        let (media, schema) = chosen(&body.content)?;
        let place = format!("{id}.body");
        let content = match media {
            Media::Json => self.content(&place, schema, body.name.clone()),
            Media::Ndjson => {
                let item = self.ty(&format!("{place}[]"), schema, &Env::new());
                Content::Value(Ty::List(Box::new(item)), body.name.clone())
            }
            Media::Multipart => match self.content(&place, schema, None) {
                Content::Object(object) => Content::Object(with_files(object)),
                Content::Value(..) => {
                    self.errors.push(format!("the form of `{id}` is no object with members"));
                    return None;
                }
            },
            Media::Text | Media::Events => Content::Value(Ty::Scalar(Scalar::String), body.name.clone()),
            Media::Bytes(_) => {
                let name = body.name.clone().unwrap_or_else(|| "file".to_owned());
                Content::Value(Ty::Runtime("Upload".to_owned()), Some(name))
            }
        };
        Some(Body { required: body.required, media, content })
    }

    /// What a successful call answers: the first status of success, else whatever comes first. What further statuses of
    /// success add is optional.
    pub(super) fn response(&mut self, operation: &model::Operation) -> Response {
        let mut success = operation.responses.iter().filter(|(status, _)| status.starts_with('2'));
        let (status, response) = success.next().or_else(|| operation.responses.iter().next()).unzip();
        let status = status.cloned().unwrap_or_else(|| "200".to_owned());
        let place = format!("{}.{status}", operation.id);
        let content = response.and_then(|response| chosen(&response.content)).map(|(media, schema)| {
            let content = match media {
                Media::Json => {
                    let mut schema = Cow::Borrowed(schema);
                    for (further, response) in success {
                        let Some((_, other)) = chosen(&response.content) else { continue };
                        if let Err(why) = either(schema.to_mut(), other) {
                            self.errors.push(format!("`{place}` and `{further}` of it: {why}"));
                        }
                    }
                    self.answer(&place, &schema)
                }
                Media::Ndjson => Content::Value(self.ty(&format!("{place}[]"), schema, &Env::new()), None),
                Media::Text => Content::Value(Ty::Scalar(Scalar::String), None),
                Media::Bytes(_) => Content::Value(Ty::Scalar(Scalar::Binary), None),
                Media::Multipart | Media::Events => Content::Value(Ty::Any, None),
            };
            (media, content)
        });
        let heads = operation.routes.iter().all(|route| route.verbs.iter().all(|verb| verb == "HEAD"));
        Response { empty: content.is_none() && (status == "204" || heads), status, content }
    }

    fn answer(&mut self, place: &str, schema: &Schema) -> Content {
        match schema {
            Schema::Object(object) => self.dissolved(place, object, &Env::new(), true),
            _ => Content::Value(self.ty(place, schema, &Env::new()), None),
        }
    }

    /// The members of a request's object are the call's own, whether it has a name or not.
    fn content(&mut self, place: &str, schema: &Schema, name: Option<String>) -> Content {
        let mut schema = schema;
        let mut at = place.to_owned();
        let mut steps = 0;
        while let Schema::Ref { name, args } = schema {
            let known = self.api.types.get(name).filter(|known| args.is_empty() && known.params.is_empty());
            let Some(definition) = known.filter(|_| steps < super::MAX_DEPTH) else { break };
            if !matches!(definition.schema, Schema::Object(_) | Schema::Ref { .. }) {
                break;
            }
            at.clone_from(name);
            schema = &definition.schema;
            steps += 1;
        }
        match schema {
            Schema::Object(object) if steps == 0 || !object.members.is_empty() || !object.extends.is_empty() => {
                match self.dissolved(&at, object, &Env::new(), false) {
                    content @ Content::Object(_) => {
                        if let Some(operation) = place.strip_suffix(".body").filter(|_| steps > 0) {
                            self.twins.insert(operation.to_owned(), vec![at]);
                        }
                        content
                    }
                    value if steps == 0 => value,
                    _ => Content::Value(self.reference(place, &at, &[], &Env::new()), name),
                }
            }
            _ if steps > 0 => Content::Value(self.reference(place, &at, &[], &Env::new()), name),
            schema => Content::Value(self.ty(place, schema, &Env::new()), name),
        }
    }

    /// An object as the operation's own, if nothing but members stands in it; an answer may hold further ones too.
    fn dissolved(&mut self, place: &str, object: &model::Object, env: &Env, rest: bool) -> Content {
        let lowered = self.object(place, object, env);
        if lowered.variants.is_empty() && lowered.shortcut.is_none() && (rest || lowered.rest.is_none()) {
            return Content::Object(lowered);
        }
        Content::Value(self.ty(place, &Schema::Object(object.clone()), env), None)
    }
}

/// Makes an answer what another one may be too; what only one of them has is optional.
fn either(schema: &mut Schema, other: &Schema) -> Result<(), &'static str> {
    if schema == other {
        return Ok(());
    }
    let (Schema::Object(all), Schema::Object(other)) = (schema, other) else {
        return Err("answers of several statuses are equal, or objects");
    };
    for member in &mut all.members {
        member.required &= other.members.iter().any(|same| same.name == member.name && same.required);
    }
    for member in &other.members {
        match all.members.iter().find(|same| same.name == member.name) {
            Some(same) if same.schema == member.schema => {}
            Some(_) => return Err("a member is of two types"),
            None => all.members.push(model::Member { required: false, ..member.clone() }),
        }
    }
    Ok(())
}

/// The content that is generated.
fn chosen(content: &BTreeMap<String, Schema>) -> Option<(Media, &Schema)> {
    let media = Media::choose(content.keys())?;
    let schema = content.iter().find(|(name, _)| Media::named(name) == media).map(|(_, schema)| schema)?;
    Some((media, schema))
}

/// In a form, bytes are files.
fn with_files(mut object: Object) -> Object {
    for member in &mut object.members {
        let binary = |ty: &Ty| *ty == Ty::Scalar(Scalar::Binary);
        let upload = || Ty::Runtime("Upload".to_owned());
        match &mut member.ty {
            Ty::List(item) if binary(item) => **item = upload(),
            ty if binary(ty) => *ty = upload(),
            _ => {}
        }
    }
    object
}
