//! `cargo xtask tidy`: hand-written specs as the printer writes them, so that a review shows what they say alone.

use anyhow::Result;
use elkit_codegen::spec;

use crate::workspace::{explain, read_tree, root, write};

pub(crate) fn run() -> Result<()> {
    let root = root()?;
    let mut changed = 0;
    for product in ["elasticsearch", "kibana"] {
        let folder = root.join("spec").join(product);
        let files = read_tree(&folder, ".json")?;
        let api = explain(spec::read(&files), &format!("spec/{product}/"), &files)?;
        for (path, text) in spec::print(&api) {
            changed += usize::from(write(&folder.join(path), &text)?);
        }
    }
    println!("{changed} files changed");
    Ok(())
}
