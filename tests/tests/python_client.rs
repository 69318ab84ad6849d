//! Elastic's official Python client against the embedded stack: all 66 methods of `client.security`, every call accepted
//! and its answer parsed by somebody else's code.
//!
//! It needs what the project does not ask for: `python3` (`ELKIT_PYTHON` names another) with `pip install elasticsearch`.
//! Where that lacks, the test says so and passes.

use std::path::PathBuf;
use std::process::Command;

use elkit_stack::Stack;
use serde_json::Value;

#[test]
fn the_official_client_is_served() {
    let python = std::env::var("ELKIT_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    match Command::new(&python).args(["-c", "import elasticsearch"]).output() {
        Ok(probe) if probe.status.success() => {}
        Ok(_) => return println!("skipped: {python} has no package `elasticsearch` (pip install elasticsearch)"),
        Err(error) => return println!("skipped: {python} can't be run: {error}"),
    }
    let stack = Stack::start_blocking().unwrap();
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("python/drive_client.py");
    let output = Command::new(&python)
        .arg(script)
        .env("ELASTICSEARCH_URL", stack.elasticsearch_url())
        .env("ELASTICSEARCH_USERNAME", "elastic")
        .env("ELASTICSEARCH_PASSWORD", stack.elastic_password())
        .env_remove("ELASTICSEARCH_CA_CERT")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let result: Value = serde_json::from_str(said.lines().last().unwrap_or_default()).unwrap();
    assert_eq!(result["methods"], 66, "{result}");
    println!("{result}");
}
