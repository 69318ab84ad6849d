//! Which answers of Elasticsearch hand out credentials, so that `.api_key(&answer)` and `.bearer_auth(&answer)` take
//! them. Keys are taken as id and secret: servers before 7.16 do not answer the encoded form.

use super::{ApiKey, Bearer, IssuedApiKey, IssuedToken};
use crate::elasticsearch::security::{
    CloneApiKeyResponse, CreateApiKeyResponse, CreateCrossClusterApiKeyResponse, CreateServiceTokenResponse,
    DelegatePkiResponse, EnrollKibanaResponse, GetTokenResponse, GrantApiKeyResponse, OidcAuthenticateResponse,
    SamlAuthenticateResponse,
};

macro_rules! keys {
    ($($answer:ty),*) => {$(
        impl IssuedApiKey for $answer {
            fn issued_api_key(&self) -> ApiKey {
                ApiKey::pair(&self.id, &self.api_key)
            }
        }
    )*};
}

macro_rules! tokens {
    ($($answer:ty: $($member:ident).+),*) => {$(
        impl IssuedToken for $answer {
            fn issued_token(&self) -> Bearer {
                Bearer::new(&self.$($member).+)
            }
        }
    )*};
}

keys!(CloneApiKeyResponse, CreateApiKeyResponse, CreateCrossClusterApiKeyResponse, GrantApiKeyResponse);

tokens!(
    CreateServiceTokenResponse: token.value,
    DelegatePkiResponse: access_token,
    EnrollKibanaResponse: token.value,
    GetTokenResponse: access_token,
    OidcAuthenticateResponse: access_token,
    SamlAuthenticateResponse: access_token
);
