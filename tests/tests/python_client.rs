//! Elastic's official Python client against the embedded stack: all 66 methods of `client.security`, every call accepted
//! and its answer parsed by somebody else's code.
//!
//! It needs what the project does not ask for: `python3` (`ELKIT_PYTHON` names another) with `pip install elasticsearch`.
//! Where that lacks, the test says so and passes.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use base64::Engine;
use elkit_stack::Stack;
use serde_json::Value;

/// What a browser would bring from the identity provider.
fn proof(stack: &Stack, kind: &str, at: &str) -> Value {
    let provider = stack.identity_provider();
    match kind {
        "certificate_chain" => {
            let chain = provider.certificate_chain("ana");
            chain.iter().map(|der| base64::engine::general_purpose::STANDARD.encode(der)).collect()
        }
        "oidc_login" => provider.oidc_login(at, "ana").unwrap().into(),
        "saml_login" => provider.saml_login(at, "ana").unwrap().into(),
        "saml_logout" => provider.saml_logout(at).unwrap().into(),
        "saml_logout_request" => provider.saml_logout_request("ana").into(),
        other => panic!("no such proof: {other}"),
    }
}

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
    let mut child = Command::new(&python)
        .arg(script)
        .env("ELASTICSEARCH_URL", stack.elasticsearch_url())
        .env("ELASTICSEARCH_USERNAME", "elastic")
        .env("ELASTICSEARCH_PASSWORD", stack.elastic_password())
        .env_remove("ELASTICSEARCH_CA_CERT")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut answers = child.stdin.take().unwrap();
    let mut last = Value::Null;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        last = serde_json::from_str(&line.unwrap()).unwrap();
        if let Some(kind) = last["proof"].as_str() {
            let proof = proof(&stack, kind, last["at"].as_str().unwrap_or_default());
            writeln!(answers, "{proof}").unwrap();
        }
    }
    assert!(child.wait().unwrap().success(), "it says above what was refused; its last line was {last}");
    let result = last;
    assert_eq!(result["methods"], 66, "{result}");
    println!("{result}");
}
