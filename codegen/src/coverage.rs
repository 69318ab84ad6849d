//! COVERAGE.md: what is typed and what is not, counted on the IR before anything is rendered.

use std::collections::BTreeMap;

use crate::ir::{Content, Ir, Kind, Object, Ty};
use crate::spec::model::Product;

/// Figures and untyped spots of one product.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Coverage {
    operations: BTreeMap<String, usize>,
    objects: usize,
    enums: usize,
    unions: usize,
    nodes: usize,
    /// Why a place where anything may stand is not typed.
    any: &'static str,
    /// Places by reason.
    untyped: BTreeMap<&'static str, Vec<String>>,
}

/// Upstream says that users decide what stands there.
const USER_DEFINED: &str = "upstream's own user-defined value";

/// A document has the place, and says nothing of what stands there.
const NO_SCHEMA: &str = "upstream gives no schema";

/// The operation answers, and no document says what.
const NO_ANSWER: &str = "upstream does not say what is answered";

/// No alternative is described.
const NO_ALTERNATIVE: &str = "a union of which no alternative has a type";

/// Counts one product.
pub(crate) fn count(ir: &Ir) -> Coverage {
    let any = if ir.product == Product::Elasticsearch { USER_DEFINED } else { NO_SCHEMA };
    let mut coverage = Coverage { any, ..Coverage::default() };
    for operation in &ir.operations {
        let namespace = operation.id.rsplit_once('.').map_or("", |(namespace, _)| namespace);
        *coverage.operations.entry(namespace.to_owned()).or_default() += 1;
        for member in operation.path.iter().chain(&operation.query) {
            coverage.ty(&format!("{}.{}", operation.id, member.name), &member.ty);
        }
        if let Some(body) = &operation.body {
            coverage.content(&operation.id, &body.content);
        }
        let answer = format!("{}.{}", operation.id, operation.response.status);
        match &operation.response.content {
            Some((_, content)) => coverage.content(&answer, content),
            None if operation.response.empty || ir.product == Product::Elasticsearch => {}
            None => coverage.add(NO_ANSWER, &answer),
        }
    }
    for (id, ty) in &ir.types {
        match &ty.kind {
            Kind::Object(object) => {
                coverage.objects += 1;
                coverage.object(id, object);
            }
            Kind::Enum(_) => coverage.enums += 1,
            Kind::Union(union) => {
                coverage.unions += 1;
                if union.arms.iter().all(|arm| arm.ty == Ty::Any) {
                    coverage.add(NO_ALTERNATIVE, id);
                } else {
                    union.arms.iter().for_each(|arm| coverage.ty(id, &arm.ty));
                }
            }
            Kind::Container(variants) | Kind::Keyed(variants) => {
                coverage.unions += 1;
                variants.iter().for_each(|variant| coverage.ty(&format!("{id}.{}", variant.name), &variant.ty));
            }
        }
    }
    coverage
}

impl Coverage {
    fn content(&mut self, place: &str, content: &Content) {
        match content {
            Content::Object(object) => self.object(place, object),
            Content::Value(ty, _) => self.ty(place, ty),
        }
    }

    fn object(&mut self, place: &str, object: &Object) {
        self.nodes += 1;
        for member in &object.members {
            self.ty(&format!("{place}.{}", member.name), &member.ty);
        }
        for variant in &object.variants {
            self.ty(&format!("{place}.{}", variant.name), &variant.ty);
        }
        if let Some(rest) = &object.rest {
            self.ty(&format!("{place}.{}", rest.name), &rest.ty);
        }
    }

    fn ty(&mut self, place: &str, ty: &Ty) {
        self.nodes += 1;
        match ty {
            Ty::Any => self.add(self.any, place),
            Ty::List(item)
            | Ty::Map(item)
            | Ty::Entry(item)
            | Ty::Nullable(item)
            | Ty::OneOrMany(item)
            | Ty::Stringified(item) => self.ty(place, item),
            Ty::Scalar(_) | Ty::Literal(_) | Ty::Runtime(_) | Ty::Named(_) | Ty::TypedKeys(_) => {}
        }
    }

    fn add(&mut self, reason: &'static str, place: &str) {
        let places = self.untyped.entry(reason).or_default();
        if places.last().is_none_or(|last| last != place) {
            places.push(place.to_owned());
        }
    }

    /// The product's section.
    pub(crate) fn print(&self, product: &str) -> String {
        let untyped: usize = self.untyped.values().map(Vec::len).sum();
        let of_upstream =
            [USER_DEFINED, NO_SCHEMA, NO_ANSWER].map(|reason| self.untyped.get(reason).map_or(0, Vec::len));
        let of_ours = untyped - of_upstream.iter().sum::<usize>();
        let operations: usize = self.operations.values().sum();
        let percent = 100.0 * (self.nodes - of_ours.min(self.nodes)) as f64 / self.nodes.max(1) as f64;
        let mut text = format!(
            "## {product}\n\n| operations | objects | enums | unions | schema nodes | typed where upstream has a type |\n\
             |---|---|---|---|---|---|\n| {operations} | {} | {} | {} | {} | {percent:.2}% |\n\n| namespace | operations |\n|---|---|\n",
            self.objects, self.enums, self.unions, self.nodes,
        );
        for (namespace, count) in &self.operations {
            text.push_str(&format!("| {namespace} | {count} |\n"));
        }
        for (reason, places) in &self.untyped {
            text.push_str(&format!("\n### Untyped: {reason} ({})\n\n", places.len()));
            places.iter().for_each(|place| text.push_str(&format!("- `{place}`\n")));
        }
        text
    }
}

/// The whole file.
pub(crate) fn file(sections: &[String]) -> String {
    let head = "# Coverage\n\nWritten by `cargo xtask generate`, counted before anything is rendered.\n\n";
    format!("{head}{}", sections.join("\n"))
}
