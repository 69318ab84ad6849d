//! Where the workspace is, and files by path: what every command needs and no library has.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use elkit_codegen::diagnostic::Diagnostics;

/// The root of the workspace: above the current directory, or where xtask was built.
pub(crate) fn root() -> Result<PathBuf> {
    let here = std::env::current_dir().context("the current directory is gone")?;
    let built = Path::new(env!("CARGO_MANIFEST_DIR"));
    let is_root = |dir: &&Path| dir.join("xtask/Cargo.toml").is_file() && dir.join("codegen").is_dir();
    match here.ancestors().chain(built.ancestors()).find(is_root) {
        Some(root) => Ok(root.to_owned()),
        None => bail!("no workspace above {}", here.display()),
    }
}

/// The text of a file.
pub(crate) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))
}

/// The texts of all files below a folder that end in `extension`, by path with `/`. A folder that does not exist is empty.
pub(crate) fn read_tree(folder: &Path, extension: &str) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    let mut open = vec![(folder.to_owned(), String::new())];
    while let Some((dir, prefix)) = open.pop() {
        if !dir.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&dir).with_context(|| format!("can't read {}", dir.display()))? {
            let entry = entry?;
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
                continue;
            };
            if entry.file_type()?.is_dir() {
                open.push((entry.path(), format!("{prefix}{name}/")));
            } else if name.ends_with(extension) {
                files.insert(format!("{prefix}{name}"), read(&entry.path())?);
            }
        }
    }
    Ok(files)
}

/// Writes a file and the folders above it, unless it says that already. Whether it was written.
pub(crate) fn write(path: &Path, text: &str) -> Result<bool> {
    if fs::read(path).is_ok_and(|old| old == text.as_bytes()) {
        return Ok(false);
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).with_context(|| format!("can't create {}", parent.display()))?;
    }
    fs::write(path, text).with_context(|| format!("can't write {}", path.display()))?;
    Ok(true)
}

/// Removes a file, and the folder above it when that was its last.
pub(crate) fn remove(path: &Path) -> Result<()> {
    fs::remove_file(path).with_context(|| format!("can't remove {}", path.display()))?;
    if let Some(parent) = path.parent() {
        // A folder that still holds something stays.
        let _ = fs::remove_dir(parent);
    }
    Ok(())
}

/// The texts of a spec folder that the generator reads, by path below it.
pub(crate) fn spec_texts(folder: &Path) -> Result<BTreeMap<String, String>> {
    let texts = [".json", ".toml", ".lock"].into_iter().map(|extension| read_tree(folder, extension));
    Ok(texts.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// Ends the command with all problems, each with its excerpt of `sources`. `folder` is put before the names of the files.
pub(crate) fn explain<T>(
    result: Result<T, Diagnostics>,
    folder: &str,
    sources: &BTreeMap<String, String>,
) -> Result<T> {
    result.or_else(|problems| bail!("the input has problems\n\n{}", show(problems, folder, sources)))
}

/// All problems, each with its excerpt.
pub(crate) fn show(problems: Diagnostics, folder: &str, sources: &BTreeMap<String, String>) -> String {
    let text = if folder.is_empty() {
        problems.render(sources)
    } else {
        let sources = sources.iter().map(|(path, text)| (format!("{folder}/{path}"), text.clone()));
        problems.in_folder(folder).render(&sources.collect())
    };
    text.trim_end().to_owned()
}
