//! What the realms of single sign-on want to see, made anew for each case by the stack's test identity provider.

use base64::Engine;
use elkit::auth::sso::{Oidc, Saml};
use elkit::{Elasticsearch, Result};
use elkit_stack::Stack;

/// Names in `<>`, and what they stand for.
pub(crate) async fn proofs(stack: &Stack, es: &Elasticsearch) -> Result<Vec<(&'static str, String)>> {
    let idp = stack.identity_provider();
    let leads_there = "the redirect leads to the identity provider";

    let oidc = Oidc::realm(es, "oidc1").prepare().await?;
    let code = || idp.oidc_login(oidc.redirect().expose(), "ada").expect(leads_there);
    let by_oidc = oidc.authenticate(code()).await?.tokens().await?;

    let saml = Saml::realm(es, "saml1").prepare().await?;
    let response = || idp.saml_login(saml.redirect().expose(), "ada").expect(leads_there);
    let by_saml = saml.authenticate(response()).await?.tokens().await?;
    let logout = saml.authenticate(response()).await?.global_logout().await?;
    let redirect = logout.redirect.expect("the provider has a place for it");

    let certificate = idp.certificate_chain("ada").swap_remove(0);
    Ok(vec![
        ("<certificate>", base64::engine::general_purpose::STANDARD.encode(certificate)),
        ("<code>", code()),
        ("<state>", oidc.state().expose().clone()),
        ("<nonce>", oidc.nonce().expose().clone()),
        ("<oidc_token>", by_oidc.access_token.into_exposed()),
        ("<oidc_refresh>", by_oidc.refresh_token.unwrap_or_default().into_exposed()),
        ("<saml_response>", response()),
        ("<saml_id>", saml.id().unwrap_or_default().to_owned()),
        ("<saml_token>", by_saml.access_token.into_exposed()),
        ("<saml_refresh>", by_saml.refresh_token.unwrap_or_default().into_exposed()),
        ("<logout_request>", idp.saml_logout_request("nobody at all")),
        ("<logout_answer>", idp.saml_logout(redirect.expose()).expect(leads_there)),
        ("<logout_id>", logout.request_id.unwrap_or_default()),
    ])
}
