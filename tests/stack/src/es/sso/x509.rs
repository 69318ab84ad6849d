//! Certificates in X.509's form, written and read as far as the test provider needs: names, validity, who signed. The
//! signature is an HMAC under an algorithm of our own, so nobody else takes them for good.

use crate::clock::utc;
use crate::es::state::State;

const AUTHORITY: &str = "elkit-stack CA";
const DAY_MILLIS: u64 = 24 * 60 * 60 * 1000;

const INTEGER: u8 = 0x02;
const BITS: u8 = 0x03;
const OID: u8 = 0x06;
const UTF8: u8 = 0x0c;
const TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const VERSION: u8 = 0xa0;

/// 2.5.4.3.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
/// 2.25.1: a private arc.
const ALGORITHM: &[u8] = &[0x69, 0x01];

/// What is read of a certificate.
pub(super) struct Certificate {
    pub(super) subject: String,
    pub(super) issuer: String,
    from: String,
    until: String,
    signed: Vec<u8>,
    signature: Vec<u8>,
}

/// A client's certificate and the authority's, in DER, good for a day.
pub(crate) fn chain(state: &State, name: &str, now: u64) -> Vec<Vec<u8>> {
    vec![certificate(state, name, now), certificate(state, AUTHORITY, now)]
}

fn certificate(state: &State, subject: &str, now: u64) -> Vec<u8> {
    let algorithm = der(SEQUENCE, &der(OID, ALGORITHM));
    let until = now.saturating_add(DAY_MILLIS);
    let validity = [der(TIME, utc(now).as_bytes()), der(TIME, utc(until).as_bytes())].concat();
    let key = der(SEQUENCE, &[algorithm.clone(), der(BITS, &[0; 33])].concat());
    let parts = [
        der(VERSION, &der(INTEGER, &[2])),
        der(INTEGER, &super::seal::tag(state, "serial", subject.as_bytes())[..8]),
        algorithm.clone(),
        name(AUTHORITY),
        der(SEQUENCE, &validity),
        name(subject),
        key,
    ];
    let signed = der(SEQUENCE, &parts.concat());
    let signature = [vec![0], super::seal::tag(state, "X.509", &signed)].concat();
    der(SEQUENCE, &[signed, algorithm, der(BITS, &signature)].concat())
}

fn name(common: &str) -> Vec<u8> {
    let pair = [der(OID, COMMON_NAME), der(UTF8, common.as_bytes())].concat();
    der(SEQUENCE, &der(SET, &der(SEQUENCE, &pair)))
}

impl Certificate {
    /// Reads a certificate that was written here, or anything in its form.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut whole = Reader(Reader(bytes).take(SEQUENCE)?);
        let start = whole.0;
        let mut parts = Reader(whole.take(SEQUENCE)?);
        let signed = start[..start.len() - whole.0.len()].to_vec();
        whole.take(SEQUENCE)?;
        let signature = whole.take(BITS)?.get(1..)?.to_vec();
        parts.take(VERSION)?;
        parts.take(INTEGER)?;
        parts.take(SEQUENCE)?;
        let issuer = common_name(parts.take(SEQUENCE)?)?;
        let mut validity = Reader(parts.take(SEQUENCE)?);
        let (from, until) = (text(validity.take(TIME)?)?, text(validity.take(TIME)?)?);
        let subject = common_name(parts.take(SEQUENCE)?)?;
        Some(Self { subject, issuer, from, until, signed, signature })
    }

    pub(super) fn is_trusted(&self, state: &State, now: u64) -> bool {
        let now = utc(now);
        let in_time = self.from <= now && now < self.until;
        in_time && self.issuer == AUTHORITY && super::seal::tag(state, "X.509", &self.signed) == self.signature
    }
}

fn common_name(name: &[u8]) -> Option<String> {
    let mut pair = Reader(Reader(Reader(name).take(SET)?).take(SEQUENCE)?);
    let oid = pair.take(OID)?;
    text(pair.take(UTF8)?).filter(|_| oid == COMMON_NAME)
}

fn text(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut bytes = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => bytes.push(short),
        _ => {
            let long: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
            bytes.push(0x80 | u8::try_from(long.len()).unwrap_or(8));
            bytes.extend(long);
        }
    }
    bytes.extend_from_slice(content);
    bytes
}

/// Takes one value after the other.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (&[found, first], mut rest) = self.0.split_first_chunk::<2>()?;
        if found != tag {
            return None;
        }
        let mut length = usize::from(first);
        if first >= 0x80 {
            let (bytes, after) =
                rest.split_at_checked(usize::from(first & 0x7f)).filter(|(bytes, _)| bytes.len() <= 4)?;
            length = bytes.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte));
            rest = after;
        }
        let (content, after) = rest.split_at_checked(length)?;
        self.0 = after;
        Some(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Ids;

    #[test]
    fn certificates_are_read_as_they_were_written() {
        let state = State::new(Ids::new(Some(1)), "changeme");
        let now = 1_767_225_600_000;
        let long = "n".repeat(300);
        for name in ["ana", &long] {
            let chain = chain(&state, name, now);
            let read: Vec<_> = chain.iter().map(|der| Certificate::read(der).expect("it is one")).collect();
            assert_eq!((read[0].subject.as_str(), read[0].issuer.as_str()), (name, AUTHORITY));
            assert!(read.iter().all(|certificate| certificate.is_trusted(&state, now + 1)));
            assert!(!read[0].is_trusted(&state, now + DAY_MILLIS) && !read[0].is_trusted(&state, now - 1000));
            for cut in 0..chain[0].len() {
                assert!(Certificate::read(&chain[0][..cut]).is_none(), "{cut}");
            }
            let mut other = chain[0].clone();
            let at =
                other.windows(3).rposition(|window| window == &name.as_bytes()[..3]).expect("the name stands there");
            other[at] = b'X';
            assert!(!Certificate::read(&other).expect("still one").is_trusted(&state, now + 1));
        }
    }
}
