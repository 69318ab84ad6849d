//! Media types: which version a request speaks, and what the answer is then called.

use super::error::Refusal;
use crate::message::Request;

const CURRENT: u32 = 9;
const PLAIN: &str = "application/json";

/// Checks `Accept` and `Content-Type` against each other; returns the answer's media type.
pub(crate) fn negotiate(request: &Request) -> Result<String, Refusal> {
    let accept = request.header("accept").unwrap_or("*/*");
    let content_type = request.header("content-type");
    let accepted = version(accept).map_err(|()| invalid("Accept", "cannot be parsed", accept))?;
    if let Some(version) = accepted.filter(|version| !supported(*version)) {
        let why = format!(
            "Accept version must be either version {CURRENT} or {}, but found {version}. Accept={accept}",
            CURRENT - 1
        );
        return Err(invalid("Accept", &why, accept));
    }
    if !request.body.is_empty() {
        let given = content_type.unwrap_or_default();
        let media = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let known = [
            PLAIN,
            "application/x-ndjson",
            "application/vnd.elasticsearch+json",
            "application/vnd.elasticsearch+x-ndjson",
        ];
        if !known.contains(&media.as_str()) {
            return Err(Refusal::Plain(
                406,
                serde_json::json!({
                    "error": format!("Content-Type header [{given}] is not supported"),
                    "status": 406,
                }),
            ));
        }
        let sent = version(given).map_err(|()| invalid("Content-Type", "cannot be parsed", given))?;
        if let Some(version) = sent.filter(|version| !supported(*version)) {
            let why = format!(
                "Content-Type version must be either version {CURRENT} or {}, but found {version}. Content-Type={given}",
                CURRENT - 1
            );
            return Err(invalid("Content-Type", &why, given));
        }
        if sent != accepted {
            let why = format!(
                "A compatible version is required on both Content-Type and Accept headers if either one has requested a compatible version and the compatible versions must match. Accept={accept}, Content-Type={given}"
            );
            return Err(invalid("Accept, Content-Type", &why, given));
        }
    }
    Ok(match accepted {
        Some(version) => format!("application/vnd.elasticsearch+json;compatible-with={version}"),
        None => PLAIN.to_owned(),
    })
}

fn supported(version: u32) -> bool {
    version == CURRENT || version == CURRENT - 1
}

/// The version that a vendor media type names.
fn version(header: &str) -> Result<Option<u32>, ()> {
    let lower = header.to_ascii_lowercase();
    if !lower.contains("application/vnd.elasticsearch+") {
        return Ok(None);
    }
    let mut parameters = lower.split(';').skip(1).map(str::trim);
    match parameters.find_map(|parameter| parameter.strip_prefix("compatible-with=")) {
        Some(number) => number.trim().trim_matches('"').parse().map(Some).map_err(|_| ()),
        None => Err(()),
    }
}

fn invalid(headers: &str, why: &str, _value: &str) -> Refusal {
    Refusal::new(400, "media_type_header_exception", format!("Invalid media-type value on headers [{headers}]"))
        .caused_by("status_exception", why)
}
