//! `cargo xtask bench`: what the generated code costs to compile and to document, beside the same types on `serde_derive`,
//! in one run.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use elkit_codegen::{Texts, generate_derived};

use crate::budget;
use crate::workspace::{explain, read, read_tree, root, spec_texts, write};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// How often each figure is taken; the least counts, or the mean with `--generate`.
    #[arg(long, default_value_t = 1)]
    rounds: usize,
    /// Only `cargo check`: what takes seconds, not minutes.
    #[arg(long)]
    check: bool,
    /// Also `cargo doc` of the client.
    #[arg(long)]
    doc: bool,
    /// Only `cargo check` of the client, with each of these features alone: what a product area costs.
    #[arg(long, value_delimiter = ',')]
    areas: Vec<String>,
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
    if !args.areas.is_empty() {
        println!("\n| feature | check |\n|---|---|");
        let [_, elkit, _] = subjects;
        let folder = prepare(&root, &elkit)?;
        for area in &args.areas {
            println!("| {area} | {} |", measure(&folder, &["check"], area, args.rounds)?);
        }
        return Ok(());
    }
    println!("\n| client | check | build | build --release | doc | rlib dev/release MB |\n|---|---|---|---|---|---|");
    for subject in subjects {
        let folder = prepare(&root, &subject)?;
        let mut row = vec![subject.name.to_owned()];
        let all = [&["check"][..], &["build"], &["build", "--release"], &["doc", "--no-deps"]];
        for (index, command) in all.iter().enumerate() {
            let is_wanted = match index {
                0 => true,
                3 => args.doc && subject.generated.is_none(),
                _ => !args.check,
            };
            let features = if subject.empty { "gzip" } else { args.features.as_str() };
            row.push(match is_wanted {
                true => measure(&folder, command, features, args.rounds)?.to_string(),
                false => "-".to_owned(),
            });
        }
        let size = |profile: &str| {
            let rlib = folder.with_file_name("target").join(profile).join("libelkit.rlib");
            rlib.metadata().map_or(0.0, |data| data.len() as f64 / 1e6)
        };
        row.push(format!("{:.1}/{:.1}", size("debug"), size("release")));
        println!("| {} |", row.join(" | "));
    }
    println!(
        "\nCPU seconds (user and system) of cargo and its children, and the most memory that one of them had; \
         dependencies built before, no incremental state."
    );
    Ok(())
}

/// What a command took.
#[derive(Clone, Copy)]
struct Cost {
    seconds: f64,
    /// Where GNU's `time` is there to ask.
    megabytes: Option<f64>,
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.1}", self.seconds)?;
        self.megabytes.map_or(Ok(()), |megabytes| write!(f, " ({megabytes:.0} MB)"))
    }
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

const TIMED: &str = r#"
if [ -x /usr/bin/time ]; then /usr/bin/time -f '%U %S %M' -o /dev/fd/3 "$@" 3>&2 2>/dev/null
else TIMEFORMAT='%U %S'; time "$@" 2>/dev/null
fi"#;

/// The least that cargo took to compile the client alone.
fn measure(folder: &Path, command: &[&str], features: &str, rounds: usize) -> Result<Cost> {
    let cargo = |timed: bool| {
        let mut words = vec!["cargo"];
        words.extend(command);
        words.extend(["-q", "-p", "elkit", "--no-default-features", "--features", features]);
        let script = if timed { TIMED } else { "\"$@\"" };
        let mut shell = Command::new("bash");
        shell.args(["-c", script, "bash"]).args(words).current_dir(folder);
        shell.env("CARGO_INCREMENTAL", "0").env("CARGO_TARGET_DIR", folder.with_file_name("target"));
        shell
    };
    if !cargo(false).status().context("can't run bash")?.success() {
        bail!("`cargo {}` fails in {}", command.join(" "), folder.display());
    }
    let mut least = Cost { seconds: f64::INFINITY, megabytes: None };
    for _ in 0..rounds.max(1) {
        let lib = folder.join("client/src/lib.rs");
        std::fs::File::options().append(true).open(&lib)?.set_modified(std::time::SystemTime::now())?;
        let output = cargo(true).output()?;
        let times = String::from_utf8_lossy(&output.stderr);
        let numbers: Vec<f64> = times.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [user, system, memory @ ..] = &numbers[..] else { bail!("can't read the times that bash says: {times}") };
        if user + system < least.seconds {
            least = Cost { seconds: user + system, megabytes: memory.first().map(|kilobytes| kilobytes / 1024.0) };
        }
    }
    Ok(least)
}
