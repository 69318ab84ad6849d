//! How the test identity provider signs: HMAC-SHA-256 with a key that only it and the realms have, one a purpose.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::es::state::State;

const BLOCK: usize = 64;

/// The tag of a message, as bytes.
pub(super) fn tag(state: &State, purpose: &str, message: &[u8]) -> Vec<u8> {
    let key = Sha256::digest(format!("{purpose} of {}/{}", state.cluster_uuid, state.node_id));
    let pad = |with: u8| {
        let mut block = [with; BLOCK];
        block.iter_mut().zip(key.iter()).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
}

/// The tag of a text, as base64.
pub(super) fn sign(state: &State, purpose: &str, message: &str) -> String {
    STANDARD.encode(tag(state, purpose, message.as_bytes()))
}

pub(super) fn verify(state: &State, purpose: &str, message: &str, signature: &str) -> bool {
    sign(state, purpose, message) == signature
}

/// A text with its tag, as base64.
pub(super) fn seal(state: &State, purpose: &str, message: &str) -> String {
    STANDARD.encode(format!("{message}\n{}", sign(state, purpose, message)))
}

/// The text that was sealed, if it is as it was. The outer error is for what is no base64.
pub(super) fn open(state: &State, purpose: &str, sealed: &str) -> Result<Option<String>, ()> {
    let bytes = STANDARD.decode(sealed).map_err(drop)?;
    let text = String::from_utf8(bytes).ok();
    let opened = text.as_deref().and_then(|text| text.rsplit_once('\n'));
    Ok(opened.filter(|(message, signature)| verify(state, purpose, message, signature)).map(|(m, _)| m.to_owned()))
}
