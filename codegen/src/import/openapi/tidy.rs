//! The last pass over what was read: values that can't be (a choice of nothing) disappear, and what they leave behind
//! is said in the shortest form.

use crate::spec::model::{Api, Member, Operation, Scalar, Schema};

/// Tidies everything; a body that holds nothing is no body.
pub(super) fn tidy(api: &mut Api) {
    api.operations.values_mut().for_each(operation);
    api.types.values_mut().for_each(|def| schema(&mut def.schema));
}

fn operation(operation: &mut Operation) {
    members(&mut operation.path);
    members(&mut operation.query);
    members(&mut operation.headers);
    if let Some(body) = &mut operation.body {
        body.content.values_mut().for_each(schema);
        if !body.required {
            body.content.retain(|_, of| !holds_nothing(of));
        }
    }
    operation.body.take_if(|body| body.content.is_empty());
    operation.responses.values_mut().flat_map(|response| response.content.values_mut()).for_each(schema);
}

/// An object without members or null: what zod writes for "no body".
fn holds_nothing(of: &Schema) -> bool {
    match of {
        Schema::Scalar(Scalar::Null) => true,
        Schema::Object(object) => {
            object.closed && object.members.is_empty() && object.extends.is_empty() && object.additional.is_none()
        }
        Schema::Union(union) => union.of.iter().all(holds_nothing),
        _ => false,
    }
}

fn is_never(of: &Schema) -> bool {
    matches!(of, Schema::Union(union) if union.of.is_empty())
}

fn members(members: &mut Vec<Member>) {
    members.iter_mut().for_each(|member| schema(&mut member.schema));
    members.retain(|member| !is_never(&member.schema));
}

fn schema(of: &mut Schema) {
    match of {
        Schema::List(item) => schema(item),
        Schema::Map(key, value) | Schema::Pair(key, value) => {
            schema(key);
            schema(value);
        }
        Schema::Union(union) => {
            union.of.iter_mut().for_each(schema);
            if union.tag.is_some() {
                return;
            }
            let mut kept: Vec<Schema> = Vec::new();
            for part in std::mem::take(&mut union.of) {
                if !is_never(&part) && !kept.contains(&part) {
                    kept.push(part);
                }
            }
            match kept.len() {
                1 => *of = kept.swap_remove(0),
                _ => union.of = kept,
            }
        }
        Schema::Object(object) => {
            members(&mut object.members);
            if let Some(additional) = &mut object.additional {
                schema(&mut additional.value);
            }
            let bare = object.members.is_empty() && object.extends.is_empty() && !object.closed;
            if bare {
                let value = object.additional.take().map_or_else(|| Box::new(Schema::Any), |extra| extra.value);
                *of = Schema::Map(Box::new(Schema::Scalar(Scalar::String)), value);
            }
        }
        Schema::Any | Schema::Scalar(_) | Schema::Literal(_) | Schema::Ref { .. } | Schema::Enum(_) => {}
    }
}
