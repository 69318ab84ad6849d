//! Spec to IR. Nothing is named here and nothing is lost: what the IR can't say is an error.

mod unions;

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::{
    Arm, Body, Content, Enum, EnumValue, Ir, Kind, Member, MemberFacts, Object, Operation, Response, Rest, Ty, Type,
    TypeId, Variant,
};
use crate::overlay::Traits;
use crate::spec::expr::print_type;
use crate::spec::model::{self, Api, Product, Scalar, Schema, Tag};

/// Lowers one product's API.
///
/// # Errors
/// One message for each thing that the IR can't say.
pub(crate) fn lower(product: Product, api: &Api, traits: &Traits) -> Result<Ir, Vec<String>> {
    let mut lowering = Lowering {
        api,
        traits,
        types: BTreeMap::new(),
        under_way: BTreeSet::new(),
        tagged: Vec::new(),
        errors: Vec::new(),
    };
    let operations = api.operations.values().map(|operation| lowering.operation(operation)).collect();
    lowering.settle_tags();
    if lowering.errors.is_empty() {
        Ok(Ir { product, operations, types: lowering.types })
    } else {
        Err(lowering.errors)
    }
}

/// Type arguments by parameter name.
type Env = BTreeMap<String, Schema>;

struct Lowering<'a> {
    api: &'a Api,
    traits: &'a Traits,
    types: BTreeMap<TypeId, Type>,
    under_way: BTreeSet<TypeId>,
    /// Tagged unions with the tag they assume when it is absent.
    tagged: Vec<(TypeId, Option<String>)>,
    errors: Vec<String>,
}

impl Lowering<'_> {
    fn operation(&mut self, operation: &model::Operation) -> Operation {
        let id = &operation.id;
        let env = Env::new();
        let body = operation.body.as_ref().and_then(|body| {
            let (media, schema) = body.content.iter().next()?;
            let content = self.content(&format!("{id}.body"), schema, body.name.clone());
            Some(Body { required: body.required, media: media.clone(), content })
        });
        let success = operation.responses.iter().find(|(status, _)| status.starts_with('2'));
        let (status, response) = success.or_else(|| operation.responses.iter().next()).unzip();
        let status = status.cloned().unwrap_or_else(|| "200".to_owned());
        let content = response
            .and_then(|response| response.content.iter().next())
            .map(|(media, schema)| (media.clone(), self.content(&format!("{id}.{status}"), schema, None)));
        let longest = operation.routes.iter().max_by_key(|route| route.path.matches('{').count());
        let template = longest.map_or("", |route| route.path.as_str());
        let mut path = self.members(id, &operation.path, &env);
        path.sort_by_key(|member| template.find(&format!("{{{}}}", member.name)));
        Operation {
            id: id.clone(),
            facts: operation.facts.clone(),
            reference: operation.reference.clone(),
            privileges: operation.privileges.clone(),
            version: operation.version.clone(),
            space: operation.space,
            routes: operation.routes.clone(),
            path,
            query: self.members(id, &operation.query, &env),
            body,
            response: Response { status, content },
            place: operation.place.clone(),
        }
    }

    fn content(&mut self, place: &str, schema: &Schema, name: Option<String>) -> Content {
        match schema {
            Schema::Object(object) if object.variants.is_empty() => {
                Content::Object(self.object(place, object, &Env::new()))
            }
            schema => Content::Value(self.ty(place, schema, &Env::new()), name),
        }
    }

    fn members(&mut self, owner: &str, members: &[model::Member], env: &Env) -> Vec<Member> {
        members.iter().map(|member| self.member(owner, member, env)).collect()
    }

    fn member(&mut self, owner: &str, member: &model::Member, env: &Env) -> Member {
        Member {
            name: member.name.clone(),
            ty: self.ty(&format!("{owner}.{}", member.name), &member.schema, env),
            required: member.required,
            facts: MemberFacts::from(&member.facts),
        }
    }

    fn variant(&mut self, owner: &str, member: &model::Member, env: &Env) -> Variant {
        let lowered = self.member(owner, member, env);
        Variant { name: lowered.name, ty: lowered.ty, facts: lowered.facts }
    }

    fn object(&mut self, place: &str, object: &model::Object, env: &Env) -> Object {
        let mut lowered = Object::default();
        for base in &object.extends {
            if let Some((place, base, env)) = self.base(base, env) {
                let base = self.object(&place, &base, &env);
                lowered.variants.extend(base.variants);
                lowered.rest = base.rest.or(lowered.rest);
                for member in base.members {
                    put(&mut lowered.members, member);
                }
            }
        }
        for member in &object.members {
            let member = self.member(place, member, env);
            put(&mut lowered.members, member);
        }
        for variant in &object.variants {
            let variant = self.variant(place, variant, env);
            lowered.variants.push(variant);
        }
        if let Some(additional) = &object.additional {
            let name = if additional.single { &additional.value_name } else { &additional.name };
            let name = name.clone().unwrap_or_else(|| "entries".to_owned());
            let ty = self.ty(&format!("{place}.{name}"), &additional.value, env);
            let ty = self.keyed(ty);
            if ty != Ty::Any || additional.single {
                lowered.rest = Some(Rest { name, ty, single: additional.single });
            }
        }
        lowered.shortcut = object.shortcut.clone();
        lowered.closed = object.closed;
        lowered
    }

    /// The object that another extends, with the environment of its own definition.
    fn base(&mut self, base: &Schema, env: &Env) -> Option<(String, model::Object, Env)> {
        let Schema::Ref { name, args } = base else {
            self.errors.push(format!("`{}` is no type that an object can extend", print_type(base)));
            return None;
        };
        let definition = self.api.types.get(name)?;
        let args: Vec<Schema> = args.iter().map(|arg| substitute(arg, env)).collect();
        let env = definition.params.iter().cloned().zip(args).collect();
        match &definition.schema {
            Schema::Object(object) => Some((name.clone(), object.clone(), env)),
            _ => {
                self.errors.push(format!("`{name}` is no object, but another type extends it"));
                None
            }
        }
    }

    /// The type of a schema that stands at `place`.
    fn ty(&mut self, place: &str, schema: &Schema, env: &Env) -> Ty {
        match schema {
            Schema::Any => Ty::Any,
            Schema::Scalar(scalar) => Ty::Scalar(*scalar),
            Schema::Literal(value) => Ty::Literal(value.clone()),
            Schema::List(item) => Ty::List(Box::new(self.ty(place, item, env))),
            Schema::Map(_, value) => {
                let value = self.ty(place, value, env);
                match self.keyed(value) {
                    keyed @ Ty::TypedKeys(_) => keyed,
                    value => Ty::Map(Box::new(value)),
                }
            }
            Schema::Pair(_, value) => Ty::Entry(Box::new(self.ty(place, value, env))),
            Schema::Ref { name, args } => self.reference(place, name, args, env),
            Schema::Union(union) => self.union(place, union, env, None),
            Schema::Object(_) | Schema::Enum(_) => self.named(place, schema, env, &model::Facts::default(), None),
        }
    }

    fn reference(&mut self, place: &str, name: &str, args: &[Schema], env: &Env) -> Ty {
        if let Some(argument) = env.get(name) {
            return self.ty(place, &argument.clone(), &Env::new());
        }
        let args: Vec<Schema> = args.iter().map(|arg| substitute(arg, env)).collect();
        let id = print_type(&Schema::Ref { name: name.to_owned(), args: args.clone() });
        if let Some(runtime) = self.traits.runtime.get(&id) {
            return Ty::Runtime(runtime.clone());
        }
        let Some(definition) = self.api.types.get(name) else {
            self.errors.push(format!("type `{name}` is not defined"));
            return Ty::Any;
        };
        if name == "Stringified" && args.len() == 1 {
            return Ty::Stringified(Box::new(self.ty(place, &args[0], &Env::new())));
        }
        let inner: Env = definition.params.iter().cloned().zip(args).collect();
        match &definition.schema {
            Schema::Object(_) | Schema::Enum(_) => {
                self.named(&id, &definition.schema, &inner, &definition.facts, Some(&definition.place))
            }
            Schema::Union(union) => self.union(&id, union, &inner, Some(definition)),
            schema => self.ty(&id, schema, &inner),
        }
    }

    /// Defines the type `id` unless it is defined already.
    fn named(
        &mut self,
        id: &str,
        schema: &Schema,
        env: &Env,
        facts: &model::Facts,
        place: Option<&model::Place>,
    ) -> Ty {
        if self.under_way.insert(id.to_owned()) {
            let kind = match schema {
                Schema::Object(object) => {
                    let object = self.object(id, object, env);
                    let pure = object.members.is_empty() && object.rest.is_none() && object.shortcut.is_none();
                    if pure && !object.variants.is_empty() {
                        Kind::Container(object.variants)
                    } else {
                        Kind::Object(object)
                    }
                }
                Schema::Enum(values) => Kind::Enum(self.enumeration(id, values)),
                _ => Kind::Object(Object::default()),
            };
            self.define(id, kind, facts, place);
        }
        Ty::Named(id.to_owned())
    }

    fn define(&mut self, id: &str, kind: Kind, facts: &model::Facts, place: Option<&model::Place>) {
        let place = place.cloned().unwrap_or_default();
        self.types.insert(id.to_owned(), Type { kind, facts: facts.clone(), place });
    }

    fn enumeration(&mut self, id: &str, values: &model::Enum) -> Enum {
        let values = values.values.iter().map(|value| EnumValue {
            value: value.value.as_str().map_or_else(|| value.value.to_string(), str::to_owned),
            aliases: value.facts.aliases.clone(),
            facts: MemberFacts { aliases: Vec::new(), ..MemberFacts::from(&value.facts) },
        });
        Enum { values: values.collect(), booleans: self.traits.boolean_enums.contains(id) }
    }

    /// A map of keyed alternatives reads its keys itself.
    fn keyed(&self, value: Ty) -> Ty {
        match value {
            Ty::Named(id) if self.is_keyed(&id) => Ty::TypedKeys(id),
            value => value,
        }
    }

    /// By the definition, because the type itself may still be under way.
    fn is_keyed(&self, id: &str) -> bool {
        let definition = self.api.types.get(id);
        definition.is_some_and(
            |definition| matches!(&definition.schema, Schema::Union(union) if matches!(union.tag, Some(Tag::Key(_)))),
        )
    }
}

/// Adds a member; a later one of the same name takes its place.
fn put(members: &mut Vec<Member>, member: Member) {
    match members.iter_mut().find(|other| other.name == member.name) {
        Some(other) => *other = member,
        None => members.push(member),
    }
}

/// Puts arguments in the place of type parameters.
fn substitute(schema: &Schema, env: &Env) -> Schema {
    let boxed = |schema: &Schema| Box::new(substitute(schema, env));
    match schema {
        Schema::Ref { name, args } if args.is_empty() && env.contains_key(name) => env[name].clone(),
        Schema::Ref { name, args } => {
            Schema::Ref { name: name.clone(), args: args.iter().map(|arg| substitute(arg, env)).collect() }
        }
        Schema::List(item) => Schema::List(boxed(item)),
        Schema::Map(key, value) => Schema::Map(boxed(key), boxed(value)),
        Schema::Pair(key, value) => Schema::Pair(boxed(key), boxed(value)),
        Schema::Union(union) => Schema::Union(model::Union {
            of: union.of.iter().map(|arm| substitute(arm, env)).collect(),
            ..union.clone()
        }),
        other => other.clone(),
    }
}

/// Whether a type is the scalar.
fn is_scalar(ty: &Ty, scalar: Scalar) -> bool {
    *ty == Ty::Scalar(scalar)
}

impl Arm {
    fn new(name: Option<String>, ty: Ty) -> Self {
        Self { name, ty, tags: Vec::new() }
    }
}
