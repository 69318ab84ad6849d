//! Spec to IR. Nothing is named here and nothing is lost: what the IR can't say is an error. Types are lowered one by one
//! from a list of those that were met, so that neither a cycle nor a long chain of types can exhaust the stack.

mod bodies;
mod enums;
mod limits;
mod places;
mod unions;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use crate::ir::{Arm, Ir, Kind, Member, Object, Operation, Rest, Ty, Type, TypeId, Variant};
use crate::merge::{lost, merge};
use crate::overlay::Traits;
use crate::spec::expr::{print, print_type};
use crate::spec::model::{self, Api, Product, Scalar, Schema, Tag};

use enums::scalar_of;
use places::item_place;

/// Lowers one product's API.
///
/// # Errors
/// One message for each thing that the IR can't say.
pub(crate) fn lower(product: Product, api: &Api, traits: &Traits) -> Result<Ir, Vec<String>> {
    let mut lowering = Lowering {
        api,
        traits,
        types: BTreeMap::new(),
        waiting: VecDeque::new(),
        known: HashMap::new(),
        open: Vec::new(),
        looped: BTreeSet::new(),
        bases: Vec::new(),
        uses: BTreeMap::new(),
        tagged: Vec::new(),
        twins: BTreeMap::new(),
        errors: Vec::new(),
    };
    for target in traits.folds.iter().filter(|target| api.types.contains_key(*target)) {
        lowering.reference(target, target, &[], &Env::new());
    }
    let operations = api.operations.values().map(|operation| lowering.operation(operation)).collect();
    while let Some(definition) = lowering.waiting.pop_front() {
        lowering.define_later(&definition);
    }
    lowering.settle_tags();
    if lowering.errors.is_empty() {
        let mut ir = Ir { product, operations, types: lowering.types, twins: lowering.twins };
        merge(&mut ir, &api.types.keys().cloned().collect(), traits);
        match lost(&ir) {
            lost if lost.is_empty() => Ok(ir),
            lost => Err(lost.iter().map(|id| format!("type `{id}` was lost on the way")).collect()),
        }
    } else {
        Err(lowering.errors)
    }
}

/// Type arguments by parameter name.
type Env = BTreeMap<String, Schema>;

/// A type to be lowered.
struct Definition {
    id: TypeId,
    schema: Schema,
    env: Env,
    facts: model::Facts,
    place: model::Place,
}

/// How deep aliases, unions and bases may nest.
const MAX_DEPTH: usize = 100;

/// How many types a generic type may become, and how long the name of one may be: more means that it never ends.
const MAX_USES: usize = 2_000;
const MAX_ID: usize = 1_000;

struct Lowering<'a> {
    api: &'a Api,
    traits: &'a Traits,
    types: BTreeMap<TypeId, Type>,
    /// Types that were met and are not lowered yet.
    waiting: VecDeque<Definition>,
    /// What each place turned out to be: one that is met again is the same.
    known: HashMap<TypeId, Ty>,
    /// Unions and aliases whose type is being found.
    open: Vec<TypeId>,
    /// Those of `open` that were met inside themselves, so that they need a name.
    looped: BTreeSet<TypeId>,
    /// Objects whose bases are being looked up.
    bases: Vec<TypeId>,
    /// How often each generic type was used, with different arguments.
    uses: BTreeMap<String, usize>,
    /// Tagged unions with the tag they assume when it is absent.
    tagged: Vec<(TypeId, Option<String>)>,
    /// Calls with the named type whose members are theirs.
    twins: BTreeMap<TypeId, Vec<TypeId>>,
    errors: Vec<String>,
}

impl Lowering<'_> {
    fn operation(&mut self, operation: &model::Operation) -> Operation {
        let id = &operation.id;
        let env = Env::new();
        if let Some(header) = operation.headers.first() {
            self.errors.push(format!("`{id}` has the header `{}`: calls have no header parameters", header.name));
        }
        let body = operation.body.as_ref().and_then(|body| self.body(id, body));
        let response = self.response(operation);
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
            query: self.query(operation),
            body,
            response,
            place: operation.place.clone(),
        }
    }

    fn members(&mut self, owner: &str, members: &[model::Member], env: &Env) -> Vec<Member> {
        members.iter().map(|member| self.member(owner, member, env)).collect()
    }

    /// The parameters of a query. The members of an object are parameters themselves, unless it travels as JSON.
    fn query(&mut self, operation: &model::Operation) -> Vec<Member> {
        let mut query = Vec::new();
        for parameter in &operation.query {
            let object = match &parameter.schema {
                Schema::Ref { name, args } if args.is_empty() => self.api.types.get(name).map(|known| &known.schema),
                schema => Some(schema),
            };
            let id = format!("{}.{}", operation.id, parameter.name);
            match object {
                Some(Schema::Object(object)) if !self.traits.json_query.contains(&id) => {
                    let members = self.object(&id, object, &Env::new()).members;
                    let required = parameter.required;
                    query.extend(
                        members.into_iter().map(|member| Member { required: required && member.required, ..member }),
                    );
                }
                _ => query.push(self.member(&operation.id, parameter, &Env::new())),
            }
        }
        query
    }

    fn member(&mut self, owner: &str, member: &model::Member, env: &Env) -> Member {
        let ty = match self.ty(&format!("{owner}.{}", member.name), &member.schema, env) {
            // An optional constant says something by being there, but for text: that tells unions apart.
            Ty::Literal(value) if !member.required && !value.is_string() => scalar_of(&value),
            ty => ty,
        };
        let facts = self.facts(member, &ty);
        Member { name: member.name.clone(), ty, required: member.required, facts }
    }

    fn variant(&mut self, owner: &str, member: &model::Member, env: &Env) -> Variant {
        let lowered = self.member(owner, member, env);
        Variant { name: lowered.name, ty: lowered.ty, facts: lowered.facts }
    }

    fn object(&mut self, place: &str, object: &model::Object, env: &Env) -> Object {
        let mut lowered = Object::default();
        for base in &object.extends {
            if let Some((place, base, env)) = self.base(base, env) {
                self.bases.push(place.clone());
                let base = self.object(&place, &base, &env);
                self.bases.pop();
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
            let name = name.clone().unwrap_or_else(|| if additional.single { "entry" } else { "entries" }.to_owned());
            let ty = self.ty(&format!("{place}.{name}[]"), &additional.value, env);
            let ty = self.keyed(ty);
            if ty != Ty::Any || additional.single {
                lowered.rest = Some(Rest { name, ty, single: additional.single });
            }
        }
        lowered.shortcut = object.shortcut.clone();
        lowered.closed = object.closed;
        self.check_object(place, &lowered);
        lowered
    }

    fn check_object(&mut self, place: &str, object: &Object) {
        let has = |name: &String| object.members.iter().any(|member| member.name == *name);
        if let Some(shortcut) = object.shortcut.as_ref().filter(|shortcut| !has(shortcut)) {
            self.errors.push(format!("the shortcut `{shortcut}` of `{place}` is no member of it"));
        }
        let mut names = BTreeSet::new();
        for variant in &object.variants {
            if has(&variant.name) || !names.insert(&variant.name) {
                self.errors.push(format!("`{place}` has two members called `{}`", variant.name));
            }
        }
    }

    /// The object that another extends, with its id and the environment of its own definition.
    fn base(&mut self, base: &Schema, env: &Env) -> Option<(TypeId, model::Object, Env)> {
        let Schema::Ref { name, args } = base else {
            self.errors.push(format!("`{}` is no type that an object can extend", print_type(base)));
            return None;
        };
        let Some(definition) = self.api.types.get(name) else {
            self.errors.push(format!("type `{name}` is not defined"));
            return None;
        };
        let args: Vec<Schema> = args.iter().map(|arg| substitute(arg, env)).collect();
        let id = print_type(&Schema::Ref { name: name.clone(), args: args.clone() });
        if self.bases.contains(&id) || self.bases.len() > MAX_DEPTH {
            self.errors.push(format!("`{id}` extends itself, or a chain of more than {MAX_DEPTH} objects"));
            return None;
        }
        let env = definition.params.iter().cloned().zip(args).collect();
        match &definition.schema {
            Schema::Object(object) => Some((id, object.clone(), env)),
            // What extends something that may be null extends what it is when it is not.
            Schema::Union(union) if matches!(&union.of[..], [Schema::Object(_), Schema::Scalar(Scalar::Null)]) => {
                match &union.of[0] {
                    Schema::Object(object) => Some((id, object.clone(), env)),
                    _ => None,
                }
            }
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
            Schema::Literal(model::Json::Null) => Ty::Scalar(Scalar::Null),
            Schema::Literal(value @ (model::Json::Array(_) | model::Json::Object(_))) => {
                self.errors.push(format!("`{place}` is the constant {value}: only a scalar can be one"));
                Ty::Any
            }
            Schema::Literal(value) => Ty::Literal(value.clone()),
            Schema::List(item) => Ty::List(Box::new(self.ty(&item_place(place, item), item, env))),
            Schema::Map(_, value) => {
                if let Some(keyed) = self.keyed_lists(value, env) {
                    return keyed;
                }
                let value = self.ty(&item_place(place, value), value, env);
                match self.keyed(value) {
                    keyed @ Ty::TypedKeys(_) => keyed,
                    value => Ty::Map(Box::new(value)),
                }
            }
            Schema::Pair(_, value) => Ty::Entry(Box::new(self.ty(&item_place(place, value), value, env))),
            Schema::Ref { name, args } => self.reference(place, name, args, env),
            Schema::Union(union) => self.union(place, union, env, None),
            Schema::Enum(values) => self.set(place, values, env, None),
            Schema::Object(_) => self.named(place, schema, env, None),
        }
    }

    fn reference(&mut self, place: &str, name: &str, args: &[Schema], env: &Env) -> Ty {
        if let Some(argument) = env.get(name) {
            return self.ty(place, &argument.clone(), &Env::new());
        }
        let args: Vec<Schema> = args.iter().map(|arg| substitute(arg, env)).collect();
        let reference = Schema::Ref { name: name.to_owned(), args: args.clone() };
        // Arguments that no expression says are told by where they stand.
        let id = print(&reference).unwrap_or_else(|| format!("{name}<{place}>"));
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
        if let Some(known) = self.known.get(&id) {
            return known.clone();
        }
        if !args.is_empty() && !self.ends(name, &id) {
            return Ty::Any;
        }
        let inner: Env = definition.params.iter().cloned().zip(args).collect();
        match &definition.schema {
            schema @ Schema::Object(_) => self.named(&id, schema, &inner, Some(definition)),
            Schema::Enum(values) => self.set(&id, values, &inner, Some(definition)),
            Schema::Union(union) => self.union(&id, union, &inner, Some(definition)),
            schema => self.named_by_need(&id, Some(definition), |lowering| lowering.ty(&id, schema, &inner)),
        }
    }

    /// Whether a generic type may be used once more.
    fn ends(&mut self, name: &str, id: &str) -> bool {
        let uses = self.uses.entry(name.to_owned()).or_default();
        *uses += 1;
        match *uses {
            MAX_USES => self.errors.push(format!("the generic type `{name}` becomes more than {MAX_USES} types")),
            uses if uses < MAX_USES && id.len() > MAX_ID => {
                self.errors.push(format!("the generic type `{name}` holds itself with ever longer arguments"));
                self.uses.insert(name.to_owned(), MAX_USES + 1);
            }
            _ => {}
        }
        self.uses[name] < MAX_USES
    }

    /// Finds the type of a union or alias at `id`. Met again inside itself, it gets a name, which it would not need
    /// otherwise.
    fn named_by_need(
        &mut self,
        id: &str,
        definition: Option<&model::TypeDef>,
        find: impl FnOnce(&mut Self) -> Ty,
    ) -> Ty {
        if self.open.iter().any(|open| open == id) {
            self.looped.insert(id.to_owned());
            return Ty::Named(id.to_owned());
        }
        if self.open.len() > MAX_DEPTH {
            self.errors.push(format!("`{id}` ends a chain of more than {MAX_DEPTH} types that only stand for others"));
            return Ty::Any;
        }
        self.open.push(id.to_owned());
        let mut ty = find(self);
        self.open.pop();
        let named = Ty::Named(id.to_owned());
        // A union of several alternatives has its name already.
        if self.looped.remove(id) && !self.types.contains_key(id) {
            let (inner, nullable) = match ty {
                Ty::Nullable(inner) => (*inner, true),
                ty => (ty, false),
            };
            if inner == named || inner == Ty::OneOrMany(Box::new(named.clone())) {
                self.errors.push(format!("type `{id}` is nothing but itself"));
            }
            let null = nullable.then_some(Ty::Scalar(Scalar::Null));
            let arms = std::iter::once(inner).chain(null).map(|ty| Arm::new(None, ty)).collect();
            ty = self.finish(
                id,
                Kind::Union(crate::ir::Union { arms, tag: None, beside: false, default: None }),
                definition,
            );
        }
        self.known.insert(id.to_owned(), ty.clone());
        ty
    }

    /// The type `id`, to be lowered once.
    fn named(&mut self, id: &str, schema: &Schema, env: &Env, definition: Option<&model::TypeDef>) -> Ty {
        let named = Ty::Named(id.to_owned());
        if self.known.insert(id.to_owned(), named.clone()).is_none() {
            self.waiting.push_back(Definition {
                id: id.to_owned(),
                schema: schema.clone(),
                env: env.clone(),
                facts: definition.map(|definition| definition.facts.clone()).unwrap_or_default(),
                place: definition.map(|definition| definition.place.clone()).unwrap_or_default(),
            });
        }
        named
    }

    fn define_later(&mut self, definition: &Definition) {
        let Definition { id, schema, env, facts, place } = definition;
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
            Schema::Union(union) => self.tagged(id, union, env),
            _ => Kind::Object(Object::default()),
        };
        self.types.insert(id.clone(), Type { kind, facts: facts.clone(), place: place.clone() });
    }

    /// Defines the type `id` at once.
    fn finish(&mut self, id: &str, kind: Kind, definition: Option<&model::TypeDef>) -> Ty {
        let facts = definition.map(|definition| definition.facts.clone()).unwrap_or_default();
        let place = definition.map(|definition| definition.place.clone()).unwrap_or_default();
        self.types.insert(id.to_owned(), Type { kind, facts, place });
        Ty::Named(id.to_owned())
    }

    /// A map of keyed alternatives reads its keys itself.
    fn keyed(&self, value: Ty) -> Ty {
        match value {
            Ty::Named(id) if self.is_keyed(&id) => Ty::TypedKeys(id),
            value => value,
        }
    }

    /// A map of lists of keyed alternatives is one of keyed lists: each list holds nothing but the alternative of its key.
    fn keyed_lists(&mut self, value: &Schema, env: &Env) -> Option<Ty> {
        let Schema::List(item) = value else { return None };
        let Schema::Ref { name, args } = &**item else { return None };
        let definition = self.api.types.get(name).filter(|_| self.is_keyed(name))?;
        let Schema::Union(union) = &definition.schema else { return None };
        let of = union.of.iter().map(|arm| Schema::List(Box::new(arm.clone()))).collect();
        let args: Vec<Schema> = args.iter().map(|arg| substitute(arg, env)).collect();
        let id = format!("{}.list", print(&Schema::Ref { name: name.clone(), args: args.clone() })?);
        let lists = Schema::Union(model::Union { of, ..union.clone() });
        let env = definition.params.iter().cloned().zip(args).collect();
        self.named(&id, &lists, &env, Some(definition));
        Some(Ty::TypedKeys(id))
    }

    /// By the definition, because the type itself may still be under way.
    fn is_keyed(&self, id: &str) -> bool {
        let definition = self.api.types.get(id.split('<').next().unwrap_or(id));
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
