//! Calls: the namespace's methods, each call's setters, its request and how that becomes a route.

use proc_macro2::TokenStream;
use quote::quote;

use super::structs::{arguments, field_item, index_of, model, required_struct, setter};
use super::{Scope, deprecated, derive, docs, ident, text};
use crate::emit::Target;
use crate::plan::{
    BodyPlan, Branch, CallPlan, FieldPlan, FormPart, Namespace, Part, PartKind, Presence, RequestField, RustTy,
    StructPlan, ValueForm, Where,
};
use crate::spec::model::Product;

pub(super) fn render(scope: &Scope<'_>) -> impl Iterator<Item = TokenStream> {
    let handle = scope.module.namespace.iter().map(|namespace| handle(scope, namespace));
    handle.chain(scope.module.calls.iter().map(|plan| call(scope, plan)))
}

fn client(scope: &Scope<'_>) -> TokenStream {
    match scope.plan.product {
        Product::Elasticsearch => ident("Elasticsearch"),
        Product::Kibana => ident("Kibana"),
    }
}

fn handle(scope: &Scope<'_>, namespace: &Namespace) -> TokenStream {
    let (name, method, doc) = (ident(&namespace.name), ident(&namespace.method), docs(&namespace.docs));
    let client = client(scope);
    let methods = scope.module.calls.iter().map(|plan| methods(scope, plan));
    let body = quote!(#name { client: self.clone() });
    let inner = namespace.inner.iter().map(|inner| {
        let (method, module, name, doc) =
            (ident(&inner.method), ident(&inner.module), ident(&inner.name), docs(&inner.docs));
        quote! {
            #doc
            #[must_use]
            pub fn #method(&self) -> super::#module::#name {
                super::#module::#name { client: self.client.clone() }
            }
        }
    });
    let entry = match scope.target {
        // The namespace around it gives it.
        _ if !namespace.outermost => TokenStream::new(),
        Target::Client | Target::Derive => quote! {
            impl #client {
                #doc
                #[must_use]
                pub fn #method(&self) -> #name { #body }
            }
        },
        Target::Extension => {
            let extension = ident(&namespace.extension);
            let about = format!(" Gives [`{}`] its `{}` namespace.", client, namespace.method);
            quote! {
                #[doc = #about]
                pub trait #extension {
                    #doc
                    #[must_use]
                    fn #method(&self) -> #name;
                }

                impl #extension for #client {
                    fn #method(&self) -> #name { #body }
                }
            }
        }
    };
    quote! {
        #doc
        #[derive(Clone, Debug)]
        pub struct #name {
            pub(super) client: #client,
        }

        #entry

        impl #name {
            #(#inner)*
            #(#methods)*
        }
    }
}

/// The method of a call, and its aliases.
fn methods(scope: &Scope<'_>, plan: &CallPlan) -> TokenStream {
    let (call, request) = (ident(&plan.name), ident(&plan.request));
    let needed = needed(plan);
    let (mut parameters, _) = arguments(scope, &needed);
    let mut names: Vec<TokenStream> = needed.iter().map(|field| ident(&field.rust)).collect();
    if let Some(required) = &plan.required {
        let ty = ident(&required.name);
        parameters.push(quote!(required: #ty));
        names.push(quote!(required));
    }
    let aliases = plan.doc_aliases.iter().map(|alias| quote!(#[doc(alias = #alias)]));
    let deprecated = deprecated(plan.deprecated.as_ref());
    let one = |method: &str, paragraphs: &[String], extra: TokenStream| {
        let (method, doc) = (ident(method), docs(paragraphs));
        quote! {
            #doc
            #extra
            pub fn #method(&self, #(#parameters),*) -> #call {
                #call::new(&self.client, #request::new(#(#names),*))
            }
        }
    };
    let main = one(&plan.method, &plan.docs, quote!(#(#aliases)* #deprecated));
    let others = plan.aliases.iter().map(|alias| one(&alias.method, &alias.docs, TokenStream::new()));
    quote!(#main #(#others)*)
}

/// The fields that are positional arguments.
fn needed(plan: &CallPlan) -> Vec<&FieldPlan> {
    let find = |name: &str| plan.fields.iter().map(|field| &field.field).find(|field| field.rust == name);
    plan.arguments.iter().filter_map(|argument| find(&argument.field)).collect()
}

fn call(scope: &Scope<'_>, plan: &CallPlan) -> TokenStream {
    let (name, request) = (ident(&plan.name), ident(&plan.request));
    let namespace = scope.module.namespace.as_ref().map_or("", |namespace| namespace.name.as_str());
    let doc = format!(" A call of [`{}::{}`]. Send it with [`send`](Self::send).", namespace, plan.method);
    let target = quote!(self.0.request_mut());
    let setters = plan.fields.iter().filter(|field| field.field.presence == Presence::Optional).map(|field| {
        let index = match (&plan.body_struct, field.place) {
            (Some(body), Where::Body) => Some(index_of(&whole(plan, body), &field.field.wire)),
            _ => None,
        };
        setter(scope, &field.field, &target, index)
    });
    let setters: Vec<TokenStream> = setters.collect();
    let setters = if setters.is_empty() { TokenStream::new() } else { quote!(impl #name { #(#setters)* }) };
    let read = plan.read.then(|| quote!(, read));
    let streams = plan.response.streams.then(|| quote!(, stream));
    let response = response(scope, plan);
    let pages = plan.paging.as_ref().map(|_| quote!(rt::pages!(#name, #request);));
    quote! {
        #[doc = #doc]
        #[derive(Clone, Debug)]
        #[must_use = "a call does nothing until it is sent"]
        pub struct #name(Call<#request>);
        rt::call!(#name, #request => #response #read #streams);
        #pages
        #setters
    }
}

fn response(scope: &Scope<'_>, plan: &CallPlan) -> TokenStream {
    match &plan.response.ty {
        Some(ty) => scope.ty(ty),
        None => quote!(NoContent),
    }
}

/// The request as plain data, with the struct of its required values.
pub(super) fn request(scope: &Scope<'_>, plan: &CallPlan) -> TokenStream {
    let name = ident(&plan.request);
    let namespace = scope.module.namespace.as_ref().map_or("", |namespace| namespace.name.as_str());
    let doc = format!(
        " The request of [`{}::{}`](super::{}::{}), as plain data.",
        namespace, plan.method, namespace, plan.method
    );
    let is_model = plan.body_struct.is_some();
    let fields = plan.fields.iter().map(|field| {
        let item = field_item(scope, &field.field, is_model && field.place == Where::Body);
        let skip = if is_model && field.place != Where::Body { derive::skip(scope) } else { TokenStream::new() };
        quote!(#skip #item)
    });
    let skip = derive::skip_default(scope);
    let extra = plan.body_struct.as_ref().map(
        |_| quote!(#[doc = " Members of the body that this version of elkit does not know."] #skip pub extra: Extra,),
    );
    let derives = if is_model { derive::derives(scope) } else { TokenStream::new() };
    let is_default = plan.arguments.is_empty() && plan.required.is_none();
    let default = if is_default { quote!(, Default) } else { TokenStream::new() };
    let needed = needed(plan);
    let (mut parameters, mut values) = arguments(scope, &needed);
    let required = plan.required.as_ref().map(|required| {
        let find = |name: &String| plan.fields.iter().map(|field| &field.field).find(|field| field.rust == *name);
        let fields: Vec<&FieldPlan> = required.fields.iter().filter_map(find).collect();
        let ty = ident(&required.name);
        parameters.push(quote!(required: #ty));
        values.extend(fields.iter().map(|field| {
            let rust = ident(&field.rust);
            quote!(#rust: required.#rust)
        }));
        required_struct(scope, &required.name, &plan.request, &fields)
    });
    let optional = plan.fields.iter().filter(|field| field.field.presence == Presence::Optional).map(|field| {
        let rust = ident(&field.field.rust);
        quote!(#rust: None)
    });
    let extra_value = plan.body_struct.as_ref().map(|_| quote!(extra: Extra::new(),));
    quote! {
        #required
        #[doc = #doc]
        #[derive(Clone, Debug, PartialEq #default)]
        #derives
        #[non_exhaustive]
        pub struct #name {
            #(#fields)*
            #extra
        }
        impl #name {
            #[doc = " Makes one from what is required."]
            #[must_use]
            pub fn new(#(#parameters),*) -> Self {
                Self { #(#values,)* #(#optional,)* #extra_value }
            }
        }
    }
}

/// The body's struct plan with the members that stand in the request.
fn whole(plan: &CallPlan, body: &StructPlan) -> StructPlan {
    StructPlan { fields: body_fields(plan).into_iter().cloned().collect(), ..body.clone() }
}

fn body_fields(plan: &CallPlan) -> Vec<&FieldPlan> {
    plan.fields.iter().filter(|field| field.place == Where::Body).map(|field| &field.field).collect()
}

/// The wire form of a request's body.
pub(super) fn request_model(scope: &Scope<'_>, plan: &CallPlan) -> Option<TokenStream> {
    let body = plan.body_struct.as_ref()?;
    let blank = plan.fields.iter().map(|field| {
        let rust = ident(&field.field.rust);
        match field.field.presence {
            Presence::Required => quote!(#rust: rt::Wire::blank(),),
            Presence::RequiredNullable | Presence::Optional => quote!(#rust: None,),
        }
    });
    let blank = quote!(#(#blank)*);
    if derive::is_on(scope) {
        return Some(derive::model(&plan.request, &blank));
    }
    Some(model(&plan.request, &whole(plan, body), &body_fields(plan), &blank))
}

/// How the request becomes a route, a query and a body.
pub(super) fn endpoint(scope: &Scope<'_>, plan: &CallPlan) -> TokenStream {
    let (request, response) = (ident(&plan.request), response(scope, plan));
    let operation = operation(scope, plan);
    let method = verb(plan);
    let path = path(plan);
    let query = query(plan);
    let body = match &plan.body {
        BodyPlan::None => None,
        BodyPlan::Object { required: true } => Some(quote!(Body::json(self))),
        BodyPlan::Object { required: false } => Some(quote!(Body::json_unless_empty(self))),
        BodyPlan::Value { field, required, form } => Some(value_body(field, *required, form)),
        BodyPlan::Form { parts } => {
            let parts = parts.iter().map(form_part);
            Some(quote!(Body::multipart()#(#parts)*.build()))
        }
    };
    let body = body.map(|body| quote!(#[inline] fn body(&self) -> Result<Body, Error> { #body }));
    let response_ty = response.clone();
    let paged = plan.paging.as_ref().map(|paging| super::paging::paged(scope, plan, paging, &response_ty));
    quote! {
        #paged
        impl rt::Endpoint for #request {
            #operation
            type Response = #response;
            #method
            #path
            #query
            #body
        }
    }
}

fn value_body(field: &str, required: bool, form: &ValueForm) -> TokenStream {
    let field = ident(field);
    let write = match form {
        ValueForm::Json => quote!(Body::json(body)),
        ValueForm::Lines => quote!(Body::ndjson(body)),
        ValueForm::Text => quote!(Ok(Body::text(body.as_str()))),
        ValueForm::File(media_type) => quote!(Body::upload(body, #media_type)),
    };
    if required {
        quote!(let body = &self.#field; #write)
    } else {
        quote!(match &self.#field { Some(body) => #write, None => Ok(Body::empty()) })
    }
}

fn form_part(part: &FormPart) -> TokenStream {
    let (wire, rust) = (text(&part.wire), ident(&part.rust));
    match (&part.kind, part.required) {
        (PartKind::Value, true) => quote!(.json(#wire, &self.#rust)),
        (PartKind::Value, false) => quote!(.optional_json(#wire, self.#rust.as_ref())),
        (PartKind::File(name, media), true) => quote!(.file(#wire, &self.#rust, #name, #media)),
        (PartKind::File(name, media), false) => quote!(.optional_file(#wire, self.#rust.as_ref(), #name, #media)),
        (PartKind::Files(name, media), true) => quote!(.files(#wire, &self.#rust, #name, #media)),
        (PartKind::Files(name, media), false) => {
            quote!(.files(#wire, self.#rust.as_deref().unwrap_or_default(), #name, #media))
        }
    }
}

fn operation(scope: &Scope<'_>, plan: &CallPlan) -> TokenStream {
    let (id, template, idempotent, space) = (text(&plan.id), text(&plan.template), plan.idempotent, plan.space);
    let product = match scope.plan.product {
        Product::Elasticsearch => quote!(rt::Product::Elasticsearch),
        Product::Kibana => quote!(rt::Product::Kibana),
    };
    let option = |value: Option<&String>| value.map_or_else(|| quote!(None), |value| quote!(Some(#value)));
    let (since, version) = (option(plan.since.as_ref()), option(plan.version.as_ref()));
    let accept = option(plan.response.accept.as_ref());
    quote! {
        const OPERATION: &'static rt::Operation = &rt::Operation {
            id: #id,
            product: #product,
            template: #template,
            idempotent: #idempotent,
            since: #since,
            version: #version,
            space: #space,
            accept: #accept,
        };
    }
}

fn condition(branch: &Branch) -> Option<TokenStream> {
    let given = branch.given.iter().map(|field| {
        let field = ident(field);
        quote!(self.#field.is_some())
    });
    let given: Vec<TokenStream> = given.collect();
    (!given.is_empty()).then(|| quote!(#(#given)&&*))
}

fn verb(plan: &CallPlan) -> TokenStream {
    let verb_of = |branch: &Branch| {
        let verb = ident(&branch.verb);
        quote!(Method::#verb)
    };
    let Some((last, before)) = plan.branches.split_last() else { return TokenStream::new() };
    let otherwise = verb_of(last);
    // Only the last ones may be left out: an earlier one keeps what it takes from the next.
    let needed = before.iter().rposition(|branch| branch.verb != last.verb).map_or(0, |index| index + 1);
    let before = before[..needed].iter().map(|branch| {
        let (verb, condition) = (verb_of(branch), condition(branch).unwrap_or_else(|| quote!(true)));
        quote!(if #condition { return #verb; })
    });
    quote! {
        fn method(&self) -> Method {
            #(#before)*
            #otherwise
        }
    }
}

fn path(plan: &CallPlan) -> TokenStream {
    let rust = |wire: &str| {
        let field = plan.fields.iter().find(|field| field.place == Where::Path && field.field.wire == wire);
        ident(field.map_or("", |field| &field.field.rust))
    };
    let guards = plan.guards.iter().map(|(parameter, parent)| {
        let (given, with) = (rust(parameter), rust(parent));
        quote! {
            if self.#given.is_some() && self.#with.is_none() {
                return Err(path.missing_parent(#parameter, #parent));
            }
        }
    });
    let refusals = |branch: &Branch| {
        let refusals = branch.refused.iter().map(|(wire, rust)| {
            let field = ident(rust);
            quote! {
                if self.#field.is_some() {
                    return Err(path.excluded(#wire));
                }
            }
        });
        quote!(#(#refusals)*)
    };
    let (fallback, conditional) = match plan.branches.split_last() {
        Some((last, before)) if last.given.is_empty() => (Some(last), before),
        _ => (None, &plan.branches[..]),
    };
    let conditional = conditional.iter().map(|branch| {
        let (names, values): (Vec<TokenStream>, Vec<TokenStream>) = locals(branch).into_iter().unzip();
        let (refusals, pushes) = (refusals(branch), pushes(branch));
        let body = quote!(#refusals #pushes return Ok(()););
        match (&names[..], &values[..]) {
            ([name], [value]) => quote!(if let Some(#name) = &self.#value { #body }),
            _ => quote!(if let (#(Some(#names)),*) = (#(&self.#values),*) { #body }),
        }
    });
    let otherwise = fallback.map_or_else(
        || quote!(Err(path.no_route())),
        |branch| {
            let (refusals, pushes) = (refusals(branch), pushes(branch));
            quote!(#refusals #pushes Ok(()))
        },
    );
    quote! {
        #[inline]
        fn path(&self, path: &mut rt::Path) -> Result<(), Error> {
            #(#guards)*
            #(#conditional)*
            #otherwise
        }
    }
}

/// Variables and fields of a route's optional parameters.
fn locals(branch: &Branch) -> Vec<(TokenStream, TokenStream)> {
    let local = |field: &String| {
        let find = |part: &Part| match part {
            Part::Parameter { rust, local, .. } if rust == field => Some(ident(local)),
            _ => None,
        };
        let name = branch.parts.iter().find_map(find).unwrap_or_else(|| ident(field));
        (name, ident(field))
    };
    branch.given.iter().map(local).collect()
}

/// Statements that append a route's pieces.
fn pushes(branch: &Branch) -> TokenStream {
    let mut statements = Vec::new();
    for (index, part) in branch.parts.iter().enumerate() {
        match part {
            Part::Literal(literal) => {
                let before_parameter = branch.parts.get(index + 1).is_some();
                let literal = if before_parameter { literal.trim_end_matches('/') } else { literal };
                if !literal.is_empty() {
                    statements.push(quote!(path.literal(#literal);));
                }
            }
            Part::Parameter { wire, rust, local, list } => {
                let (field, local) = (ident(rust), ident(local));
                let value = if branch.given.contains(rust) { quote!(#local) } else { quote!(&self.#field) };
                statements.push(if *list {
                    quote!(path.segments(#wire, rt::texts(#value))?;)
                } else {
                    quote!(path.segment(#wire, &rt::text(#value))?;)
                });
            }
        }
    }
    quote!(#(#statements)*)
}

fn query(plan: &CallPlan) -> TokenStream {
    let in_query = |field: &&RequestField| matches!(field.place, Where::Query | Where::JsonQuery);
    let pairs = plan.fields.iter().filter(in_query).map(pair);
    let pairs: Vec<TokenStream> = pairs.collect();
    if pairs.is_empty() {
        return TokenStream::new();
    }
    let implied = plan.implies.iter().map(|(from, to, value)| {
        let wire = plan.fields.iter().find(|field| field.field.rust == *to).map_or("", |field| &field.field.wire);
        let (from, to) = (ident(from), ident(to));
        quote! {
            if self.#from.is_some() && self.#to.is_none() {
                query.pair(#wire, #value);
            }
        }
    });
    quote! {
        #[inline]
        fn query(&self, query: &mut rt::Query) {
            #(#pairs)*
            #(#implied)*
        }
    }
}

fn pair(field: &RequestField) -> TokenStream {
    let (rust, wire) = (ident(&field.field.rust), text(&field.field.wire));
    let list = matches!(field.field.ty, RustTy::Vec(_) | RustTy::Generic("OneOrMany", _));
    let push = |value: TokenStream| {
        if field.place == Where::JsonQuery {
            quote!(query.value(#wire, #value);)
        } else if list {
            quote!(query.list(#wire, rt::texts(#value));)
        } else {
            quote!(query.pair(#wire, rt::text(#value));)
        }
    };
    if field.field.presence == Presence::Required {
        return push(quote!(&self.#rust));
    }
    let push = push(quote!(value));
    quote! {
        if let Some(value) = &self.#rust {
            #push
        }
    }
}
