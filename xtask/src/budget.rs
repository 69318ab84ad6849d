//! `cargo xtask bench --generate`: what the generator itself costs. Run it with `cargo run --release -p xtask -- bench --generate`.
//! Each figure is taken in a process of its own, which finds nothing that another left in memory. The subjects take turns, and a
//! small one runs as often as fills the time of the largest, so that a busy minute is one for all of them. Means, because the least
//! of several times favours short processes, which may fit between two busy moments.

use std::process::Command;

use anyhow::{Context, Result, bail};
use elkit_codegen::spec::model::Product;
use elkit_codegen::{Texts, extension_spec, generate, generate_extension};

use crate::workspace::{explain, root, spec_texts};

/// Numbers of invented types; 0 stands for everything in spec/.
const SUBJECTS: [usize; 5] = [0, 2_500, 5_000, 10_000, LARGEST];

const LARGEST: usize = 20_000;

/// Everything takes as long as so many invented types.
const TYPES_LIKE_EVERYTHING: usize = 2_500;

/// So many types to an operation.
const TYPES_PER_OPERATION: usize = 10;

pub(crate) fn run(rounds: usize) -> Result<()> {
    let mut seconds = SUBJECTS.map(|_| Vec::new());
    let mut peaks = SUBJECTS.map(|_| String::new());
    for _ in 0..rounds.max(1) {
        for (index, types) in SUBJECTS.into_iter().enumerate() {
            for _ in 0..LARGEST / types.max(TYPES_LIKE_EVERYTHING) {
                let took;
                (took, peaks[index]) = measure(types)?;
                seconds[index].push(took);
            }
        }
    }
    let [everything, invented @ ..] = seconds.map(mean);
    println!("everything: {everything:.2} s, at most {}", peaks[0]);
    println!("\n| types | operations | seconds | for each doubling | at most |\n|---|---|---|---|---|");
    for (index, seconds) in invented.iter().enumerate() {
        let (types, peak) = (SUBJECTS[index + 1], &peaks[index + 1]);
        let growth = index.checked_sub(1).map_or_else(|| "-".to_owned(), |i| format!("{:.2}", seconds / invented[i]));
        println!("| {types} | {} | {seconds:.2} | {growth} | {peak} |", types / TYPES_PER_OPERATION);
    }
    println!("\nCPU seconds (user and system) of one process, the mean of {} rounds.", rounds.max(1));
    Ok(())
}

/// CPU seconds and most memory of a process that generates once.
fn measure(types: usize) -> Result<(f64, String)> {
    let this = std::env::current_exe().context("can't find xtask itself")?;
    let mut shell = Command::new("bash");
    shell.args(["-c", "TIMEFORMAT='%U %S'; time \"$@\"", "bash"]).arg(this);
    let output =
        shell.args(["bench", "--generate", "--once", &types.to_string()]).output().context("can't run bash")?;
    let times = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("generating fails: {times}");
    }
    let seconds = times.split_whitespace().filter_map(|word| word.parse::<f64>().ok()).sum();
    Ok((seconds, String::from_utf8_lossy(&output.stdout).trim().to_owned()))
}

/// Generates once, and says the most memory that took.
pub(crate) fn once(types: usize) -> Result<()> {
    if types == 0 {
        let texts = spec_texts(&root()?.join("spec"))?;
        explain(generate(&texts), "spec", &texts)?;
    } else {
        let none = Texts::new();
        let documents = Texts::from([("many.json".to_owned(), many(types))]);
        let (files, _) = explain(extension_spec(&none, &documents, &none), "", &documents)?;
        explain(generate_extension(Product::Kibana, &files, &none), "", &files)?;
    }
    println!("{}", peak().map_or_else(|| "(not known here)".to_owned(), |bytes| format!("{} MB", bytes / 1_000_000)));
    Ok(())
}

fn mean(values: Vec<f64>) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// An OpenAPI document of many types that name each other, and operations that send and answer them. Names are of one length, so
/// that twice the types are twice the text.
fn many(count: usize) -> String {
    let of = |index: usize| format!(r##"{{ "$ref": "#/components/schemas/C{index:05}" }}"##);
    let schema = |index: usize| {
        let (next, before) = (of((index + 1) % count), of(index / 2));
        format!(
            r#""C{index:05}": {{ "type": "object", "required": ["n"], "properties": {{ "n": {{ "type": "integer" }}, "next": {next}, "before": {{ "type": "array", "items": {before} }} }} }}"#
        )
    };
    let path = |index: usize| {
        let content = format!(r#""content": {{ "application/json": {{ "schema": {} }} }}"#, of(index));
        format!(
            r#""/api/many/c{index:05}": {{ "post": {{ "operationId": "c{index:05}", "requestBody": {{ {content} }}, "responses": {{ "200": {{ "description": "", {content} }} }} }} }}"#
        )
    };
    let schemas: Vec<String> = (0..count).map(schema).collect();
    let paths: Vec<String> = (0..count).step_by(TYPES_PER_OPERATION).map(path).collect();
    format!(
        r#"{{ "openapi": "3.0.3", "paths": {{ {} }}, "components": {{ "schemas": {{ {} }} }} }}"#,
        paths.join(", "),
        schemas.join(", ")
    )
}

/// The most memory this process ever had, in bytes, where the system says it.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}
