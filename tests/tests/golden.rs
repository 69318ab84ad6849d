//! Each feature of the generator has a golden: a small spec, the code that comes of it, and rows that say what that code
//! does. The code is compiled here, as modules of another crate than the client; a namespace is an extension trait.
//! To accept what the generator writes now: `ELKIT_ACCEPT=1 cargo test -p elkit-codegen --test generate goldens`.

#[rustfmt::skip]
#[allow(clippy::enum_variant_names, missing_docs, unreachable_pub, dead_code, deprecated)]
#[path = "golden/modules.rs"]
mod code;
#[path = "golden/rows/calls.rs"]
mod calls;
#[path = "golden/rows/choices.rs"]
mod choices;
#[path = "golden/harness.rs"]
mod harness;
#[path = "golden/rows/objects.rs"]
mod objects;
#[path = "golden/regenerate.rs"]
mod regenerate;

use std::path::Path;

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"))
}

#[test]
fn committed_code_is_what_the_specs_say() {
    regenerate::check(folder());
}

#[test]
fn every_golden_is_compiled_and_has_rows() {
    let modules = include_str!("golden/modules.rs");
    let rows = [
        include_str!("golden/rows/calls.rs"),
        include_str!("golden/rows/choices.rs"),
        include_str!("golden/rows/objects.rs"),
    ]
    .concat();
    for name in regenerate::specs(folder()).keys() {
        assert!(modules.contains(&format!("pub mod {name};")), "golden/modules.rs lacks {name}");
        assert!(rows.contains(&format!("code::{name}::")), "no row is about {name}");
    }
}
