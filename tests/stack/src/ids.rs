//! Ids, secrets and salts. With a seed, the same calls make the same values; nothing else in this crate is random.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::hash::SecretHash;

/// Makes identifiers and secrets in the shapes that Elasticsearch gives them.
pub(crate) struct Ids {
    random: fastrand::Rng,
}

impl Ids {
    pub(crate) fn new(seed: Option<u64>) -> Self {
        let random = seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        Self { random }
    }

    /// Twenty characters, as Elasticsearch's document ids.
    pub(crate) fn document_id(&mut self) -> String {
        self.text(15)
    }

    /// A random UUID, as Kibana's objects have.
    pub(crate) fn uuid(&mut self) -> String {
        let hex: String = self.bytes(16).iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
    }

    /// Twenty-two characters, as an API key's or a service token's secret.
    pub(crate) fn secret(&mut self) -> String {
        self.text(16)
    }

    /// Forty-three characters, enough for a bearer token.
    pub(crate) fn token(&mut self) -> String {
        self.text(32)
    }

    pub(crate) fn hash(&mut self, secret: &str) -> SecretHash {
        SecretHash::salted(self.bytes(16), secret)
    }

    fn text(&mut self, bytes: usize) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes(bytes))
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.random.u8(..)).collect()
    }
}
