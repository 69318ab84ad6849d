//! `cargo xtask update`: new upstream documents, all the way to a client that compiles and a report that says what changed.
//! Nothing is committed: what is wrong can be mended and the command run again.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use elkit_codegen::Texts;
use elkit_codegen::diff::{Class, Diff};

use crate::diff::{BREAKING, compare};
use crate::workspace::{read, root, spec_texts, write};
use crate::{generate, import};

#[derive(clap::Args)]
#[command(after_help = "Exit codes:\n  0   all is done, no major version is due\n  1   a step failed\n  \
                        2   the command line is wrong\n  10  all is done, a major version is due")]
pub(crate) struct Args {
    /// Elastic's `schema.json`.
    #[arg(long, value_name = "FILE")]
    elasticsearch: Option<PathBuf>,
    /// Kibana's OpenAPI documents, as JSON.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    kibana: Vec<PathBuf>,
    /// Facts that Kibana's documents state in prose alone (`kibana-operation-facts.json`).
    #[arg(long, value_name = "FILE")]
    facts: Option<PathBuf>,
    /// Do not compile the client.
    #[arg(long)]
    no_check: bool,
}

/// Where the whole reports go, below the workspace.
const MARKDOWN: &str = "target/update.md";
const JSON: &str = "target/update.json";

pub(crate) fn run(args: Args) -> Result<ExitCode> {
    if args.elasticsearch.is_none() && args.kibana.is_empty() {
        bail!("nothing to import: give --elasticsearch FILE, --kibana FILE... or both");
    }
    let root = root()?;
    let spec = root.join("spec");
    let before = spec_texts(&spec)?;
    let coverage_before = coverage(&spec);
    let mut steps = Steps { terminal: std::io::stderr().is_terminal(), done: Vec::new() };
    steps.run("import", || {
        if let Some(file) = args.elasticsearch {
            import::elasticsearch(file)?;
        }
        if args.kibana.is_empty() { Ok(()) } else { import::kibana(args.kibana, args.facts) }
    })?;
    // What the spec alone says is worth knowing even when no code can be made of it.
    let generated = steps.run("generate", || generate::write_all(&root));
    let after = spec_texts(&spec)?;
    let diff = steps.run("diff", || report(&root, &before, &after))?;
    let checked = if generated.is_err() || args.no_check { None } else { Some(steps.run("check", || check(&root))) };
    summary(&steps, &diff, &coverage_before, &coverage(&spec));
    generated?;
    checked.transpose()?;
    Ok(if diff.is_breaking() { ExitCode::from(BREAKING) } else { ExitCode::SUCCESS })
}

fn report(root: &Path, before: &Texts, after: &Texts) -> Result<Diff> {
    let diff = compare(before, after)?;
    write(&root.join(MARKDOWN), &diff.markdown())?;
    write(&root.join(JSON), &diff.json())?;
    Ok(diff)
}

fn check(root: &Path) -> Result<()> {
    let arguments = ["check", "--quiet", "-p", "elkit", "--features", "full"];
    let status = Command::new("cargo").args(arguments).current_dir(root).status().context("can't run cargo")?;
    if !status.success() {
        bail!("the client does not compile: `cargo {}`", arguments.join(" "));
    }
    Ok(())
}

/// Steps with their times: a line that changes on a terminal, plain lines elsewhere.
struct Steps {
    terminal: bool,
    done: Vec<(&'static str, f64, bool)>,
}

impl Steps {
    fn run<T>(&mut self, name: &'static str, step: impl FnOnce() -> Result<T>) -> Result<T> {
        let number = self.done.len() + 1;
        if self.terminal {
            eprint!("\x1b[2K\r[{number}/4] {name} ...");
            // Progress that can't be shown is none.
            let _ = std::io::stderr().flush();
        }
        let start = Instant::now();
        let result = step();
        let (seconds, ok) = (start.elapsed().as_secs_f64(), result.is_ok());
        let end = if self.terminal { "\x1b[2K\r" } else { "" };
        eprintln!("{end}[{number}/4] {name}: {} after {seconds:.1} s", if ok { "done" } else { "FAILED" });
        self.done.push((name, seconds, ok));
        result
    }
}

fn summary(steps: &Steps, diff: &Diff, before: &[String], after: &[String]) {
    println!();
    for documents in &diff.documents {
        let (both, gone, come) = (documents.both, documents.only_old.len(), documents.only_new.len());
        println!("{} -> {}: {both} calls in both, {gone} gone, {come} new", documents.old, documents.new);
    }
    let [breaking, additive, docs] = [Class::Breaking, Class::Additive, Class::Docs].map(|class| diff.count(class));
    println!("for Rust users: {breaking} breaking, {additive} additive, {docs} documentation alone");
    let new: Vec<&String> = after.iter().filter(|line| !before.contains(line)).collect();
    let untyped: Vec<&&String> = new.iter().filter(|line| line.starts_with("- ")).collect();
    for figures in new.iter().filter(|line| line.starts_with("| ") && line.ends_with("% |")) {
        println!("coverage: {figures}");
    }
    println!("spots that are newly untyped: {}, all in spec/COVERAGE.md", untyped.len());
    untyped.iter().take(10).for_each(|line| println!("  {line}"));
    println!("reports: {MARKDOWN}, {JSON}");
    let failed: Vec<&str> = steps.done.iter().filter(|(_, _, ok)| !ok).map(|(name, ..)| *name).collect();
    match (&failed[..], breaking) {
        ([], 0) => {
            println!("all is done: commit spec/ and the generated code apart, and say what changed in CHANGELOG.md")
        }
        ([], _) => {
            println!("all is done, and a major version is due: the proposed entries of CHANGELOG.md end the report")
        }
        (failed, _) => println!("failed: {}; mend it and run the command again", failed.join(", ")),
    }
}

/// The lines of COVERAGE.md; none when there is no such file yet.
fn coverage(spec: &Path) -> Vec<String> {
    let text = read(&spec.join("COVERAGE.md")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}
