//! The Cloud ID: `name:base64(host[:port]$elasticsearch[:port]$kibana[:port])`. One parse gives both endpoints.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::rt::Product;
use crate::{Error, ErrorKind, Secret};

/// The endpoints of a deployment. A product that the deployment lacks has none.
pub(super) struct CloudId {
    elasticsearch: Option<String>,
    kibana: Option<String>,
}

impl CloudId {
    /// # Errors
    /// When the text is not a Cloud ID. The error does not show it.
    pub(super) fn parse(text: &Secret<String>) -> Result<Self, Error> {
        // Padding is often lost on the way through a shell or a form.
        const LENIENT: GeneralPurpose = GeneralPurpose::new(
            &STANDARD,
            GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
        );
        let text = text.expose().trim();
        let (_, encoded) = text.split_once(':').ok_or_else(|| refuse("it has no `name:` before the base64"))?;
        let decoded = LENIENT.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let decoded = decoded.ok_or_else(|| refuse("what stands behind the name is not base64 of text"))?;
        let mut parts = decoded.split('$');
        let (domain, domain_port) = port(parts.next().unwrap_or_default());
        if domain.is_empty() {
            return Err(refuse("it names no host"));
        }
        let mut endpoint = || {
            let Some((id, id_port)) = parts.next().map(port).filter(|(id, _)| !id.is_empty()) else {
                return Ok(None);
            };
            let port = id_port.or(domain_port).unwrap_or("443");
            let host = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
            let valid = [id, domain].iter().all(|part| part.bytes().all(host)) && port.parse::<u16>().is_ok();
            if !valid {
                return Err(refuse("it names a host or port that can't exist"));
            }
            Ok(Some(format!("https://{id}.{domain}:{port}")))
        };
        Ok(Self { elasticsearch: endpoint()?, kibana: endpoint()? })
    }

    /// # Errors
    /// When the deployment lacks the product.
    pub(super) fn url(&self, product: Product) -> Result<&str, Error> {
        let (url, message) = match product {
            Product::Elasticsearch => (&self.elasticsearch, "it names no Elasticsearch"),
            Product::Kibana => (&self.kibana, "it names no Kibana"),
        };
        url.as_deref().ok_or_else(|| refuse(message))
    }
}

fn port(part: &str) -> (&str, Option<&str>) {
    part.split_once(':').map_or((part, None), |(host, port)| (host, Some(port)))
}

fn refuse(what: &str) -> Error {
    Error::new(ErrorKind::Configuration, format!("the Cloud ID can't be used: {what}"))
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose;

    use super::*;

    /// `Err("")` stands for any error.
    #[track_caller]
    fn check_text(text: &str, elasticsearch: Result<&str, &str>, kibana: Result<&str, &str>) {
        let parsed = CloudId::parse(&text.into());
        for (product, expected) in [(Product::Elasticsearch, elasticsearch), (Product::Kibana, kibana)] {
            let url = match &parsed {
                Ok(id) => id.url(product).map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            match expected {
                Ok(expected) => assert_eq!(url, Ok(expected)),
                Err(part) => {
                    let message = url.unwrap_err();
                    assert!(message.contains(part), "{message}");
                    assert!(!message.contains("canary"), "{message}");
                }
            }
        }
    }

    #[track_caller]
    fn check(decoded: &str, elasticsearch: Result<&str, &str>, kibana: Result<&str, &str>) {
        let encoded = general_purpose::STANDARD.encode(decoded);
        check_text(&format!("canary:{encoded}"), elasticsearch, kibana);
        check_text(&format!(":{encoded}\n"), elasticsearch, kibana);
        check_text(&format!("canary:{}", encoded.trim_end_matches('=')), elasticsearch, kibana);
    }

    #[test]
    fn endpoints() {
        check("host$abc$xyz", Ok("https://abc.host:443"), Ok("https://xyz.host:443"));
        check("host:9243$abc$xyz", Ok("https://abc.host:9243"), Ok("https://xyz.host:9243"));
        check("host:9243$abc:9244$xyz", Ok("https://abc.host:9244"), Ok("https://xyz.host:9243"));
        check("host$abc:9244$xyz:9245", Ok("https://abc.host:9244"), Ok("https://xyz.host:9245"));
        check("host$abc$xyz$more$parts", Ok("https://abc.host:443"), Ok("https://xyz.host:443"));
        check("host$abc$", Ok("https://abc.host:443"), Err("no Kibana"));
        check("host$abc", Ok("https://abc.host:443"), Err("no Kibana"));
        check("host$$xyz", Err("no Elasticsearch"), Ok("https://xyz.host:443"));
    }

    #[test]
    fn what_is_refused() {
        check("$abc$xyz", Err("no host"), Err("no host"));
        check("", Err("no host"), Err("no host"));
        for odd in ["host:x$canary$b", "host:70000$canary$b", "ho/st$canary$b", "host$can@ary$b", "host$a\n$b"] {
            check(odd, Err("can't exist"), Err("can't exist"));
        }
        let encoded = general_purpose::STANDARD.encode("host$canary$b");
        check_text(&encoded, Err("no `name:`"), Err("no `name:`"));
        check_text(&format!("two:colons:{encoded}"), Err("not base64"), Err("not base64"));
        check_text("canary:***", Err("not base64"), Err("not base64"));
        check_text("canary:_w-_", Err("not base64"), Err("not base64"));
        check_text("canary:/w==", Err("not base64"), Err("not base64"));
        check_text("", Err("no `name:`"), Err("no `name:`"));
    }
}
