//! API keys, in the forms people have them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::Credentials;
use super::credentials::{authorization, no_control, no_scheme, refuse};
use crate::{Error, Response, Secret};

/// An API key: the encoded form, or id and secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey(Key);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Key {
    Encoded(Secret<String>),
    Pair(Secret<String>, Secret<String>),
}

impl ApiKey {
    /// The `encoded` member of the answer to `create_api_key`: base64 of `id:secret`.
    pub fn encoded(encoded: impl Into<Secret<String>>) -> Self {
        Self(Key::Encoded(encoded.into()))
    }

    /// The `id` and `api_key` members of that answer.
    pub fn pair(id: impl Into<Secret<String>>, secret: impl Into<Secret<String>>) -> Self {
        Self(Key::Pair(id.into(), secret.into()))
    }

    pub(crate) fn to_credentials(&self) -> Result<Credentials, Error> {
        match &self.0 {
            Key::Encoded(encoded) => {
                check_encoded(encoded.expose())?;
                authorization("ApiKey", encoded.expose())
            }
            Key::Pair(id, secret) => {
                let (id, secret) = (id.expose(), secret.expose());
                if id.is_empty() || secret.is_empty() {
                    return Err(refuse("the API key's id or secret is empty"));
                }
                if id.contains(':') {
                    return Err(refuse("the API key's id holds a colon"));
                }
                no_control("API key", &[id, secret])?;
                authorization("ApiKey", &STANDARD.encode(format!("{id}:{secret}")))
            }
        }
    }
}

/// An answer that hands out an API key. Generated answers implement it, so that they can be given where a key is due.
pub trait IssuedApiKey {
    /// The key.
    fn issued_api_key(&self) -> ApiKey;
}

impl<T: IssuedApiKey> IssuedApiKey for Response<T> {
    fn issued_api_key(&self) -> ApiKey {
        T::issued_api_key(self)
    }
}

impl<T: IssuedApiKey> From<&T> for ApiKey {
    fn from(answer: &T) -> Self {
        answer.issued_api_key()
    }
}

impl From<&str> for ApiKey {
    fn from(encoded: &str) -> Self {
        Self::encoded(encoded)
    }
}

impl From<String> for ApiKey {
    fn from(encoded: String) -> Self {
        Self::encoded(encoded)
    }
}

impl From<&String> for ApiKey {
    fn from(encoded: &String) -> Self {
        Self::encoded(encoded)
    }
}

impl From<Secret<String>> for ApiKey {
    fn from(encoded: Secret<String>) -> Self {
        Self::encoded(encoded)
    }
}

impl From<&Secret<String>> for ApiKey {
    fn from(encoded: &Secret<String>) -> Self {
        Self::encoded(encoded)
    }
}

impl From<&ApiKey> for ApiKey {
    fn from(key: &ApiKey) -> Self {
        key.clone()
    }
}

impl<I: Into<Secret<String>>, S: Into<Secret<String>>> From<(I, S)> for ApiKey {
    fn from((id, secret): (I, S)) -> Self {
        Self::pair(id, secret)
    }
}

/// Base64 of `id:secret`, or a key of Elastic Cloud, which has a prefix of its own.
fn check_encoded(encoded: &str) -> Result<(), Error> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    if encoded.is_empty() {
        return Err(refuse("the API key is empty"));
    }
    no_scheme("API key", encoded)?;
    if encoded.contains(':') {
        return Err(refuse(
            "the API key is not encoded: give `(id, secret)`, or base64 of `id:secret` (the `encoded` member)",
        ));
    }
    let decoded = LENIENT.decode(encoded.strip_prefix("essu_").unwrap_or(encoded)).map(Secret::new);
    match decoded {
        Ok(bytes) if std::str::from_utf8(bytes.expose()).is_ok_and(is_pair) => Ok(()),
        _ if encoded.starts_with("essu_") && encoded.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(()),
        _ => Err(refuse(
            "the API key is not base64 of `id:secret`: give the `encoded` member of the answer that created it, or \
             `(id, secret)`",
        )),
    }
}

fn is_pair(text: &str) -> bool {
    text.split_once(':').is_some_and(|(id, secret)| !id.is_empty() && !secret.is_empty())
}
