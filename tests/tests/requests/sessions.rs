//! Tokens and single sign-on.

use elkit::elasticsearch::security::{AccessTokenGrantType, OidcAuthenticateRequired};

use super::{Calls, es};

pub(crate) fn calls(calls: &mut Calls) {
    calls.add(
        es().get_token().grant_type("password").username("test_admin").password("x-pack-test-password").into_request(),
    );
    calls.add(
        es().get_token()
            .grant_type(AccessTokenGrantType::RefreshToken)
            .refresh_token("vLBPvmAB6KvwvJZr27cS")
            .into_request(),
    );
    calls.add(es().get_token().grant_type("client_credentials").into_request());
    calls.add(es().invalidate_token().token("dGhpcyBpcyBub3QgYSByZWFsIHRva2Vu").into_request());
    calls.add(es().invalidate_token().username("myuser").realm_name("saml1").into_request());
    calls.add(es().delegate_pki(["MIIDeDCCAmCgAwIBAgIUBzj", "MIIDbTCCAlWgAwIBAgIJAIxT"]).into_request());
    calls.add(
        es().oidc_authenticate(OidcAuthenticateRequired {
            redirect_uri: "https://oidc-kibana.elastic.co:5603/api/security/oidc/callback?code=jtI3Ntt8v3".into(),
            state: "4dbrihtIAt3wBTwo6DxK-vdk-sSyDBV8Yf0AjdkdT5I".into(),
            nonce: "WaBPH0KqPVdG5HHdSxPRjfoZbXMCicm5v1OiAj0DUFM".into(),
        })
        .realm("oidc1")
        .into_request(),
    );
    calls.add(es().oidc_logout("dGhpcyBpcyBub3Qg").refresh_token("vLBPvmAB6KvwvJZr27cS").into_request());
    calls.add(es().oidc_prepare_authentication().realm("oidc1").into_request());
    calls.add(
        es().oidc_prepare_authentication()
            .iss("http://127.0.0.1:8080")
            .login_hint("this_is_a_login_hint")
            .into_request(),
    );
    calls.add(
        es().saml_authenticate("PHNhbWxwOlJlc3BvbnNlIHhtbG5zO", ["4fee3b046395c4e751011e97f8900b5273d56685"])
            .into_request(),
    );
    calls.add(es().saml_authenticate("PHNhbWxwOlJlc3BvbnNlIHhtbG5zO", "id1").realm("saml1").into_request());
    calls.add(
        es().saml_complete_logout("saml1", ["_1c368075e0b3"])
            .query_string("SAMLResponse=fZHLasMw&SigAlg=http%3A%2F%2F")
            .into_request(),
    );
    calls.add(es().saml_invalidate("SAMLRequest=nZFda4MwFIb").realm("saml1").into_request());
    calls.add(
        es().saml_logout("46ToAxZVaXVVZTVKOVF5YU04ZFJVUDVSZlV3").refresh_token("mJdXLtmvTUSpoLwMvdBt_w").into_request(),
    );
    calls.add(es().saml_prepare_authentication().realm("saml1").relay_state("back to where I was").into_request());
    calls.add(es().saml_prepare_authentication().acs("https://kibana.org/api/security/saml/callback").into_request());
    calls.add(es().saml_service_provider_metadata("saml1").into_request());
}
