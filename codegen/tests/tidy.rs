//! What must be absent from the sources. Each rule is one line of the table; a hit names file and line.

use std::path::{Path, PathBuf};

/// What must not stand where.
struct Rule {
    /// The folder it is about, below the workspace.
    folder: &'static str,
    /// The text that must not stand in a line.
    absent: &'static str,
    /// Files in which it may.
    but: &'static [&'static str],
    /// Why.
    why: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        folder: "client/src",
        absent: "reqwest::",
        but: &["client/src/http.rs"],
        why: "only http.rs names reqwest, so that it is no part of the public API",
    },
    Rule { folder: "codegen/src", absent: "std::fs", but: &[], why: "codegen does no I/O" },
    Rule { folder: "codegen/src", absent: "std::net", but: &[], why: "codegen does no I/O" },
    Rule { folder: "codegen/src", absent: "SystemTime", but: &[], why: "codegen reads no clock" },
    Rule { folder: "codegen/src/render", absent: "crate::ir", but: &[], why: "render sees the plan, never the IR" },
    Rule {
        folder: "client/src/generated",
        absent: "#[derive(serde",
        but: &[],
        why: "generated types stand on tables, not on serde_derive",
    },
    Rule {
        folder: "client/src",
        absent: "#[serde(",
        but: &[],
        why: "no serde_derive, flatten or untagged in the client",
    },
];

#[test]
fn nothing_stands_where_it_must_not() {
    let mut hits = Vec::new();
    for rule in RULES {
        for file in files(&root().join(rule.folder), "rs") {
            let name = file.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            if rule.but.iter().any(|but| name == *but || name.starts_with(but.trim_end_matches(".rs"))) {
                continue;
            }
            let text = std::fs::read_to_string(&file).unwrap();
            let lines = text.lines().enumerate().filter(|(_, line)| line.contains(rule.absent));
            hits.extend(lines.map(|(line, _)| format!("{name}:{}: `{}`: {}", line + 1, rule.absent, rule.why)));
        }
    }
    assert!(hits.is_empty(), "{}", hits.join("\n"));
}

#[test]
fn every_source_says_what_it_holds_to() {
    let mut bare = Vec::new();
    for folder in ["client", "codegen", "tests", "xtask"] {
        for file in files(&root().join(folder), "rs") {
            let text = std::fs::read_to_string(&file).unwrap();
            if !text.starts_with("//!") && !text.starts_with("#![doc = include_str!") {
                bare.push(file.strip_prefix(root()).unwrap().display().to_string());
            }
        }
    }
    assert!(bare.is_empty(), "no `//!` head in: {}", bare.join(", "));
}

#[test]
fn no_package_has_a_build_script() {
    let scripts = files(&root(), "rs").into_iter().filter(|file| file.ends_with("build.rs"));
    let scripts: Vec<PathBuf> = scripts.filter(|file| file.parent().unwrap().join("Cargo.toml").exists()).collect();
    assert!(scripts.is_empty(), "{scripts:?}");
}

/// The fields of a span are written down in code, so a parameter that nobody wrote down would not be told.
#[test]
fn spans_tell_every_parameter_of_the_security_api() {
    let telemetry = std::fs::read_to_string(root().join("client/src/telemetry.rs")).unwrap();
    let mut found = 0;
    for file in files(&root().join("spec/elasticsearch/security"), "json") {
        let text = std::fs::read_to_string(&file).unwrap();
        let paths = text.split("\"path\": \"/").skip(1).filter_map(|rest| rest.split('"').next());
        for path in paths {
            for name in path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name) {
                assert!(telemetry.contains(&format!("db.operation.parameter.{name} = Empty")), "{name} of {file:?}");
                found += 1;
            }
        }
    }
    assert!(found > 30, "{found} parameters");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') {
                found.extend(files(&path, extension));
            }
        } else if path.extension().is_some_and(|known| known == extension) {
            found.push(path);
        }
    }
    found
}
