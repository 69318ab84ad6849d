//! `cargo xtask bench`: what the generated code costs to compile, beside the same types on `serde_derive`, in one run.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use elkit_codegen::{Texts, generate_derived};

use crate::budget;
use crate::workspace::{explain, read, read_tree, root, spec_texts, write};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// How often each figure is taken; the least counts, or the median with `--generate`.
    #[arg(long, default_value_t = 1)]
    rounds: usize,
    /// Only `cargo check`: what takes seconds, not minutes.
    #[arg(long)]
    check: bool,
    /// The cargo features of the client.
    #[arg(long, default_value = "full")]
    features: String,
    /// Measure the generator itself: time, memory, and how both grow with its input.
    #[arg(long)]
    generate: bool,
    /// Generate once from so many invented types, or from spec/ for 0, and say the most memory.
    #[arg(long, hide = true, requires = "generate", value_name = "TYPES")]
    once: Option<usize>,
}

/// A crate to measure: its name and the generated files that replace the committed ones.
struct Subject {
    name: &'static str,
    generated: Option<Texts>,
    /// Cargo's words for a client that has no generated code at all.
    empty: bool,
}

pub(crate) fn run(args: Args) -> Result<()> {
    if let Some(types) = args.once {
        return budget::once(types);
    }
    if args.generate {
        return budget::run(args.rounds);
    }
    let root = root()?;
    let spec = root.join("spec");
    let texts = spec_texts(&spec)?;
    let start = Instant::now();
    let generated = explain(elkit_codegen::generate(&texts), "spec", &texts)?;
    let took = start.elapsed();
    let lines: usize = generated.client.values().map(|text| text.lines().count()).sum();
    println!("generate: {} files, {lines} lines, {:.2} s", generated.client.len(), took.as_secs_f64());
    let derived = explain(generate_derived(&texts), "spec", &texts)?;
    let subjects = [
        Subject { name: "runtime only", generated: None, empty: true },
        Subject { name: "elkit", generated: None, empty: false },
        Subject { name: "serde_derive twin", generated: Some(derived), empty: false },
    ];
    println!("\n| client | check | build | build --release | rlib dev/release MB |\n|---|---|---|---|---|");
    for subject in subjects {
        let folder = prepare(&root, &subject)?;
        let mut row = vec![subject.name.to_owned()];
        let all = [&["check"][..], &["build"], &["build", "--release"]];
        for command in if args.check { &all[..1] } else { &all[..] } {
            row.push(format!("{:.1}", measure(&folder, command, &subject, &args)?));
        }
        let size = |profile: &str| {
            let rlib = folder.with_file_name("target").join(profile).join("libelkit.rlib");
            rlib.metadata().map_or(0.0, |data| data.len() as f64 / 1e6)
        };
        row.push(format!("{:.1}/{:.1}", size("debug"), size("release")));
        println!("| {} |", row.join(" | "));
    }
    println!(
        "\nCPU seconds (user and system) of cargo and its children, dependencies built before, no incremental state."
    );
    Ok(())
}

/// A workspace of its own that holds the client alone.
fn prepare(root: &Path, subject: &Subject) -> Result<PathBuf> {
    let folder = root.join("target/bench").join(subject.name.replace(' ', "-"));
    let manifest = read(&root.join("Cargo.toml"))?;
    let members = manifest.lines().map(|line| match line.split_once(" = [") {
        Some((key @ ("members" | "default-members"), _)) => format!("{key} = [\"client\"]"),
        _ => line.to_owned(),
    });
    let members: Vec<String> = members.collect();
    // The profiles name packages that are not in this workspace.
    let manifest = members.join("\n");
    let manifest = manifest.split("[profile.").next().unwrap_or_default();
    write(&folder.join("Cargo.toml"), manifest)?;
    write(&folder.join("Cargo.lock"), &read(&root.join("Cargo.lock"))?)?;
    write(&folder.join("client/README.md"), &read(&root.join("README.md"))?)?;
    let client = read(&root.join("client/Cargo.toml"))?;
    let client = client.split("[dev-dependencies]").next().unwrap_or_default();
    let client = client.replace("[lints]\nworkspace = true", "");
    // For all subjects, so that they share their dependencies; only the twin uses it.
    let client = client.replace("serde.workspace = true", "serde = { workspace = true, features = [\"derive\"] }");
    write(&folder.join("client/Cargo.toml"), &client)?;
    let sources = root.join("client/src");
    for (path, text) in read_tree(&sources, ".rs")?.into_iter().chain(read_tree(&sources, ".md")?) {
        if !(subject.generated.is_some() && path.matches('/').count() > 1 && path.starts_with("generated/")) {
            write(&folder.join("client/src").join(path), &text)?;
        }
    }
    for (path, text) in subject.generated.iter().flatten() {
        write(&folder.join("client/src/generated").join(path), text)?;
    }
    Ok(folder)
}

/// The least CPU seconds that cargo took to compile the client alone.
fn measure(folder: &Path, command: &[&str], subject: &Subject, args: &Args) -> Result<f64> {
    let features = if subject.empty { "gzip" } else { args.features.as_str() };
    let cargo = |timed: bool| {
        let mut words = vec!["cargo"];
        words.extend(command);
        words.extend(["-q", "-p", "elkit", "--no-default-features", "--features", features]);
        let script = if timed { "TIMEFORMAT='%U %S'; time \"$@\" 2>/dev/null" } else { "\"$@\"" };
        let mut shell = Command::new("bash");
        shell.args(["-c", script, "bash"]).args(words).current_dir(folder);
        shell.env("CARGO_INCREMENTAL", "0").env("CARGO_TARGET_DIR", folder.with_file_name("target"));
        shell
    };
    if !cargo(false).status().context("can't run bash")?.success() {
        bail!("`cargo {}` of `{}` fails", command.join(" "), subject.name);
    }
    let mut least = f64::INFINITY;
    for _ in 0..args.rounds.max(1) {
        let lib = folder.join("client/src/lib.rs");
        std::fs::File::options().append(true).open(&lib)?.set_modified(std::time::SystemTime::now())?;
        let output = cargo(true).output()?;
        let times = String::from_utf8_lossy(&output.stderr);
        let seconds = times.split_whitespace().filter_map(|word| word.parse::<f64>().ok()).sum();
        least = least.min(seconds);
    }
    Ok(least)
}
