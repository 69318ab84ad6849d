//! Goldens: a small spec for each feature of the generator, and the code that comes of it, committed. This file depends
//! on the generator alone, so that a golden can be accepted while the client does not compile.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use elkit_codegen::generate_extension;
use elkit_codegen::spec::model::Product;
use similar::TextDiff;

type Texts = BTreeMap<String, String>;

/// How to make the committed files what the generator writes.
const COMMAND: &str = "ELKIT_ACCEPT=1 cargo test -p elkit-codegen --test generate goldens";

/// Generates every golden and compares, or with `ELKIT_ACCEPT=1` writes.
pub(crate) fn check(folder: &Path) {
    let accept = std::env::var_os("ELKIT_ACCEPT").is_some_and(|value| value == "1");
    let mut report = String::new();
    for (name, spec) in specs(folder) {
        let home = folder.join(&name);
        match generate(&spec) {
            Ok(wanted) if accept => write(&home, &wanted),
            Ok(wanted) => compare(&name, &committed(&home), &wanted, &mut report),
            Err(problems) => _ = writeln!(report, "{name}/spec.txt does not generate:\n{problems}"),
        }
    }
    assert!(report.is_empty(), "{report}\nif that is what you want: {COMMAND}");
}

/// The folders that hold a `spec.txt`, with its text.
pub(crate) fn specs(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).expect("the goldens are there");
    let spec = |entry: fs::DirEntry| {
        let text = fs::read_to_string(entry.path().join("spec.txt")).ok()?;
        Some((entry.file_name().into_string().ok()?, text))
    };
    entries.filter_map(|entry| spec(entry.ok()?)).collect()
}

/// The files of a `spec.txt`, by path: each stands below a line `=== path`.
pub(crate) fn sections(spec: &str) -> Texts {
    let mut files = Texts::new();
    for section in spec.split("\n=== ").skip(1) {
        let (path, text) = section.split_once('\n').expect("a section has a text");
        files.insert(path.trim().to_owned(), text.to_owned());
    }
    files
}

/// What comes of the files of a `spec.txt`.
pub(crate) fn generate(spec: &str) -> Result<Texts, String> {
    let files = sections(spec);
    let below = |folder: &str| -> Texts {
        files.iter().filter_map(|(path, text)| Some((path.strip_prefix(folder)?.to_owned(), text.clone()))).collect()
    };
    let mut generated = Texts::new();
    for product in [Product::Elasticsearch, Product::Kibana] {
        let own = below(&format!("{}/", product.as_str()));
        if !own.is_empty() {
            generated.extend(
                generate_extension(product, &own, &below("overlay/")).map_err(|problems| problems.to_string())?,
            );
        }
    }
    Ok(generated)
}

fn committed(home: &Path) -> Texts {
    let mut files = Texts::new();
    let mut open: Vec<PathBuf> = ["elasticsearch", "kibana"].iter().map(|product| home.join(product)).collect();
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(home).expect("it is below").to_string_lossy().replace('\\', "/");
                files.insert(name, fs::read_to_string(&path).expect("it is text"));
            }
        }
    }
    files
}

fn compare(name: &str, old: &Texts, new: &Texts, report: &mut String) {
    let mut paths: Vec<&String> = old.keys().chain(new.keys()).collect();
    paths.sort();
    paths.dedup();
    for path in paths {
        let (old, new) = (old.get(path).map_or("", String::as_str), new.get(path).map_or("", String::as_str));
        if old != new {
            let diff = TextDiff::from_lines(old, new);
            let header = format!("{name}/{path}");
            let text = diff.unified_diff().context_radius(2).header(&header, &header).to_string();
            text.lines().take(60).for_each(|line| _ = writeln!(report, "{line}"));
        }
    }
}

fn write(home: &Path, wanted: &Texts) {
    for path in committed(home).keys().filter(|path| !wanted.contains_key(*path)) {
        fs::remove_file(home.join(path)).expect("it can be removed");
    }
    for (path, text) in wanted {
        let path = home.join(path);
        fs::create_dir_all(path.parent().expect("it stands in a folder")).expect("it can be made");
        fs::write(path, text).expect("it can be written");
    }
}
