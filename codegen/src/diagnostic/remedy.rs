//! What to do about each problem that the generator can have. Where an entry of an overlay does it, the entry is written out.

use super::Places;
use super::locate::members_of;
use crate::diagnostic::did_you_mean;
use crate::names::{Words, handle};
use crate::spec::expr::print_type;
use crate::spec::model::{Member, Schema};

impl Places<'_> {
    /// The remedy for a message, by words of it and the names that stand in backticks.
    pub(super) fn remedy(&self, message: &str, named: &[&str]) -> Option<String> {
        let first = named.first().copied().unwrap_or_default();
        let second = named.get(1).copied().unwrap_or_default();
        let says = |words: &str| message.contains(words);
        let rename = ["are both called", "no free name for type", "can't be called"];
        Some(if rename.iter().any(|words| says(words)) {
            self.rename(first)
        } else if says("are one module") {
            let entry =
                format!("[{}.modules]\n\"{first}\" = \"{}_calls\"", self.product.as_str(), first.replace('.', "_"));
            format!("call one of the modules something else in overlay/names.toml:\n{entry}")
        } else if says("two items of module") {
            format!("rename the type in overlay/names.toml, under [{}.types], by its id", self.product.as_str())
        } else if says("two methods of module") {
            "rename the alias in overlay/traits.toml, or give the operation another id".to_owned()
        } else if says("without end") {
            let id = self
                .required_link(first, named.get(1).copied().unwrap_or(first))
                .unwrap_or_else(|| format!("{first}.member"));
            let change = format!("{{ set_optional = \"{id}\" }}");
            format!(
                "when upstream is wrong, make a member optional in overlay/fixups.toml:\n{}",
                self.fixup(&id, &change)
            )
        } else if says("stands in the URL") {
            let is =
                self.member(first).map(|member| print_type(&member.schema) + if member.required { "" } else { "?" });
            let is = is.unwrap_or_default();
            let optional = if is.ends_with('?') { "?" } else { "" };
            let change = format!("{{ set_type = \"{first}\", from = \"{is}\", to = \"string{optional}\" }}");
            let json = format!("[{}]\njson_query = [\"{first}\"]", self.product.as_str());
            format!(
                "when it travels as JSON, say so in overlay/traits.toml:\n{json}\nwhen its type is wrong, mend it in overlay/fixups.toml:\n{}",
                self.fixup(first, &change)
            )
        } else if says("has the header") {
            "remove it from `headers`: any call can send one with `options(|o| o.header(..))`".to_owned()
        } else if says("is no object with members") {
            "a form is { \"multipart\": { \"file\": \"binary\", \"name\": \"string?\" } }: write its parts as members"
                .to_owned()
        } else if says("by default, but no alternative") {
            "correct `default`, or name its alternative in `mapping`".to_owned()
        } else if says("members: an object can have") {
            "put some of them into a type of their own, or take them all as `additional`".to_owned()
        } else if says("is nothing but itself") || says("extends itself") || says("ends a chain of more than") {
            "let it stand for a type that has members, values or alternatives of its own".to_owned()
        } else if says("is no object, but another type extends it") || says("is no type that an object can extend") {
            "write its members into the object that extends it".to_owned()
        } else if says("with ever longer arguments") || says("becomes more than") {
            "a generic type can't hold itself with other arguments than its own: write the inner type out".to_owned()
        } else if says("of the shortcut") || says("the shortcut") {
            format!("name a member of `{second}`, or leave `shortcut` out")
        } else if says("has two members called") {
            format!("`one_of` and `object` share their names: remove `{second}` from one of them")
        } else if says("only a scalar can be one") {
            "write an object with members, or `any`".to_owned()
        } else if says("has no required value") {
            format!("take `{second}` out of the entry, or correct its name: arguments are called as on the wire")
        } else if says("does not begin a segment") {
            "a parameter is a whole segment, or begins one: `/api/{id}` or `/api/{id}.json`".to_owned()
        } else if says("alternatives but") && says("keys") {
            "give `tag.key` one key for each alternative, in their order".to_owned()
        } else if says("has no effect") {
            let (owner, name) = first.rsplit_once('.').unwrap_or(("", first));
            let members = members_of(owner, self.api);
            let all = self.api.operations.keys().chain(self.api.types.keys()).map(String::as_str);
            let near = match members.is_empty() {
                true => did_you_mean(first, all).map(str::to_owned),
                false => did_you_mean(name, members.iter().map(String::as_str)).map(|near| format!("{owner}.{near}")),
            };
            match near.filter(|near| *near != first) {
                Some(near) => format!("remove the entry; or did you mean `{near}`?"),
                None => "remove the entry, or correct its name".to_owned(),
            }
        } else {
            return None;
        })
    }

    fn rename(&self, id: &str) -> String {
        let name = handle(&Words::default().camel(id), "Type");
        format!("give it a name in overlay/names.toml:\n[{}.types]\n\"{id}\" = \"{name}\"", self.product.as_str())
    }

    /// A whole patch, but for the reason, which nobody knows yet.
    pub(crate) fn fixup(&self, id: &str, change: &str) -> String {
        let name = id.replace(['.', '_', '[', ']', '<', '>'], "-").to_lowercase();
        let documents = self.documents(id);
        let source = if documents.is_empty() { self.product.as_str().to_owned() } else { documents.join(", ") };
        format!(
            "[[fixup]]\nname = \"{name}\"\nstage = \"spec\"\nsource = \"{source}\"\nreason = \"...\"\nevidence = \"https://...\"\nchange = {change}"
        )
    }

    fn documents(&self, id: &str) -> Vec<String> {
        let mut owner = id;
        loop {
            let operation = self.api.operations.get(owner).map(|operation| &operation.facts);
            if let Some(facts) = operation.or(self.api.types.get(owner).map(|def| &def.facts)) {
                return facts.documents.clone();
            }
            match owner.rsplit_once('.') {
                Some((parent, _)) => owner = parent,
                None => return Vec::new(),
            }
        }
    }

    /// The required member of a type that holds another.
    fn required_link(&self, from: &str, to: &str) -> Option<String> {
        let Schema::Object(object) = &self.api.types.get(from)?.schema else { return None };
        let holds =
            |member: &&Member| matches!(&member.schema, Schema::Ref { name, .. } if name == to) && member.required;
        object.members.iter().find(holds).map(|member| format!("{from}.{}", member.name))
    }

    /// The type of a parameter or member, as a fix-up has to say it.
    pub(crate) fn type_of(&self, id: &str) -> Option<String> {
        let member = self.member(id)?;
        Some(print_type(&member.schema) + if member.required { "" } else { "?" })
    }

    /// A parameter or member of a call, or a member of a type, by its id.
    fn member(&self, id: &str) -> Option<&Member> {
        fn members(schema: &Schema) -> &[Member] {
            match schema {
                Schema::Object(object) => &object.members,
                _ => &[],
            }
        }
        let (owner, name) = id.rsplit_once('.')?;
        if let Some(operation) = self.api.operations.get(owner) {
            let bodies = operation.body.iter().flat_map(|body| body.content.values());
            let parameters = operation.path.iter().chain(&operation.query).chain(&operation.headers);
            return parameters.chain(bodies.flat_map(members)).find(|member| member.name == name);
        }
        members(&self.api.types.get(owner)?.schema).iter().find(|member| member.name == name)
    }
}
