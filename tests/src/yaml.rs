//! Runs Elastic's YAML tests: typed calls to an embedded stack, and every assertion twice, on the raw answer and on the
//! typed one encoded again. What the second loses, the client lost.

mod document;
mod path;
mod runner;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

pub use document::{Assertion, Call, Document, Flavor, Step, Test};
pub use runner::run_test;

use crate::dispatch;

/// What became of a file.
#[derive(Clone, Debug)]
pub struct FileReport {
    /// Its name.
    pub file: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a file's tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All passed: how many tests and assertions there were.
    Passed {
        /// Tests that were run, on a stack and on serverless.
        tests: usize,
        /// Assertions on raw answers.
        raw: usize,
        /// The same on typed ones.
        typed: usize,
    },
    /// It is for something else; why.
    Skipped(String),
    /// What failed.
    Failed(Vec<String>),
}

impl fmt::Display for FileReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = &self.file;
        match &self.outcome {
            Outcome::Passed { tests, raw, typed } => {
                write!(f, "ok      {file}: {tests} tests, {raw} assertions on raw answers, {typed} on typed ones")
            }
            Outcome::Skipped(why) => write!(f, "skipped {file}: {why}"),
            Outcome::Failed(failures) => write!(f, "FAILED  {file}: {}", failures.join("\n        ")),
        }
    }
}

/// All YAML files below a folder, in order.
///
/// # Errors
/// When a folder can't be read.
pub fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Runs all tests of a file, each on a stack of its own for each [`Flavor`] that the file is for.
pub async fn run(file: &str, text: &str) -> FileReport {
    let outcome = match Document::parse(text) {
        Ok(document) => run_document(&document).await,
        Err(why) => Outcome::Failed(vec![why]),
    };
    FileReport { file: file.to_owned(), outcome }
}

async fn run_document(document: &Document) -> Outcome {
    if document.flavors.is_empty() {
        return Outcome::Skipped("it is for neither a stack nor serverless".to_owned());
    }
    if let Some(api) = document.apis().find(|api| !is_known(api)) {
        return Outcome::Skipped(format!("it calls `{api}`, and the client has nothing of that namespace"));
    }
    let (mut raw, mut typed, mut failures) = (0, 0, Vec::new());
    let runs = || document.flavors.iter().flat_map(|flavor| document.tests.iter().map(move |test| (*flavor, test)));
    for (flavor, test) in runs() {
        match run_test(document, test, flavor).await {
            Ok(counts) => {
                raw += counts.raw;
                typed += counts.typed;
            }
            Err(why) => failures.push(format!("{} ({flavor:?}): {why}", test.name)),
        }
    }
    match failures.is_empty() {
        true => Outcome::Passed { tests: runs().count(), raw, typed },
        false => Outcome::Failed(failures),
    }
}

/// Whether the runner can be expected to call it: an operation that lacks in a namespace we have is a failure.
fn is_known(api: &str) -> bool {
    let namespace = |id: &str| id.rsplit_once('.').map_or("", |(namespace, _)| namespace).to_owned();
    runner::raw_route(api).is_some() || dispatch::rows().any(|row| namespace(row.id) == namespace(api))
}
