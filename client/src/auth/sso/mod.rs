//! Single sign-on: somebody proves to an identity provider who they are, and Elasticsearch makes tokens of the proof.
//!
//! The application that stands between, a web application like Kibana itself, calls Elasticsearch with credentials of its
//! own, such as a service account's. Each flow ends in a [`Session`]: a credentials provider that renews itself and serves
//! clients of both products.
//!
//! | flow | proof | begins with | privilege of the application |
//! |---|---|---|---|
//! | [`Oidc`] | an OpenID Connect code | [`Oidc::prepare`] | `manage_oidc` |
//! | [`Saml`] | a signed SAML response | [`Saml::prepare`] | `manage_saml` |
//! | [`kerberos`] | a SPNEGO ticket | the browser's or the ticket cache's ticket | `manage_token` |
//! | [`pki`] | a certificate chain that TLS has checked | the chain | `delegate_pki` |
//!
//! Refreshing and ending a session need `manage_token`.
//!
//! ```no_run
//! # async fn f(es: elkit::Elasticsearch, browser: fn(&str) -> String) -> elkit::Result<()> {
//! use elkit::auth::sso::Oidc;
//!
//! let login = Oidc::realm(&es, "oidc1").prepare().await?;
//! // The browser goes to the identity provider and comes back to the redirect URI of the realm.
//! let came_back_with: String = browser(login.redirect().expose());
//! let session = login.authenticate(came_back_with).await?;
//!
//! let analyst = es.options(|o| o.credentials_provider(session.clone()));
//! let kibana = elkit::Kibana::builder("https://localhost:5601").credentials_provider(session.clone()).build()?;
//!
//! if let Some(redirect) = session.global_logout().await?.redirect {
//!     // Let the browser go there: it ends the session at the identity provider.
//! }
//! # Ok(()) }
//! ```

mod oidc;
mod saml;
mod session;
mod tickets;

pub use oidc::{Oidc, OidcLogin};
pub use saml::{Saml, SamlInvalidation, SamlLogin, SamlMessage};
pub use session::{Logout, Session};
pub use tickets::{CertificateChain, kerberos, pki};
#[cfg(feature = "blocking")]
pub use tickets::{kerberos_blocking, pki_blocking};

use crate::{Error, Secret};

/// Gives an async method a twin that waits.
macro_rules! blocking {
    ($(#[$doc:meta])* $name:ident = $of:ident(self $(, $argument:ident: $type:ty)*) -> $result:ty) => {
        $(#[$doc])*
        ///
        /// # Errors
        /// As its async twin, and when called inside an async runtime.
        #[cfg(feature = "blocking")]
        pub fn $name(&self $(, $argument: $type)*) -> crate::Result<$result> {
            let this = self.clone();
            $(let $argument = $argument.into();)*
            crate::blocking::run(async move { this.$of($($argument),*).await })
        }
    };
}
use blocking;

/// A redirect that servers leave out, or null, when the identity provider has no place for it.
fn redirect(url: Secret<String>) -> Option<Secret<String>> {
    (!url.expose().is_empty()).then_some(url)
}

/// Says what to do about a proof that a realm refused. That the application itself is refused is another matter.
fn refused(error: Error, next_step: &'static str) -> Error {
    let application = error.reason().is_some_and(|reason| reason.contains("REST request"));
    if error.is_authentication() && !application { error.with_hint(next_step) } else { error }
}
