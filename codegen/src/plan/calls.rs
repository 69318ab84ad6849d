//! Decisions on calls: positional arguments, setters, which route and verb a request takes, what it answers.

use std::collections::BTreeSet;

use super::docs::deprecation;
use super::naming::namespace_of;
use super::paging::PagingPlan;
use super::types::null_setters;
use super::{FieldPlan, Planner, Presence, RustTy, StructPlan, TypePlan};
use crate::import::openapi::documented_id;
use crate::ir::{Content, Media, Member, Object, Operation, Ty};
use crate::names::{self, RESERVED_MEMBERS, Scope};
use crate::spec::model::{Product, Route};

/// A call to render: its request, its setters, its route.
#[derive(Clone, Debug)]
pub struct CallPlan {
    /// `security.create_api_key`
    pub id: String,
    /// The method of the namespace.
    pub method: String,
    /// The call's type.
    pub name: String,
    /// The request's type.
    pub request: String,
    /// The method's documentation.
    pub docs: Vec<String>,
    /// Names under which rustdoc's search finds the method.
    pub doc_aliases: Vec<String>,
    /// Second methods for the same operation.
    pub aliases: Vec<MethodAlias>,
    /// Deprecation note.
    pub deprecated: Option<String>,
    /// All parameters and body members, in the order path, query, body.
    pub fields: Vec<RequestField>,
    /// Constants in the body.
    pub body_struct: Option<StructPlan>,
    /// Positional arguments, in order.
    pub arguments: Vec<Argument>,
    /// More required values, in a struct of their own.
    pub required: Option<RequiredPlan>,
    /// Routes as the spec has them.
    pub routes: Vec<Route>,
    /// Routes as requests choose among them, the one with most parameters first.
    pub branches: Vec<Branch>,
    /// Optional path parameters with the one that must be given with them: `(parameter, its parent)`.
    pub guards: Vec<(String, String)>,
    /// The body.
    pub body: BodyPlan,
    /// The answer.
    pub response: ResponsePlan,
    /// Whether doing it twice is as good as once.
    pub idempotent: bool,
    /// Whether it only reads, so that a 404 may mean "there is none".
    pub read: bool,
    /// The first version that has it.
    pub since: Option<String>,
    /// Kibana's API version.
    pub version: Option<String>,
    /// Whether it works under `/s/{space}`.
    pub space: bool,
    /// The path template of the main route.
    pub template: String,
    /// How it pages, if it does.
    pub paging: Option<PagingPlan>,
    /// Fields of which one, when set, sets another to true.
    pub implies: Vec<(String, String, bool)>,
}

/// A second method for an operation.
#[derive(Clone, Debug)]
pub struct MethodAlias {
    /// Its name.
    pub method: String,
    /// Its documentation.
    pub docs: Vec<String>,
}

/// A field of a request.
#[derive(Clone, Debug)]
pub struct RequestField {
    /// The field.
    pub field: FieldPlan,
    /// Where its value goes.
    pub place: Where,
}

/// Where a value of a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// Into the path.
    Path,
    /// Into the query.
    Query,
    /// Into the query, as JSON.
    JsonQuery,
    /// A member of the body.
    Body,
    /// A part of the form.
    Form,
    /// The whole body.
    Value,
}

/// A positional argument: the field it sets.
#[derive(Clone, Debug)]
pub struct Argument {
    /// The Rust name of the field.
    pub field: String,
}

/// Required values that are too many for positions.
#[derive(Clone, Debug)]
pub struct RequiredPlan {
    /// The struct.
    pub name: String,
    /// The Rust names of its fields.
    pub fields: Vec<String>,
}

/// A route, and when it is taken.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Optional path parameters that must be set, by Rust name.
    pub given: Vec<String>,
    /// The verb.
    pub verb: String,
    /// The path.
    pub parts: Vec<Part>,
    /// Optional path parameters, by wire name and Rust name, that no route has together with these.
    pub refused: Vec<(String, String)>,
}

/// A piece of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Literal text.
    Literal(String),
    /// A parameter, by wire name and Rust name; whether it is a list.
    Parameter {
        /// The wire name.
        wire: String,
        /// The Rust name.
        rust: String,
        /// The variable that holds its value where it is optional.
        local: String,
        /// Whether it is a list.
        list: bool,
    },
}

/// The body to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyPlan {
    /// None.
    None,
    /// An object of the request's body members; sent without a member only when required.
    Object {
        /// Whether it is sent even when empty.
        required: bool,
    },
    /// One field is the body.
    Value {
        /// The Rust name of the field.
        field: String,
        /// Whether the field is always there.
        required: bool,
        /// How it is written.
        form: ValueForm,
    },
    /// A form of the request's parts.
    Form {
        /// The parts, in order.
        parts: Vec<FormPart>,
    },
}

/// How a field that is the body is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueForm {
    /// As one JSON value.
    Json,
    /// As lines of JSON.
    Lines,
    /// As text.
    Text,
    /// As bytes of a media type.
    File(String),
}

/// A part of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormPart {
    /// Its name on the wire.
    pub wire: String,
    /// The Rust name of the field.
    pub rust: String,
    /// Whether it is always there.
    pub required: bool,
    /// What it holds.
    pub kind: PartKind,
}

/// What a part of a form holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// A value: text as it is, anything else as JSON.
    Value,
    /// A file, with its name and media type where the caller names none.
    File(String, String),
    /// Several files.
    Files(String, String),
}

/// What a successful answer decodes to.
#[derive(Clone, Debug)]
pub struct ResponsePlan {
    /// The type; none for an answer without a body.
    pub ty: Option<RustTy>,
    /// Whether it can be read while it comes: lines, events, bytes.
    pub streams: bool,
    /// The `Accept` header, where it is not the product's JSON.
    pub accept: Option<String>,
}

impl Planner<'_> {
    /// The calls of a namespace, and the types that are only theirs.
    pub(super) fn calls(&mut self, namespace: &str) -> (Vec<CallPlan>, Vec<TypePlan>) {
        let mut types = Vec::new();
        let operations: Vec<Operation> = (self.ir.operations.iter())
            .filter(|operation| namespace_of(&operation.id).0 == namespace)
            .cloned()
            .collect();
        let calls = operations.iter().map(|operation| self.call(namespace, operation, &mut types)).collect();
        (calls, types)
    }

    fn call(&mut self, namespace: &str, operation: &Operation, types: &mut Vec<TypePlan>) -> CallPlan {
        let id = &operation.id;
        let short = id.rsplit('.').next().unwrap_or(id);
        let [name, request, response, required] =
            names::call_items(&self.words.camel(short), &self.handle_of(namespace));
        let method = self.words.snake(short);
        let mut fields = self.request_fields(operation);
        let (body, body_struct) = self.body(operation, &request, &mut fields);
        let response = self.response(namespace, operation, &response, types);
        let path_names: BTreeSet<&str> = operation.path.iter().map(|member| member.name.as_str()).collect();
        let (arguments, required) = self.arguments(operation, required, &fields, &path_names);
        let (branches, guards) = self.routes(operation, &fields);
        let verbs: BTreeSet<&str> = branches.iter().map(|branch| branch.verb.as_str()).collect();
        let read = verbs.iter().all(|verb| matches!(*verb, "GET" | "HEAD"));
        let declared: Vec<&str> = operation.routes.iter().flat_map(|route| &route.verbs).map(String::as_str).collect();
        let safe = declared.iter().any(|verb| matches!(*verb, "GET" | "HEAD" | "PUT" | "DELETE"));
        let product = self.ir.product.as_str();
        self.lock.set(&format!("{product} call {id}"), &self.signature(&method, &arguments, required.as_ref()));
        let aliases = self.aliases_of(operation);
        let implies = self.implied(operation, &fields);
        let paging = self.paging(operation, &fields);
        CallPlan {
            docs: self.operation_docs(operation, None),
            doc_aliases: self.doc_aliases_of(operation),
            aliases,
            deprecated: deprecation(operation.facts.deprecated.as_ref()),
            template: operation.routes.first().map(|route| route.path.clone()).unwrap_or_default(),
            since: operation.facts.since.clone(),
            version: operation.version.clone(),
            space: operation.space,
            idempotent: self.overlay.traits.idempotent.get(id).copied().unwrap_or(safe),
            id: id.clone(),
            routes: operation.routes.clone(),
            method,
            name,
            request,
            fields,
            body_struct,
            arguments,
            required,
            branches,
            guards,
            body,
            response,
            read,
            paging,
            implies,
        }
    }

    /// The fields of a request, in the order path, query, body.
    fn request_fields(&mut self, operation: &Operation) -> Vec<RequestField> {
        let mut members: Vec<(Member, Where)> = Vec::new();
        members.extend(operation.path.iter().map(|member| (in_url(member), Where::Path)));
        members.extend(operation.query.iter().map(|member| {
            let json = self.overlay.traits.json_query.contains(&format!("{}.{}", operation.id, member.name));
            (in_url(member), if json { Where::JsonQuery } else { Where::Query })
        }));
        match operation.body.as_ref().map(|body| (&body.content, body)) {
            Some((Content::Object(object), body)) => {
                let place = if body.media == Media::Multipart { Where::Form } else { Where::Body };
                let plain = object.members.iter().filter(|member| !matches!(member.ty, Ty::Literal(_)));
                members.extend(plain.map(|member| (member.clone(), place)));
            }
            Some((Content::Value(ty, name), body)) => {
                let name = name.clone().unwrap_or_else(|| "body".to_owned());
                let member = Member { name, ty: ty.clone(), required: body.required, facts: Default::default() };
                members.push((member, Where::Value));
            }
            None => {}
        }
        let mut scope = Scope::with_reserved(RESERVED_MEMBERS);
        let places: Vec<(&Member, &str)> = members.iter().map(|(member, place)| (member, place.word())).collect();
        let rust = self.field_names(&places, &mut scope);
        let fields = members.iter().zip(rust).map(|((member, place), rust)| RequestField {
            field: self.field(&operation.id, member, rust),
            place: *place,
        });
        let mut fields: Vec<RequestField> = fields.collect();
        let body = fields.iter_mut().filter(|field| field.place == Where::Body);
        null_setters(body.map(|field| &mut field.field), &mut scope);
        fields
    }

    fn body(
        &mut self,
        operation: &Operation,
        request: &str,
        fields: &mut [RequestField],
    ) -> (BodyPlan, Option<StructPlan>) {
        let Some(body) = &operation.body else { return (BodyPlan::None, None) };
        match &body.content {
            Content::Object(_) if body.media == Media::Multipart => {
                let parts = fields.iter().filter(|field| field.place == Where::Form);
                let parts = parts.map(|field| self.form_part(&operation.id, &field.field)).collect();
                (BodyPlan::Form { parts }, None)
            }
            Content::Object(object) => {
                let members = object.members.iter().filter(|member| matches!(member.ty, Ty::Literal(_)));
                let plain = Object { members: members.cloned().collect(), ..object.clone() };
                self.check_size(&operation.id, object.members.len());
                let (mut structure, _) = self.structure(&operation.id, request, Vec::new(), &plain, true, None);
                structure.tells = self.tells(object);
                (BodyPlan::Object { required: body.required }, Some(structure))
            }
            Content::Value(..) => {
                let field = fields.last().map(|field| field.field.rust.clone()).unwrap_or_default();
                let form = match &body.media {
                    Media::Ndjson => ValueForm::Lines,
                    Media::Text | Media::Events => ValueForm::Text,
                    Media::Bytes(media_type) => ValueForm::File(media_type.clone()),
                    Media::Json | Media::Multipart => ValueForm::Json,
                };
                (BodyPlan::Value { field, required: body.required, form }, None)
            }
        }
    }

    fn form_part(&self, operation: &str, field: &FieldPlan) -> FormPart {
        let upload = |ty: &RustTy| *ty == RustTy::Runtime("Upload".to_owned());
        let file = self.overlay.traits.files.get(&format!("{operation}.{}", field.wire)).cloned().unwrap_or_default();
        let kind = match &field.ty {
            ty if upload(ty) => PartKind::File(file.name, file.media),
            RustTy::Vec(item) if upload(item) => PartKind::Files(file.name, file.media),
            _ => PartKind::Value,
        };
        let required = field.presence == Presence::Required;
        FormPart { wire: field.wire.clone(), rust: field.rust.clone(), required, kind }
    }

    fn response(
        &mut self,
        namespace: &str,
        operation: &Operation,
        name: &str,
        types: &mut Vec<TypePlan>,
    ) -> ResponsePlan {
        let name = name.to_owned();
        let place = format!("{}.{}", operation.id, operation.response.status);
        let method = self.words.snake(operation.id.rsplit('.').next().unwrap_or_default());
        let docs = vec![format!(
            "The answer to [`{method}`](super::{}::{method}).",
            names::handle(&self.words.camel(namespace), "Namespace")
        )];
        let module = self.namespace_module(namespace);
        let accepted = |media: &str| Some(media.to_owned());
        let (ty, streams, accept) = match &operation.response.content {
            None if operation.response.empty || self.ir.product == Product::Elasticsearch => (None, false, None),
            // There is an answer, of which nothing is known.
            None => (Some(RustTy::untyped()), false, None),
            Some((Media::Json | Media::Multipart, Content::Object(object))) => {
                let (plan, variants) = self.structure(&place, &name, docs, object, false, None);
                types.push(TypePlan::Struct(plan));
                types.extend(variants);
                (Some(RustTy::Named { module, name }), false, None)
            }
            Some((Media::Json | Media::Multipart, Content::Value(ty, _))) => {
                let ty = untyped_if_any(self.rust_ty(ty, None));
                types.push(TypePlan::Alias { name: name.clone(), docs, ty });
                (Some(RustTy::Named { module, name }), false, None)
            }
            Some((Media::Ndjson, Content::Value(ty, _))) => {
                let line = Box::new(untyped_if_any(self.rust_ty(ty, None)));
                (Some(RustTy::Generic("Ndjson", line)), true, accepted("application/ndjson"))
            }
            Some((Media::Events, _)) => {
                (Some(RustTy::Runtime("Events".to_owned())), true, accepted("text/event-stream"))
            }
            Some((Media::Text, _)) => (Some(RustTy::Runtime("Text".to_owned())), false, accepted("text/plain")),
            Some((Media::Bytes(_) | Media::Ndjson, _)) => {
                (Some(RustTy::Runtime("Binary".to_owned())), true, accepted("*/*"))
            }
        };
        ResponsePlan { ty, streams, accept }
    }

    /// Path parameters first, then up to two required values; more go into a struct.
    fn arguments(
        &mut self,
        operation: &Operation,
        name: String,
        fields: &[RequestField],
        path_names: &BTreeSet<&str>,
    ) -> (Vec<Argument>, Option<RequiredPlan>) {
        let required = |field: &&RequestField| field.field.presence != Presence::Optional;
        let in_path = |field: &&RequestField| field.place == Where::Path;
        let mut arguments: Vec<Argument> = (fields.iter().filter(required).filter(in_path))
            .map(|field| Argument { field: field.field.rust.clone() })
            .collect();
        let mut values: Vec<&RequestField> = fields.iter().filter(required).filter(|field| !in_path(field)).collect();
        let rank = |field: &&RequestField| match field.field.wire.as_str() {
            "id" => 0,
            "name" => 1,
            _ => 2,
        };
        values.sort_by_key(rank);
        if let Some(order) = self.overlay.names.arguments.get(&operation.id) {
            let known = |wire: &String| values.iter().any(|field| field.field.wire == *wire);
            for wire in order.iter().filter(|wire| !known(wire) && !path_names.contains(wire.as_str())) {
                self.errors.push(format!("names.toml arguments: `{}` has no required value `{wire}`", operation.id));
            }
            values.sort_by_key(|field| order.iter().position(|wire| *wire == field.field.wire));
        }
        let pinned = self.lock.get(&format!("{} call {}", self.ir.product.as_str(), operation.id)).unwrap_or_default();
        let pinned: Vec<&str> = pinned.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        if self.overlay.names.arguments.get(&operation.id).is_none() {
            let last = pinned.len();
            let place = |name: &str| pinned.iter().rposition(|pinned| *pinned == name).unwrap_or(last);
            values.sort_by_key(|field| place(field.field.rust.trim_start_matches("r#")));
        }
        let names: Vec<String> = values.iter().map(|field| field.field.rust.clone()).collect();
        if names.len() <= 2 {
            arguments.extend(names.into_iter().map(|field| Argument { field }));
            return (arguments, None);
        }
        (arguments, Some(RequiredPlan { name, fields: names }))
    }

    fn signature(&self, method: &str, arguments: &[Argument], required: Option<&RequiredPlan>) -> String {
        let mut names: Vec<String> = arguments.iter().map(|argument| argument.field.clone()).collect();
        names.extend(required.map(|required| format!("{} {{ {} }}", required.name, required.fields.join(", "))));
        format!("{method}({})", names.join(", "))
    }

    /// The verb of a route: the one that says best what the call does.
    pub(super) fn verb(&self, operation: &Operation, route: &Route) -> String {
        let name = operation.id.rsplit('.').next().unwrap_or_default();
        let has = |verb: &str| route.verbs.iter().any(|known| known == verb);
        let puts = ["put", "update", "enable", "disable", "change"].iter().any(|prefix| name.starts_with(prefix));
        let preferred = if puts && has("PUT") {
            "PUT"
        } else if has("POST") && (has("PUT") || (has("GET") && operation.body.is_some())) {
            "POST"
        } else {
            return route.verbs.first().cloned().unwrap_or_else(|| "GET".to_owned());
        };
        preferred.to_owned()
    }

    fn aliases_of(&self, operation: &Operation) -> Vec<MethodAlias> {
        let mut aliases = Vec::new();
        for (id, alias) in self.overlay.traits.aliases.iter().filter(|(_, alias)| alias.operation == operation.id) {
            let _ = self.overlay.traits.aliases.get(id);
            let method = self.words.snake(id.rsplit('.').next().unwrap_or(id));
            let docs = self.operation_docs(operation, Some(&alias.summary));
            aliases.push(MethodAlias { method, docs });
        }
        aliases
    }

    fn doc_aliases_of(&self, operation: &Operation) -> Vec<String> {
        let mut aliases = vec![operation.id.clone()];
        aliases.extend(
            operation.routes.iter().flat_map(|route| route.verbs.iter().map(|verb| format!("{verb} {}", route.path))),
        );
        aliases.extend(operation.reference.as_deref().and_then(documented_id).map(str::to_owned));
        aliases.extend(self.overlay.traits.doc_aliases.get(&operation.id).cloned().unwrap_or_default());
        // Rustdoc refuses an alias that is the name itself, as where an operation has no namespace.
        let method = self.words.snake(namespace_of(&operation.id).1);
        aliases.retain(|alias| *alias != method);
        aliases.dedup();
        aliases
    }

    fn implied(&mut self, operation: &Operation, fields: &[RequestField]) -> Vec<(String, String, bool)> {
        let find = |id: &str, is: &dyn Fn(&&RequestField) -> bool| {
            let wire = id.strip_prefix(&operation.id)?.strip_prefix('.')?;
            let optional = fields.iter().filter(|field| field.field.presence == Presence::Optional);
            optional.filter(is).find(|field| field.field.wire == wire).map(|field| field.field.rust.clone())
        };
        let mut implied = Vec::new();
        for (id, target) in self.overlay.traits.implies.iter() {
            let to = find(&target.member, &|field| field.place == Where::Query);
            if let (Some(from), Some(to)) = (find(id, &|_| true), to) {
                let _ = self.overlay.traits.implies.get(id);
                implied.push((from, to, target.value));
            }
        }
        implied
    }
}

impl Where {
    /// What the members there are called.
    fn word(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query | Self::JsonQuery => "query",
            Self::Body | Self::Form | Self::Value => "body",
        }
    }
}

fn untyped_if_any(ty: RustTy) -> RustTy {
    if ty == RustTy::Value { RustTy::untyped() } else { ty }
}

/// A parameter of a URL, in which nothing is null.
fn in_url(member: &Member) -> Member {
    let mut member = member.clone();
    while let Ty::Nullable(inner) = member.ty {
        member.ty = *inner;
    }
    member
}

/// Whether a parameter is sent as several values.
pub(super) fn is_list(ty: &RustTy) -> bool {
    match ty {
        RustTy::Vec(_) | RustTy::Generic("OneOrMany", _) => true,
        RustTy::Option(inner) => is_list(inner),
        _ => false,
    }
}
