//! The commands as people run them, in a workspace of their own: what they print, write and exit with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A workspace that is removed with its test.
struct Workspace(PathBuf);

impl Workspace {
    fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("elkit-xtask-{}-{name}", std::process::id()));
        let workspace = Self(root);
        workspace.write("xtask/Cargo.toml", "");
        workspace.write("codegen/Cargo.toml", "");
        let areas = "# Product areas, written by `cargo xtask generate`.\n# End of product areas.\n";
        workspace.write("client/Cargo.toml", &format!("[features]\n{areas}"));
        workspace.write("spec/overlay/docs.toml", "[kibana.operations]\n\"shop.get\" = \"Gets one.\"\n");
        workspace.write("spec/overlay/names.toml", "[kibana.operations]\n\"GET /api/shop/{id}\" = \"shop.get\"\n");
        workspace
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().expect("it stands in a folder")).expect("it can be made");
        fs::write(path, text).expect("it can be written");
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.0.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn run(&self, program: &str, arguments: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(program);
        command.current_dir(&self.0).args(arguments);
        // What the machine's own git is told must not matter.
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Test").env(format!("GIT_{who}_EMAIL"), "test@example.com");
        }
        let Output { status, stdout, stderr } = command.output().unwrap_or_else(|error| panic!("{program}: {error}"));
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it is text");
        (status.code().unwrap_or(-1), text(stdout), text(stderr))
    }

    fn xtask(&self, arguments: &[&str]) -> (i32, String, String) {
        self.run(env!("CARGO_BIN_EXE_xtask"), arguments)
    }

    fn git(&self, arguments: &[&str]) {
        let (code, _, error) = self.run("git", arguments);
        assert_eq!(code, 0, "git {arguments:?}: {error}");
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A document of one call with this query.
fn document(query: &str) -> String {
    format!(
        r#"{{ "openapi": "3.0.3", "paths": {{ "/api/shop/{{id}}": {{ "get": {{ "operationId": "getShop",
            "parameters": [{{ "name": "id", "in": "path", "required": true, "schema": {{ "type": "string" }} }}{query}],
            "responses": {{ "200": {{ "description": "" }} }} }} }} }} }}"#
    )
}

fn query(name: &str, kind: &str) -> String {
    format!(r#", {{ "name": "{name}", "in": "query", "schema": {{ "type": "{kind}" }} }}"#)
}

#[test]
fn an_update_is_one_command() {
    let workspace = Workspace::new("update");
    workspace.write("kibana-1.0.json", &document(&query("page", "integer")));
    let update = |file: &str| workspace.xtask(&["update", "--no-check", "--kibana", file]);
    let (code, out, progress) = update("kibana-1.0.json");
    assert_eq!(code, 0, "{out}{progress}");
    assert!(out.contains("for Rust users: 0 breaking, 1 additive, 0 documentation alone"), "{out}");
    let steps: Vec<&str> =
        progress.lines().filter_map(|line| line.split_once(": done")).map(|(step, _)| step).collect();
    assert_eq!(steps, ["[1/4] import", "[2/4] generate", "[3/4] diff"], "plain lines where there is no terminal");
    assert!(workspace.read("client/src/generated/kibana/shop/mod.rs").contains("pub fn page("));
    assert!(workspace.read("target/update.md").contains("| operation added | `shop.get` |"));
    assert!(workspace.read("target/update.json").contains("\"action\": \"added\""));
    // The next version of the document takes something away.
    workspace.write("kibana-1.0.json", &document(&query("size", "integer")));
    let (code, out, _) = update("kibana-1.0.json");
    assert_eq!(code, 10, "{out}");
    assert!(out.contains("a major version is due"), "{out}");
    // A document that is broken changes nothing, and says where.
    let spec = workspace.read("spec/kibana/shop/get.json");
    workspace.write("kibana-1.0.json", &document(&query("size", "strnig")));
    let (code, _, error) = update("kibana-1.0.json");
    assert_eq!(code, 1);
    assert!(error.contains("unknown type `strnig`") && error.contains("kibana-1.0.json:2:"), "{error}");
    assert_eq!(workspace.read("spec/kibana/shop/get.json"), spec);
}

#[test]
fn a_call_that_nobody_named_is_told() {
    let workspace = Workspace::new("unnamed");
    workspace.write("spec/overlay/names.toml", "");
    workspace.write("spec/overlay/docs.toml", "");
    workspace.write("kibana-1.0.json", &document(""));
    let (code, _, progress) = workspace.xtask(&["update", "--no-check", "--kibana", "kibana-1.0.json"]);
    assert_eq!(code, 0, "{progress}");
    assert!(progress.contains("\"GET /api/shop/{id}\" = \"shop.get_by_id\""), "{progress}");
    assert!(progress.contains("\"shop.get_by_id\" = \"...\""), "{progress}");
    let (code, _, error) = workspace.xtask(&["generate", "--check"]);
    assert_eq!(code, 1, "what is unfinished is not committed");
    assert!(error.contains("`shop.get_by_id` has no summary"), "{error}");
}

#[test]
fn revisions_and_folders_are_compared() {
    let workspace = Workspace::new("diff");
    let call = |page: &str| {
        format!(
            r#"{{ "operation": "shop.get", "routes": [{{ "verbs": ["GET"], "path": "/api/shop" }}], "query": {{ "page": "{page}" }},
              "responses": {{ "200": {{}} }} }}"#
        )
    };
    workspace.write("spec/kibana/shop/get.json", &call("int32?"));
    workspace.git(&["init", "-q", "-b", "main"]);
    workspace.git(&["add", "-A"]);
    workspace.git(&["commit", "-q", "-m", "one"]);
    let (code, out, _) = workspace.xtask(&["diff"]);
    assert_eq!((code, out.as_str()), (0, "# What changes for Rust users\n\n**Nothing.**\n"));
    workspace.write("spec/kibana/shop/get.json", &call("int64?"));
    let (code, out, _) = workspace.xtask(&["diff"]);
    assert_eq!(code, 10);
    assert!(out.contains("| member retyped | `shop.get.page` | `int32` | `int64` |"), "{out}");
    workspace.git(&["commit", "-q", "-a", "-m", "two"]);
    let (code, json, _) = workspace.xtask(&["diff", "HEAD~1", "HEAD", "--json"]);
    assert_eq!(code, 10);
    assert!(json.starts_with("{\n  \"changes\": [") && json.contains("\"file\": \"kibana/shop/get.json\""), "{json}");
    let (code, out, _) = workspace.xtask(&["diff", "HEAD", "spec"]);
    assert_eq!((code, out.contains("Nothing")), (0, true), "a folder and a revision");
    let (code, out, _) = workspace.xtask(&["diff", "HEAD~1", "--changelog"]);
    assert_eq!((code, out.starts_with("### Changed\n\n- **Breaking**: Kibana: `shop.get.page`")), (10, true), "{out}");
    for wrong in ["no-such-revision", "--upload-pack=x", "client"] {
        let (code, _, error) = workspace.xtask(&["diff", "--", wrong]);
        assert_eq!(code, 1, "{wrong}: {error}");
    }
}

#[test]
fn private_routes_go_where_they_are_told() {
    let workspace = Workspace::new("out");
    workspace.write("routes/spec/shop/close.json", r#"{ "operation": "shop.close", "routes": [{ "verbs": ["POST"], "path": "/api/shop/_close" }], "responses": { "204": {} } }"#);
    workspace.write("routes/openapi.json", &document(""));
    workspace.write("out/mine.rs", "//! By hand.\n// stays\n");
    let arguments = ["generate", "--spec", "routes/spec", "--openapi", "routes/openapi.json", "--out", "out"];
    let (code, out, error) = workspace.xtask(&arguments);
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("out: 4 of 4 files written, 0 removed"), "{out}");
    assert!(workspace.read("out/mod.rs").contains("pub mod shop;"));
    let calls = workspace.read("out/shop/mod.rs");
    assert!(calls.contains("pub fn close(") && calls.contains("pub fn get_by_id("), "{calls}");
    let (_, out, _) = workspace.xtask(&arguments);
    assert!(out.contains("0 of 4 files written"), "{out}");
    assert_eq!(workspace.read("out/mine.rs"), "//! By hand.\n// stays\n");
    assert!(!Path::new(&workspace.0).join("client/src").exists(), "the client is left alone");
}
