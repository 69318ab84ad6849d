//! Bearer tokens.

use super::Credentials;
use super::credentials::{authorization, no_scheme, refuse};
use crate::{Error, Response, Secret};

/// A bearer token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer(Secret<String>);

impl Bearer {
    /// The token, without `Bearer `.
    pub fn new(token: impl Into<Secret<String>>) -> Self {
        Self(token.into())
    }

    pub(crate) fn to_credentials(&self) -> Result<Credentials, Error> {
        let token = self.0.expose();
        if token.is_empty() {
            return Err(refuse("the bearer token is empty"));
        }
        no_scheme("bearer token", token)?;
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(refuse("the bearer token holds a character that is not visible ASCII"));
        }
        authorization("Bearer", token)
    }
}

/// An answer that hands out a token. Generated answers implement it.
pub trait IssuedToken {
    /// The token.
    fn issued_token(&self) -> Bearer;
}

impl<T: IssuedToken> IssuedToken for Response<T> {
    fn issued_token(&self) -> Bearer {
        T::issued_token(self)
    }
}

impl<T: IssuedToken> From<&T> for Bearer {
    fn from(answer: &T) -> Self {
        answer.issued_token()
    }
}

impl From<&str> for Bearer {
    fn from(token: &str) -> Self {
        Self::new(token)
    }
}

impl From<String> for Bearer {
    fn from(token: String) -> Self {
        Self::new(token)
    }
}

impl From<&String> for Bearer {
    fn from(token: &String) -> Self {
        Self::new(token)
    }
}

impl From<Secret<String>> for Bearer {
    fn from(token: Secret<String>) -> Self {
        Self(token)
    }
}

impl From<&Secret<String>> for Bearer {
    fn from(token: &Secret<String>) -> Self {
        Self(token.clone())
    }
}
