//! Twice the input costs twice the memory work, and no more. Time is too uncertain for a test (`cargo xtask bench --generate` takes
//! it); what is allocated is the same in every run, and shows whatever copies or collects all for each.

use std::alloc::System;

use elkit_codegen::spec::model::Product;
use elkit_codegen::{Texts, extension_spec, generate_extension};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, Stats, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn twice_the_types_cost_twice_the_allocations() {
    let [small, large] = [250, 1_000].map(cost);
    let (pieces, bytes) = (
        large.allocations as f64 / small.allocations as f64,
        large.bytes_allocated as f64 / small.bytes_allocated as f64,
    );
    // A buffer that doubles may end up half empty.
    assert!(
        pieces <= 4.0 && bytes <= 4.1,
        "4 times the types: {pieces:.3} times the pieces, {bytes:.3} times the bytes"
    );
}

/// What is allocated to import and generate so many types.
fn cost(types: usize) -> Stats {
    let none = Texts::new();
    let documents = Texts::from([("many.json".to_owned(), document(types))]);
    let region = Region::new(ALLOCATOR);
    let (files, _) = extension_spec(&none, &documents, &none).unwrap();
    let code = generate_extension(Product::Kibana, &files, &none).unwrap();
    let made: usize = code.values().map(|text| text.matches("pub struct C0").count()).sum();
    assert!(made >= types, "only {made} of {types} types");
    region.change()
}

/// Types that name each other, and a call for every tenth.
fn document(count: usize) -> String {
    let of = |index: usize| format!(r##"{{ "$ref": "#/components/schemas/C{index:05}" }}"##);
    let schemas: Vec<String> = (0..count)
        .map(|index| {
            let (next, before) = (of((index + 1) % count), of(index / 2));
            format!(
                r#""C{index:05}": {{ "type": "object", "properties": {{ "next": {next}, "before": {{ "type": "array", "items": {before} }} }} }}"#
            )
        })
        .collect();
    let paths: Vec<String> = (0..count)
        .step_by(10)
        .map(|index| {
            let content = format!(r#""content": {{ "application/json": {{ "schema": {} }} }}"#, of(index));
            format!(
                r#""/api/many/c{index:05}": {{ "post": {{ "operationId": "c{index:05}", "requestBody": {{ {content} }}, "responses": {{ "200": {{ "description": "", {content} }} }} }} }}"#
            )
        })
        .collect();
    let (paths, schemas) = (paths.join(", "), schemas.join(", "));
    format!(r#"{{ "openapi": "3.0.3", "paths": {{ {paths} }}, "components": {{ "schemas": {{ {schemas} }} }} }}"#)
}
