//! Elastic's own YAML tests, and one of ours that needs every kind of step.
//!
//! `ELASTIC_YAML_TESTS=folder cargo test -p elkit-tests --test yaml -- --nocapture` runs a clone of
//! elastic/elasticsearch-clients-tests; without the variable, the folder `../shared/elastic-yaml-tests` beside the
//! workspace (`ELKIT_SHARED` names another `shared`) is run where it exists.

use std::path::PathBuf;

use elkit_tests::yaml::{Outcome, files, run};

#[tokio::test]
async fn elastics_tests() {
    let Some(folder) = folder() else {
        println!("skipped: set ELASTIC_YAML_TESTS to a clone of elastic/elasticsearch-clients-tests");
        return;
    };
    let files = files(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    assert!(!files.is_empty(), "{} holds no YAML test", folder.display());
    let (mut failed, mut passed) = (Vec::new(), 0);
    for file in files {
        let name = file.strip_prefix(&folder).unwrap_or(&file).display().to_string();
        let report = run(&name, &std::fs::read_to_string(&file).unwrap()).await;
        println!("{report}");
        match report.outcome {
            Outcome::Passed { .. } => passed += 1,
            Outcome::Skipped(_) => {}
            Outcome::Failed(_) => failed.push(report.to_string()),
        }
    }
    assert!(failed.is_empty(), "{passed} passed, {} failed:\n{}", failed.len(), failed.join("\n"));
}

/// Our own files, for what Elastic's test beside those that everybody may have: all behaviours of its security tests.
#[tokio::test]
async fn our_own_tests() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/yaml");
    let files = files(&folder).unwrap();
    assert!(files.len() >= 7, "{files:?}");
    let mut wrong = Vec::new();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let report = run(&name, &std::fs::read_to_string(&file).unwrap()).await;
        println!("{report}");
        if !matches!(report.outcome, Outcome::Passed { .. }) {
            wrong.push(report.to_string());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A serverless file must not pass on a stack by chance: what serverless lacks is refused there.
#[tokio::test]
async fn serverless_is_not_a_stack() {
    let steps = "'t':\n  - do: { security.get_user: {} }\n";
    let report = run("s.yml", &format!("requires: {{ serverless: true, stack: true }}\n---\n{steps}")).await;
    let Outcome::Failed(failures) = &report.outcome else { panic!("{report}") };
    assert_eq!(failures.len(), 1, "{report}");
    assert!(failures[0].contains("t (Serverless)") && failures[0].contains("api_not_available_exception"), "{report}");
}

#[tokio::test]
async fn every_kind_of_step() {
    let report = run("every_step.yml", include_str!("fixtures/yaml/every_step.yml")).await;
    assert_eq!(report.outcome, Outcome::Passed { tests: 2, raw: 16, typed: 15 }, "{report}");
}

/// A runner that finds no fault would prove nothing.
#[tokio::test]
async fn what_does_not_hold_is_told() {
    for (steps, why) in [
        ("  - match: { username: someone }", "the raw answer: match `username`: \"elastic\", and not \"someone\""),
        ("  - match: { username: \"/x/\" }", "the runner knows no regular expressions"),
        ("  - match: { no.such: 1 }", "match `no.such`: nothing, and not 1"),
        ("  - is_false: username", "is_false `username`"),
        ("  - length: { roles: 5 }", "length `roles`"),
        ("  - gt: { username: 5 }", "gt `username`"),
        ("  - set: { nothing: x }", "set: nothing at `nothing`"),
        ("  - do: { security.get_role: { name: nobody } }", "security.get_role: security.get_role failed: 404"),
        ("  - do: { catch: missing, security.get_role: {} }", "status 200, and not missing"),
        ("  - do: { security.no_such_thing: {} }", "the client has no such operation"),
        ("  - do: { security.get_user: { no_such_parameter: 1 } }", "no_such_parameter"),
        ("  - jump: 1", "does not know the step"),
    ] {
        let text = format!("'t':\n  - do: {{ security.authenticate: {{}} }}\n{steps}\n");
        let report = run("t.yml", &text).await;
        let Outcome::Failed(failures) = &report.outcome else { panic!("{steps}: {report}") };
        assert!(failures[0].contains(why), "{steps}: {report}");
    }
}

#[tokio::test]
async fn what_is_for_something_else_is_skipped() {
    let neither = run("s.yml", "requires: { serverless: false, stack: false }\n---\n't':\n  - is_true: x\n").await;
    assert_eq!(neither.to_string(), "skipped s.yml: it is for neither a stack nor serverless");
    let other = run("o.yml", "'t':\n  - do: { indices.create: { index: a } }\n").await;
    assert!(matches!(&other.outcome, Outcome::Skipped(why) if why.contains("`indices.create`")), "{other}");
}

fn folder() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("ELASTIC_YAML_TESTS") {
        return Some(folder.into());
    }
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let shared = std::env::var_os("ELKIT_SHARED").map_or_else(beside, PathBuf::from);
    let folder = shared.join("elastic-yaml-tests");
    folder.is_dir().then_some(folder)
}
