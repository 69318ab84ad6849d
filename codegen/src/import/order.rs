//! Members and values by name, all the way down: the order of what has no order of its own.

use crate::spec::model::{Api, Member, Schema};

/// Sorts everything but path parameters, whose order is that of the path.
pub(super) fn sort(api: &mut Api) {
    for operation in api.operations.values_mut() {
        members(&mut operation.query);
        members(&mut operation.headers);
        let bodies = operation.body.iter_mut().flat_map(|body| body.content.values_mut());
        let responses = operation.responses.values_mut();
        bodies.chain(responses.flat_map(|response| response.content.values_mut())).for_each(schema);
    }
    api.types.values_mut().for_each(|def| schema(&mut def.schema));
}

fn members(members: &mut [Member]) {
    members.sort_by(|a, b| a.name.cmp(&b.name));
    members.iter_mut().for_each(|member| schema(&mut member.schema));
}

fn schema(of: &mut Schema) {
    match of {
        Schema::List(item) => schema(item),
        Schema::Map(key, value) | Schema::Pair(key, value) => {
            schema(key);
            schema(value);
        }
        Schema::Union(union) => union.of.iter_mut().for_each(schema),
        Schema::Object(object) => {
            members(&mut object.members);
            members(&mut object.variants);
        }
        Schema::Enum(set) => set.values.sort_by_cached_key(|value| value.value.to_string()),
        Schema::Any | Schema::Scalar(_) | Schema::Literal(_) | Schema::Ref { .. } => {}
    }
}
