//! Signed notes: text, and under it signatures of named keys. (C2SP `signed-note`) `[LEDGER-5.1]`

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};

use crate::hash::Label;
use crate::secret::{Secret, opaque_debug};
use crate::sign::{SigningKey, VerifyingKey};

/// The longest note that is read.
const MAX_NOTE_BYTES: usize = 1 << 20;
/// Signatures of a note that are looked at.
const MAX_SIGNATURES: usize = 100;
/// Before each signature: an em dash and a space.
const DASH: &str = "\u{2014} ";

/// What a key signs with. `[LEDGER-5.1]`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyType {
    /// The text itself: the log's own signature.
    Ed25519 = 1,
    /// The text and a time: a witness' signature. (C2SP `tlog-cosignature`)
    Cosignature = 4,
}

/// The name and the public key of a signer.
#[derive(Clone, PartialEq, Eq)]
pub struct NoteKey {
    name: String,
    kind: KeyType,
    key: VerifyingKey,
}

/// A signer of notes. Secret.
pub struct NoteSigner {
    public: NoteKey,
    key: SigningKey,
}

opaque_debug!(NoteSigner);

/// Why a note, or a key of one, is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// A name with a space, a plus or nothing in it.
    #[error("the name of a signer has neither spaces nor `+`, and something else")]
    Name,
    /// No key.
    #[error("no key of a signer; it is written NAME+HASH+KEY, as the log prints it")]
    Key,
    /// No note.
    #[error("no signed note: a text that ends with an empty line, and signatures after it")]
    Form,
    /// It is larger than is read.
    #[error("a note of more than a mebibyte, or with more than a hundred signatures")]
    TooLong,
    /// A signature of a known key does not hold.
    #[error(
        "a signature of a known key that does not hold: the text was changed, or somebody signs in its name"
    )]
    Signature,
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains('+') && !name.chars().any(|c| c.is_whitespace() || c.is_control())
}

impl NoteKey {
    fn new(name: &str, kind: KeyType, key: VerifyingKey) -> Result<Self, NoteError> {
        if is_name(name) { Ok(Self { name: name.to_owned(), kind, key }) } else { Err(NoteError::Name) }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs.
    pub fn kind(&self) -> KeyType {
        self.kind
    }

    /// The first four bytes of the hash of name, type and key: they stand before each signature.
    pub fn id(&self) -> [u8; 4] {
        let mut hash = Sha256::new();
        hash.update(self.name.as_bytes());
        hash.update([b'\n', self.kind as u8]);
        hash.update(self.key.to_bytes());
        let hash: [u8; 32] = hash.finalize().into();
        hash.first_chunk().copied().unwrap_or_default()
    }

    /// Reads a key as it is written: `NAME+HASH+KEY`.
    ///
    /// # Errors
    /// [`NoteError::Key`], [`NoteError::Name`].
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Key);
        };
        let key = STANDARD.decode(key).map_err(|_| NoteError::Key)?;
        let (kind, key) = key.split_first().ok_or(NoteError::Key)?;
        let kind = match kind {
            1 => KeyType::Ed25519,
            4 => KeyType::Cosignature,
            _ => return Err(NoteError::Key),
        };
        let key = key.try_into().ok().and_then(VerifyingKey::from_bytes).ok_or(NoteError::Key)?;
        let key = Self::new(name, kind, key)?;
        if format!("{}", crate::codec::Hex(&key.id())) == id { Ok(key) } else { Err(NoteError::Key) }
    }

    fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.key.verifies_text(message, signature)
    }

    /// Whether it has signed something else than a note, under a label of its own.
    pub(super) fn verifies_as(&self, label: Label, parts: &[&[u8]], signature: &[u8; 64]) -> bool {
        self.key.verifies(label, parts, signature)
    }

    /// The key alone, 32 bytes (Ed25519).
    pub fn key_bytes(&self) -> [u8; 32] {
        self.key.to_bytes()
    }
}

/// As [`NoteKey::parse`] reads it.
impl fmt::Display for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = Vec::with_capacity(33);
        key.push(self.kind as u8);
        key.extend_from_slice(&self.key.to_bytes());
        write!(f, "{}+{}+{}", self.name, crate::codec::Hex(&self.id()), STANDARD.encode(key))
    }
}

impl fmt::Debug for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl NoteSigner {
    /// A signer with a seed of 32 bytes.
    ///
    /// # Errors
    /// [`NoteError::Name`].
    pub fn new(name: &str, kind: KeyType, seed: &Secret<[u8; 32]>) -> Result<Self, NoteError> {
        let key = SigningKey::from_seed(seed);
        Ok(Self { public: NoteKey::new(name, kind, key.verifying_key())?, key })
    }

    /// A signer with a new key.
    ///
    /// # Errors
    /// [`NoteError::Name`].
    pub fn generate(name: &str, kind: KeyType, rng: &mut impl CryptoRng) -> Result<Self, NoteError> {
        let mut seed = Secret::new([0; 32]);
        rng.fill_bytes(seed.expose_secret_mut());
        Self::new(name, kind, &seed)
    }

    /// The seed, 32 bytes. Secret.
    pub fn seed(&self) -> Secret<[u8; 32]> {
        self.key.seed()
    }

    /// Signs something else than a note, under a label of its own.
    pub(super) fn sign_as(&self, label: Label, parts: &[&[u8]]) -> [u8; 64] {
        self.key.sign(label, parts)
    }

    /// The public key.
    pub fn public(&self) -> &NoteKey {
        &self.public
    }

    /// The signature of a text; `time` (seconds since 1970) is what a witness signs with it.
    fn signature(&self, text: &str, time: u64) -> Signature {
        let mut bytes = Vec::with_capacity(72);
        if self.public.kind == KeyType::Cosignature {
            bytes.extend_from_slice(&time.to_be_bytes());
        }
        bytes.extend_from_slice(&self.key.sign_text(&message(self.public.kind, text, time)));
        Signature { name: self.public.name.clone(), id: self.public.id(), bytes }
    }
}

/// What is signed.
fn message(kind: KeyType, text: &str, time: u64) -> Vec<u8> {
    match kind {
        KeyType::Ed25519 => text.into(),
        KeyType::Cosignature => format!("cosignature/v1\ntime {time}\n{text}").into(),
    }
}

/// A note as it was read: its text, and its signatures, of which nothing is known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Signature {
    name: String,
    id: [u8; 4],
    bytes: Vec<u8>,
}

impl Signature {
    /// As it travels.
    fn line(&self) -> String {
        let Self { name, id, bytes } = self;
        format!("{DASH}{name} {}\n", STANDARD.encode([id.as_slice(), bytes].concat()))
    }
}

impl Note {
    /// A text that nobody has signed yet. It must end with the end of a line.
    pub(super) fn unsigned(text: String) -> Self {
        Self { text, signatures: Vec::new() }
    }

    /// The same with one more signature.
    #[must_use]
    pub(super) fn signed_also_by(&self, signer: &NoteSigner, time: u64) -> Self {
        let mut note = self.clone();
        note.signatures.push(signer.signature(&self.text, time));
        note
    }

    /// As it travels: the text, an empty line, a line for each signature.
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\n", self.text);
        self.signatures.iter().for_each(|signature| text.push_str(&signature.line()));
        text
    }

    /// The lines of a key's signatures.
    pub(super) fn signatures_of(&self, key: &NoteKey) -> String {
        let id = key.id();
        let of_key = |signature: &&Signature| signature.name == key.name && signature.id == id;
        self.signatures.iter().filter(of_key).map(Signature::line).collect()
    }

    /// Reads a note.
    ///
    /// # Errors
    /// [`NoteError::Form`], [`NoteError::TooLong`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLong);
        }
        let note = core::str::from_utf8(bytes).map_err(|_| NoteError::Form)?;
        if note.chars().any(|c| c.is_control() && c != '\n') {
            return Err(NoteError::Form);
        }
        // The last empty line: the text may have others.
        let at = note.rfind("\n\n").ok_or(NoteError::Form)?;
        let (text, lines) = note.split_at_checked(at + 1).ok_or(NoteError::Form)?;
        let lines =
            lines.strip_prefix('\n').and_then(|lines| lines.strip_suffix('\n')).ok_or(NoteError::Form)?;
        let mut signatures = Vec::new();
        for line in lines.split('\n') {
            if signatures.len() == MAX_SIGNATURES {
                return Err(NoteError::TooLong);
            }
            let (name, signature) =
                line.strip_prefix(DASH).and_then(|line| line.split_once(' ')).ok_or(NoteError::Form)?;
            let bytes = STANDARD.decode(signature).map_err(|_| NoteError::Form)?;
            let (id, bytes) = bytes.split_first_chunk::<4>().ok_or(NoteError::Form)?;
            if !is_name(name) || bytes.is_empty() {
                return Err(NoteError::Form);
            }
            signatures.push(Signature { name: name.to_owned(), id: *id, bytes: bytes.to_vec() });
        }
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// The text, with the end of its last line.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a key has signed it, and when, if that is said: 0 of a key that says no time. `None` without a signature of the key.
    ///
    /// # Errors
    /// [`NoteError::Signature`] if there is one and it does not hold.
    pub fn signed_by(&self, key: &NoteKey) -> Result<Option<u64>, NoteError> {
        let id = key.id();
        let of_key = |signature: &&Signature| signature.name == key.name && signature.id == id;
        let mut time = None;
        for signature in self.signatures.iter().filter(of_key) {
            let (said, bytes) = match key.kind {
                KeyType::Ed25519 => (0, signature.bytes.as_slice()),
                KeyType::Cosignature => {
                    let (time, bytes) = signature.bytes.split_first_chunk().ok_or(NoteError::Signature)?;
                    (u64::from_be_bytes(*time), bytes)
                }
            };
            let bytes = bytes.try_into().map_err(|_| NoteError::Signature)?;
            if !key.verifies(&message(key.kind, &self.text, said), bytes) {
                return Err(NoteError::Signature);
            }
            time = Some(time.map_or(said, |time: u64| time.max(said)));
        }
        Ok(time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Go module `note`, which C2SP's text refers to.
    const GO_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const GO_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\
        \n\
        \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    fn signer(name: &str, kind: KeyType) -> NoteSigner {
        NoteSigner::new(name, kind, &Secret::new([7; 32])).unwrap()
    }

    #[test]
    fn a_note_of_go_verifies_and_its_key_comes_back() {
        let key = NoteKey::parse(GO_KEY).unwrap();
        assert_eq!(format!("{key}"), GO_KEY);
        let note = Note::parse(GO_NOTE.as_bytes()).unwrap();
        assert_eq!(note.signed_by(&key), Ok(Some(0)));
        let changed = GO_NOTE.replace("answer", "Answer");
        assert_eq!(Note::parse(changed.as_bytes()).unwrap().signed_by(&key), Err(NoteError::Signature));
    }

    #[test]
    fn what_is_signed_is_known_by_its_key_alone() {
        for kind in [KeyType::Ed25519, KeyType::Cosignature] {
            let signer = signer("log.example", kind);
            let text = "log.example\n3\nAAAA\n";
            let signed = Note::unsigned(text.into()).signed_also_by(&signer, 1_800_000_000);
            let note = Note::parse(signed.to_text().as_bytes()).unwrap();
            assert_eq!(note, signed);
            assert_eq!(note.text(), text);
            let time = if kind == KeyType::Cosignature { 1_800_000_000 } else { 0 };
            assert_eq!(note.signed_by(signer.public()), Ok(Some(time)));
            let other = NoteSigner::new("log.example", kind, &Secret::new([8; 32])).unwrap();
            assert_eq!(note.signed_by(other.public()), Ok(None));
            assert_eq!(NoteKey::parse(&format!("{}", signer.public())).unwrap(), *signer.public());
        }
    }

    #[test]
    fn what_is_no_note_is_refused() {
        let signed = Note::unsigned("x\n".into()).signed_also_by(&signer("a", KeyType::Ed25519), 0).to_text();
        let line = signed.strip_prefix("x\n\n").unwrap().to_owned();
        assert!(Note::parse(format!("x\n\n{line}").as_bytes()).is_ok());
        for wrong in [
            String::new(),
            "x\n".into(),
            format!("x\n{line}"),
            format!("x\n\n{}", line.trim_end()),
            format!("x\n\n{line}more\n"),
            format!("x\r\n\n{line}"),
            "x\n\n\u{2014} a \n".into(),
            "x\n\n\u{2014} a AAA=\n".into(),
            "x\n\n- a AAAAAAAA\n".into(),
            format!("x\n\n{}", line.repeat(101)),
        ] {
            assert!(Note::parse(wrong.as_bytes()).is_err(), "{wrong:?}");
        }
        for wrong in
            ["", "a", "a+b", "a+00000000+AAAA", "a b+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"]
        {
            assert!(NoteKey::parse(wrong).is_err(), "{wrong}");
        }
        assert!(NoteSigner::new("a+b", KeyType::Ed25519, &Secret::new([1; 32])).is_err());
    }
}
