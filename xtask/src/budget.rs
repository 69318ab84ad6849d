//! `cargo xtask bench --generate`: what the generator itself costs. Run it with `cargo run --release -p xtask -- bench --generate`.

use std::time::Instant;

use anyhow::Result;
use elkit_codegen::spec::model::Product;
use elkit_codegen::{Texts, extension_spec, generate, generate_extension};

use crate::workspace::{explain, root, spec_texts};

/// The least seconds that something took.
fn least(rounds: usize, mut run: impl FnMut() -> Result<()>) -> Result<f64> {
    let mut least = f64::INFINITY;
    for _ in 0..rounds.max(1) {
        let start = Instant::now();
        run()?;
        least = least.min(start.elapsed().as_secs_f64());
    }
    Ok(least)
}

pub(crate) fn run(rounds: usize) -> Result<()> {
    let texts = spec_texts(&root()?.join("spec"))?;
    let whole = least(rounds, || explain(generate(&texts), "spec", &texts).map(drop))?;
    let peak = peak().map_or_else(|| "not known here".to_owned(), |bytes| format!("{} MB", bytes / 1_000_000));
    let size: usize = texts.values().map(String::len).sum();
    println!("everything: {:.1} MB of specs and overlays, {whole:.2} s, at most {peak}", size as f64 / 1e6);
    println!("\n| types | seconds | for each doubling |\n|---|---|---|");
    let mut before = None;
    for count in [2_500, 5_000, 10_000, 20_000] {
        let none = Texts::new();
        let documents = Texts::from([("many.json".to_owned(), many(count))]);
        let seconds = least(rounds, || {
            let (files, _) = explain(extension_spec(&none, &documents, &none), "", &documents)?;
            explain(generate_extension(Product::Kibana, &files, &none), "", &files).map(drop)
        })?;
        let growth = before.map_or_else(|| "-".to_owned(), |before: f64| format!("{:.2}", seconds / before));
        println!("| {count} | {seconds:.2} | {growth} |");
        before = Some(seconds);
    }
    Ok(())
}

/// An OpenAPI document of many types that name each other.
fn many(count: usize) -> String {
    let schema = |index: usize| {
        let (next, before) = ((index + 1) % count, index / 2);
        format!(
            r##""C{index}": {{ "type": "object", "required": ["n"], "properties": {{ "n": {{ "type": "integer" }}, "next": {{ "$ref": "#/components/schemas/C{next}" }}, "before": {{ "type": "array", "items": {{ "$ref": "#/components/schemas/C{before}" }} }} }} }}"##
        )
    };
    let schemas: Vec<String> = (0..count).map(schema).collect();
    let answer = r##"{ "description": "", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/C0" } } } }"##;
    format!(
        r#"{{ "openapi": "3.0.3", "paths": {{ "/api/many": {{ "get": {{ "operationId": "many", "responses": {{ "200": {answer} }} }} }} }}, "components": {{ "schemas": {{ {} }} }} }}"#,
        schemas.join(", ")
    )
}

/// The most memory this process ever had, in bytes, where the system says it.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}
