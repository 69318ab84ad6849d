//! The report for a pull request: the verdict, a table of figures, then the rows by class. Long lists are cut where a
//! pull request would be: the JSON report has all.

use std::fmt::Write as _;

use super::{Action, Change, Class, Diff, Part, Presence};

/// How many rows of one class and product are shown.
const SHOWN: usize = 200;

pub(super) fn report(diff: &Diff) -> String {
    let mut text = String::from("# What changes for Rust users\n\n");
    let [breaking, additive, docs] = [Class::Breaking, Class::Additive, Class::Docs].map(|class| diff.count(class));
    text.push_str(&match (breaking, additive, docs) {
        (0, 0, 0) => "**Nothing.**\n".to_owned(),
        (0, 0, _) => "**A patch version is due**: nothing but documentation changes.\n".to_owned(),
        (0, ..) => "**A minor version is due**: nothing breaks.\n".to_owned(),
        (1, ..) => "**A major version is due**: 1 change breaks code.\n".to_owned(),
        _ => format!("**A major version is due**: {breaking} changes break code.\n"),
    });
    if breaking + additive + docs > 0 {
        figures(diff, &mut text);
    }
    diff.documents.iter().for_each(|documents| presence(documents, &mut text));
    let titles = [(Class::Breaking, "Breaking"), (Class::Additive, "Additive"), (Class::Docs, "Documentation alone")];
    for (class, title) in titles {
        let rows: Vec<&Change> = diff.changes.iter().filter(|change| change.class == class).collect();
        if rows.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n## {title} ({})", rows.len());
        // What few will read is folded.
        if class == Class::Docs {
            text.push_str("\n<details><summary>All rows</summary>\n");
        }
        for product in ["elasticsearch", "kibana"] {
            let rows: Vec<&&Change> = rows.iter().filter(|change| change.product == product).collect();
            if !rows.is_empty() {
                table(product, &rows, &mut text);
            }
        }
        if class == Class::Docs {
            text.push_str("\n</details>\n");
        }
    }
    let entries = diff.changelog();
    if !entries.is_empty() {
        let _ = write!(text, "\n## Proposed entries of the changelog\n\n```markdown\n{entries}```\n");
    }
    text
}

fn figures(diff: &Diff, text: &mut String) {
    text.push_str("\n| | added | removed | renamed | retyped | newly required | newly optional | other |\n|---|---|---|---|---|---|---|---|\n");
    let parts = [
        (Part::Operation, "operations"),
        (Part::Type, "types"),
        (Part::Member, "members"),
        (Part::Value, "enum values"),
        (Part::Alternative, "alternatives of unions"),
        (Part::Name, "names in Rust"),
        (Part::Trait, "traits"),
    ];
    for (part, title) in parts {
        let of = |actions: &[Action]| {
            let rows = diff.changes.iter().filter(|change| change.part == part && actions.contains(&change.action));
            rows.count()
        };
        let counts = [
            of(&[Action::Added]),
            of(&[Action::Removed]),
            of(&[Action::Renamed]),
            of(&[Action::Retyped]),
            of(&[Action::Required]),
            of(&[Action::Optional]),
            of(&[Action::Changed, Action::Missing]),
        ];
        if counts.iter().any(|count| *count > 0) {
            let counts: Vec<String> = counts.iter().map(usize::to_string).collect();
            let _ = writeln!(text, "| {title} | {} |", counts.join(" | "));
        }
    }
}

fn presence(documents: &Presence, text: &mut String) {
    let Presence { old, new, both, only_old, only_new } = documents;
    let _ = write!(
        text,
        "\n`{old}` and `{new}`, by verb and path: {both} calls in both, {} only in `{old}`, {} only in `{new}`.\n",
        only_old.len(),
        only_new.len()
    );
}

fn table(product: &str, rows: &[&&Change], text: &mut String) {
    let _ = write!(text, "\n### {product}\n\n| what | where | was | is | for Rust users |\n|---|---|---|---|---|\n");
    for change in rows.iter().take(SHOWN) {
        let code = |text: &Option<String>| text.as_deref().map(code).unwrap_or_default();
        let _ = writeln!(
            text,
            "| {} {} | {} | {} | {} | {} |",
            part(change.part),
            action(change.action),
            code(&Some(change.id.clone())),
            code(&change.was),
            code(&change.is),
            cell(&change.effect)
        );
    }
    if rows.len() > SHOWN {
        let _ = write!(text, "\nand {} more: `cargo xtask diff --json` has all\n", rows.len() - SHOWN);
    }
}

fn code(text: &str) -> String {
    // A backtick inside would end the code.
    format!("`{}`", cell(text).replace('`', "'"))
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

pub(super) fn part(part: Part) -> &'static str {
    match part {
        Part::Operation => "operation",
        Part::Type => "type",
        Part::Member => "member",
        Part::Value => "enum value",
        Part::Alternative => "alternative",
        Part::Name => "name in Rust",
        Part::Trait => "trait",
        Part::Sentences => "sentences",
    }
}

fn action(action: Action) -> &'static str {
    match action {
        Action::Added => "added",
        Action::Removed => "removed",
        Action::Renamed => "renamed",
        Action::Retyped => "retyped",
        Action::Required => "newly required",
        Action::Optional => "newly optional",
        Action::Changed => "changed",
        Action::Missing => "not in the new document",
    }
}
