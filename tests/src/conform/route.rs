//! Which operation a request is for: by verb and path, literal segments before parameters.

use elkit::rt::Product;
use percent_encoding::percent_decode_str;

use super::json::Tree;
use crate::dispatch::{self, Row};

/// A route that fits a raw path.
#[derive(Clone)]
pub struct Match {
    /// The operation.
    pub row: &'static Row,
    /// All verbs it may be sent with on this path.
    pub verbs: Vec<&'static str>,
    /// Path parameters with their comma-separated values, decoded.
    pub path: Vec<(String, Vec<String>)>,
}

/// Finds the operation a line names, by `operation` or by `product`, `method` and the template in `path`.
///
/// # Errors
/// When it names none, or one that the client does not have.
pub fn named(line: &Tree) -> Result<&'static Row, String> {
    if let Some(id) = line.get("operation") {
        let id = id.as_str().ok_or("`operation` is not a string")?;
        return dispatch::find(id).ok_or_else(|| format!("the client has no operation `{id}`"));
    }
    let (product, method, path) = (product(line)?, method(line)?, text(line, "path")?);
    let bare = |template: &str| -> String { template.split('/').map(anonymous).collect::<Vec<_>>().join("/") };
    let wanted = bare(without_space(product, path).1);
    let fits = |row: &&Row| {
        let mut routes = row.routes.iter();
        row.product == product && routes.any(|(verbs, path)| verbs.contains(&method.as_str()) && bare(path) == wanted)
    };
    dispatch::rows().find(fits).ok_or_else(|| format!("the client has no operation for {method} {path}"))
}

/// Finds the operation of a raw request.
///
/// # Errors
/// When there is none, or part of the path is not UTF-8.
pub fn find(product: Product, method: &str, path: &str) -> Result<Match, String> {
    let segments: Vec<&str> = path.split('/').collect();
    let mut best: Option<(Vec<bool>, &'static Row, &'static str)> = None;
    let mut other_verbs = Vec::new();
    for row in dispatch::rows().filter(|row| row.product == product) {
        for (verbs, template) in row.routes {
            let Some(literal) = fits(template, &segments) else { continue };
            if !verbs.contains(&method) {
                other_verbs.extend(verbs.iter().copied());
            } else if best.as_ref().is_none_or(|(known, ..)| literal > *known) {
                best = Some((literal, row, template));
            }
        }
    }
    let Some((_, row, template)) = best else {
        other_verbs.sort_unstable();
        other_verbs.dedup();
        let hint = if other_verbs.is_empty() { String::new() } else { format!(" (but {})", other_verbs.join(", ")) };
        return Err(format!("the client has no operation for {method} {path}{hint}"));
    };
    let routes = row.routes.iter().filter(|(_, other)| *other == template);
    let verbs = routes.flat_map(|(verbs, _)| verbs.iter().copied()).collect();
    let path = template.split('/').zip(segments).filter_map(|(part, segment)| parameter(part, segment)).collect();
    let path: Result<Vec<_>, String> =
        Vec::into_iter(path).map(|(name, raw)| Ok((name.to_owned(), values(product, raw)?))).collect();
    Ok(Match { row, verbs, path: path? })
}

/// The product a line names.
///
/// # Errors
/// When it names none.
pub fn product(line: &Tree) -> Result<Product, String> {
    match text(line, "product")? {
        "elasticsearch" => Ok(Product::Elasticsearch),
        "kibana" => Ok(Product::Kibana),
        other => Err(format!("`product` is `{other}`, not `elasticsearch` or `kibana`")),
    }
}

/// The verb a line names, in capitals.
///
/// # Errors
/// When it names none.
pub fn method(line: &Tree) -> Result<String, String> {
    text(line, "method").map(str::to_ascii_uppercase)
}

/// A member that must be a string.
///
/// # Errors
/// When it is not.
pub fn text<'a>(line: &'a Tree, name: &str) -> Result<&'a str, String> {
    let value = line.get(name).ok_or_else(|| format!("`{name}` is missing"))?;
    value.as_str().ok_or_else(|| format!("`{name}` is {}, not a string", value.kind()))
}

/// Splits `/s/{space}` off a path of Kibana's. The default space has no prefix.
pub fn without_space(product: Product, path: &str) -> (Option<&str>, &str) {
    let split = || {
        let rest = path.strip_prefix("/s/")?;
        let (space, _) = rest.split_once('/')?;
        Some((space, &rest[space.len()..]))
    };
    match split().filter(|_| product == Product::Kibana) {
        Some(("default", rest)) => (None, rest),
        Some((space, rest)) => (Some(space), rest),
        None => (None, path),
    }
}

/// Percent-decodes a piece of a path.
///
/// # Errors
/// When it is not UTF-8.
pub fn decoded(segment: &str) -> Result<String, String> {
    let text = percent_decode_str(segment).decode_utf8();
    text.map(std::borrow::Cow::into_owned).map_err(|_| format!("`{segment}` is not UTF-8 when decoded"))
}

fn values(product: Product, raw: &str) -> Result<Vec<String>, String> {
    match product {
        Product::Elasticsearch => raw.split(',').map(decoded).collect(),
        Product::Kibana => Ok(vec![decoded(raw)?]),
    }
}

/// Which segments are literal, if the template fits: the one whose first difference is literal is the better one.
fn fits(template: &str, segments: &[&str]) -> Option<Vec<bool>> {
    let parts: Vec<&str> = template.split('/').collect();
    if parts.len() != segments.len() {
        return None;
    }
    let each = parts.iter().zip(segments).map(|(part, segment)| match parameter(part, segment) {
        Some((_, value)) => (!value.is_empty()).then_some(false),
        None => (part == segment).then_some(true),
    });
    each.collect()
}

/// Name and raw value of the parameter in a segment of a template.
fn parameter<'a>(part: &'a str, segment: &'a str) -> Option<(&'a str, &'a str)> {
    let (before, rest) = part.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((name, segment.strip_prefix(before)?.strip_suffix(after)?))
}

fn anonymous(part: &str) -> String {
    match (part.split_once('{'), part.rsplit_once('}')) {
        (Some((before, _)), Some((_, after))) => format!("{before}{{}}{after}"),
        _ => part.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_segments_go_first() {
        for (method, path, id) in [
            ("GET", "/_security/user/_privileges", "security.get_user_privileges"),
            ("GET", "/_security/user/privileges", "security.get_user"),
            ("POST", "/_security/user/_password", "security.change_password"),
            ("POST", "/_security/user/u", "security.put_user"),
            ("POST", "/_security/user/u/_password", "security.change_password"),
            ("PUT", "/_security/api_key/clone", "security.clone_api_key"),
        ] {
            assert_eq!(find(Product::Elasticsearch, method, path).map(|found| found.row.id), Ok(id), "{path}");
        }
    }

    #[test]
    fn lists_are_split_before_they_are_decoded() {
        let found =
            find(Product::Elasticsearch, "GET", "/_security/role/a%2Cb,c%2Fd").unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(found.path, [("name".to_owned(), vec!["a,b".to_owned(), "c/d".to_owned()])]);
        assert_eq!(found.verbs, ["GET"]);
    }

    #[test]
    fn what_is_not_there() {
        let why = |method, path| find(Product::Elasticsearch, method, path).err().unwrap_or_default();
        assert_eq!(why("GET", "/x"), "the client has no operation for GET /x");
        let other = why("PATCH", "/_security/role/a");
        assert!(other.ends_with("PATCH /_security/role/a (but DELETE, GET, POST, PUT)"), "{other}");
        assert!(why("GET", "/_security/role/%ff").contains("not UTF-8"));
        assert!(why("GET", "/_security/user/").contains("no operation"));
    }

    #[test]
    fn spaces() {
        assert_eq!(without_space(Product::Kibana, "/s/a/api/x"), (Some("a"), "/api/x"));
        assert_eq!(without_space(Product::Kibana, "/s/default/api/x"), (None, "/api/x"));
        assert_eq!(without_space(Product::Kibana, "/s/a"), (None, "/s/a"));
        assert_eq!(without_space(Product::Elasticsearch, "/s/a/b"), (None, "/s/a/b"));
    }
}
