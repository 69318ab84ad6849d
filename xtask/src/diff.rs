//! `cargo xtask diff`: what changes for Rust users between two specs, each a git revision or a folder.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};
use elkit_codegen::Texts;
use elkit_codegen::diff::{Diff, diff};

use crate::workspace::{explain, root, spec_texts};

#[derive(clap::Args)]
#[command(after_help = "Exit codes:\n  0   no major version is due\n  1   the specs can't be read or compared\n  \
                        2   the command line is wrong\n  10  a major version is due")]
pub(crate) struct Args {
    /// The older spec: a git revision, a spec folder, or a workspace.
    #[arg(default_value = "HEAD")]
    old: String,
    /// The newer one; the workspace's own spec folder as it is when absent.
    new: Option<String>,
    /// Print JSON for tools, not Markdown for a pull request.
    #[arg(long)]
    json: bool,
    /// Print nothing but the proposed entries of the changelog.
    #[arg(long, conflicts_with = "json")]
    changelog: bool,
}

/// A major version is due.
pub(crate) const BREAKING: u8 = 10;

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let root = root()?;
    let old = texts(&root, &args.old)?;
    let new = match &args.new {
        Some(new) => texts(&root, new)?,
        None => spec_texts(&root.join("spec"))?,
    };
    let diff = compare(&old, &new)?;
    let text = match (args.json, args.changelog) {
        (true, _) => diff.json(),
        (_, true) => diff.changelog(),
        _ => diff.markdown(),
    };
    print!("{text}");
    Ok(if diff.is_breaking() { ExitCode::from(BREAKING) } else { ExitCode::SUCCESS })
}

/// The difference, or all that keeps the specs from being read.
pub(crate) fn compare(old: &Texts, new: &Texts) -> Result<Diff> {
    let sides = [("old", old), ("new", new)];
    let sources = sides
        .into_iter()
        .flat_map(|(side, texts)| texts.iter().map(move |(path, text)| (format!("{side}/{path}"), text.clone())));
    match diff(old, new) {
        Ok(diff) => Ok(diff),
        Err(problems) => explain(Err(problems), "", &sources.collect()),
    }
}

/// The texts of a folder, or of `spec/` at a git revision.
fn texts(root: &Path, side: &str) -> Result<Texts> {
    let folder = Path::new(side);
    if !folder.is_dir() {
        return at_revision(root, side);
    }
    let inner = folder.join("spec");
    let texts = spec_texts(if inner.is_dir() { &inner } else { folder })?;
    let is_spec = |path: &String| path.starts_with("elasticsearch/") || path.starts_with("kibana/");
    if !texts.keys().any(is_spec) {
        bail!("{side} is no spec folder: it has neither `elasticsearch/` nor `kibana/`");
    }
    Ok(texts)
}

fn at_revision(root: &Path, revision: &str) -> Result<Texts> {
    // A word that begins so would be an option.
    if revision.starts_with('-') {
        bail!("`{revision}` is no git revision");
    }
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.arg("-C").arg(root).args(args);
        command
    };
    let listed = git(&["ls-tree", "-r", "-z", "--name-only", revision, "spec/"]).output().context("can't run git")?;
    if !listed.status.success() {
        let said = String::from_utf8_lossy(&listed.stderr);
        bail!("`{revision}` is neither a folder nor a git revision: {}", said.trim());
    }
    let listed = String::from_utf8(listed.stdout).context("git gives a path that is no text")?;
    let wanted =
        |path: &&str| [".json", ".toml", ".lock"].iter().any(|end| path.ends_with(end)) && !path.contains('\n');
    let paths: Vec<&str> = listed.split('\0').filter(wanted).collect();
    let mut batch =
        git(&["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("can't run git")?;
    let (Some(mut asks), Some(answers)) = (batch.stdin.take(), batch.stdout.take()) else {
        bail!("git has no pipes");
    };
    let mut questions = String::new();
    paths.iter().for_each(|path| _ = writeln!(questions, "{revision}:{path}"));
    // Asked from another thread: git answers before it has read all.
    let asking = std::thread::spawn(move || asks.write_all(questions.as_bytes()));
    let mut answers = BufReader::new(answers);
    let mut texts = Texts::new();
    for path in paths {
        let mut head = String::new();
        answers.read_line(&mut head)?;
        let size = head.split_whitespace().nth(2).and_then(|size| size.parse().ok());
        let size: usize = size.with_context(|| format!("git has no `{path}` in {revision}"))?;
        // A line feed ends each.
        let mut bytes = vec![0; size + 1];
        answers.read_exact(&mut bytes)?;
        bytes.pop();
        let text = String::from_utf8(bytes).with_context(|| format!("{path} is no text"))?;
        texts.insert(path.trim_start_matches("spec/").to_owned(), text);
    }
    drop(asking.join());
    batch.wait()?;
    Ok(texts)
}
