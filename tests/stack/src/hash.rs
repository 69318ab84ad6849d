//! What is kept of a password or a key: never the value itself. One round, for speed; a hash that was made elsewhere is
//! checked as it was made, once.

use std::sync::OnceLock;

use base64::Engine;
use base64::alphabet::BCRYPT;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use blowfish::Blowfish;
use sha2::{Digest, Sha256};

/// A hashed secret.
#[derive(Clone)]
pub(crate) enum SecretHash {
    Salted(Salted),
    Bcrypt(Bcrypt),
    /// Of an algorithm that is known and not computed: no secret fits.
    Opaque,
}

#[derive(Clone)]
pub(crate) struct Salted {
    salt: Vec<u8>,
    digest: Vec<u8>,
}

#[derive(Clone)]
pub(crate) struct Bcrypt {
    cost: u32,
    salt: Vec<u8>,
    digest: Vec<u8>,
    /// The secret that fitted, so that it costs no more than any other from then on.
    known: OnceLock<Salted>,
}

impl SecretHash {
    pub(crate) fn salted(salt: Vec<u8>, secret: &str) -> Self {
        Self::Salted(Salted::new(salt, secret))
    }

    /// Reads a hash that was made elsewhere; `None` when it is not one of an algorithm that Elasticsearch knows.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let opaque = ["{PBKDF2}", "{PBKDF2_STRETCH}", "{SSHA256}", "{ssha256}"];
        match opaque.iter().any(|prefix| text.starts_with(prefix)) {
            true => Some(Self::Opaque),
            false => Bcrypt::read(text).map(Self::Bcrypt),
        }
    }

    pub(crate) fn matches(&self, secret: &str) -> bool {
        match self {
            Self::Salted(salted) => salted.matches(secret),
            Self::Bcrypt(bcrypt) => bcrypt.matches(secret),
            Self::Opaque => false,
        }
    }
}

impl Salted {
    fn new(salt: Vec<u8>, secret: &str) -> Self {
        let digest = digest(&salt, secret);
        Self { salt, digest }
    }

    fn matches(&self, secret: &str) -> bool {
        same(&digest(&self.salt, secret), &self.digest)
    }
}

impl Bcrypt {
    /// `$2a$10$` with 22 characters of salt and 31 of hash.
    fn read(text: &str) -> Option<Self> {
        let rest = ["$2a$", "$2b$", "$2y$"].iter().find_map(|prefix| text.strip_prefix(prefix))?;
        let (cost, rest) = rest.split_once('$')?;
        let cost = cost.parse().ok().filter(|cost| COSTS.contains(cost) && rest.len() == 53 && rest.is_ascii())?;
        let (salt, digest) = rest.split_at(22);
        // The last character holds bits that nobody uses.
        let engine = GeneralPurpose::new(&BCRYPT, NO_PAD.with_decode_allow_trailing_bits(true));
        let (salt, digest) = (engine.decode(salt).ok()?, engine.decode(digest).ok()?);
        Some(Self { cost, salt, digest, known: OnceLock::new() })
    }

    fn matches(&self, secret: &str) -> bool {
        if let Some(known) = self.known.get() {
            return known.matches(secret);
        }
        let fits = same(&bcrypt(self.cost, &self.salt, secret), &self.digest);
        if fits {
            // Somebody else may have been first, with the same secret.
            let _ = self.known.set(Salted::new(self.salt.clone(), secret));
        }
        fits
    }
}

/// What Elasticsearch takes. Each step costs twice the one before.
const COSTS: std::ops::RangeInclusive<u32> = 4..=14;
/// "OrpheanBeholderScryDoubt", which bcrypt encrypts.
const TEXT: [u32; 6] = [0x4f72_7068, 0x6561_6e42, 0x6568_6f6c, 0x6465_7253, 0x6372_7944, 0x6f75_6274];

fn bcrypt(cost: u32, salt: &[u8], secret: &str) -> Vec<u8> {
    let mut key: Vec<u8> = secret.bytes().chain([0]).collect();
    key.truncate(72);
    let mut state = Blowfish::bc_init_state();
    state.salted_expand_key(salt, &key);
    for _ in 0..1_u32 << cost {
        state.bc_expand_key(&key);
        state.bc_expand_key(salt);
    }
    let mut out = Vec::with_capacity(24);
    for pair in TEXT.chunks_exact(2) {
        let mut block = [pair[0], pair[1]];
        for _ in 0..64 {
            block = state.bc_encrypt(block);
        }
        out.extend(block.iter().flat_map(|half| half.to_be_bytes()));
    }
    out.truncate(23);
    out
}

fn digest(salt: &[u8], secret: &str) -> Vec<u8> {
    let mut hasher = Sha256::new();
    hasher.update(salt);
    hasher.update(secret.as_bytes());
    hasher.finalize().to_vec()
}

fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by other implementations of bcrypt.
    #[test]
    fn hashes_of_others() {
        for (hash, secret, fits) in HASHES {
            let hash = SecretHash::read(hash).expect("a hash");
            // The second time is answered from memory.
            assert_eq!((hash.matches(secret), hash.matches(secret)), (*fits, *fits), "{secret}");
            assert!(!hash.matches("something else"), "{secret}");
        }
    }

    #[test]
    fn what_is_no_hash() {
        let long = format!("$2a$15${}", "a".repeat(53));
        for text in ["", "plain", "$2a$", "$2a$10$short", "$9a$10$", &long, "{MD5}x"] {
            assert!(SecretHash::read(text).is_none(), "{text}");
        }
        assert!(SecretHash::read("{PBKDF2}10000$a$b").is_some_and(|hash| !hash.matches("a")));
    }

    const HASHES: &[(&str, &str, bool)] = &[
        ("$2b$04$tayiI7sMy7J7ncO.rr3TMOjXsgb9e3Jh0IBtvqWMa8stnPeFRAdLi", "secret1", true),
        ("$2b$04$tayiI7sMy7J7ncO.rr3TMOjXsgb9e3Jh0IBtvqWMa8stnPeFRAdLi", "secret2", false),
        ("$2a$04$bHFwpIzuWB1HOMm2ZF/46eCYquj.jP0DwY7USU3fxNSV00GFgqltu", "", true),
        ("$2b$05$sweTeXrcEm05Us85J2ZasOAuFxgaoDiXn4hbRa4720OeVWEprvCjO", "pässwörd€", true),
        (
            "$2b$04$G2lRtXMFyubgG24HzBrl0e3gcQ6hlBjJouNqUaEi058Vdv2SkBZdq",
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            true,
        ),
    ];
}
