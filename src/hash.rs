//! Hashing and key derivation with separated domains. (SPEC `[HASH-1]`)
//!
//! Every use of a hash has a [`Label`] of its own, and every input is length-prefixed, so that no
//! two different calls ever hash the same bytes. `H` is SHA3-256, `XOF` and `KDF` are SHAKE256.

use sha3::Sha3_256;
use sha3::digest::Digest;
use shake::digest::{ExtendableOutput, Update, XofReader};
use shake::{Shake256, Shake256Reader};
use zeroize::Zeroize;

use crate::secret::{Secret, opaque_debug};

/// The registry of domains: one entry for every use of a hash or a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// Identity of the public parameters, H(mpk).
    RealmId,
    /// Identity of a schema, H(schema).
    SchemaId,
    /// The caller's context of a compartment.
    Context,
    /// The header fields that the encapsulation binds, H(hdr).
    HeaderFields,
    /// Identity of a core (hdr, C1, c_m), H(core).
    CoreId,
    /// The coins of an encapsulation, from the message m.
    Coins,
    /// The mask over the message m.
    Mask,
    /// The content key k of a compartment.
    Dem,
    /// A record's AES key and nonce prefix.
    Payload,
    /// The authority's signing key, from its root secret.
    AuthoritySigningKey,
    /// Signature of a schema by its authority.
    SchemaSignature,
    /// Signature of a record by its author.
    RecordSignature,
    /// A reader's retrieval key y, from his seed.
    RetrievalKey,
    /// A reader's request key, from his seed.
    RequestKey,
    /// The commitment exponent of a proof of y, from the seed and fresh randomness.
    EnrolmentCommitment,
    /// The challenge of a proof of y.
    EnrolmentChallenge,
    /// The authority's key k_r for the randomness of transform keys, from its root secret.
    RandomizerKey,
    /// The randomness r of a transform key, from k_r.
    Randomizer,
    /// Signature of a transform key by its authority.
    TransformKeySignature,
    /// Signature of a transform key by the reader who made it himself.
    OwnTransformKeySignature,
    /// Signature of a reader's request to the proxy.
    RequestSignature,
    /// Identity of an authority's update.
    UpdateId,
    /// What a proxy remembers of a request.
    RequestId,
    /// Signature of the current epoch by its authority.
    EpochStatementSignature,
    /// Signature of an authority's update.
    UpdateSignature,
    /// Signature of a proxy's lease by its authority.
    LeaseSignature,
    /// The exponents of a seal, from k_seal.
    SealExponents,
    /// The name of a seal key.
    SealKeyId,
    /// Signature of a grant by the authority.
    GrantSignature,
    /// Signature of a realm's rules by its authority.
    RealmSignature,
    /// Signature of a writer's credential by the authority.
    CredentialSignature,
    /// Signature of an upload by its writer.
    UploadSignature,
    /// Signature of a reader's question to the cloud.
    QuestionSignature,
    /// Signature of a patient's consent.
    ConsentSignature,
    /// The name of an index, from its owner's public key.
    CollectionId,
    /// Identity of the head of an index.
    IndexHeadId,
    /// Identity of a segment of an index.
    SegmentId,
    /// The signing key of an index's owner, from her seed.
    IndexOwnerSigningKey,
    /// An owner's x in one context, from her seed.
    IndexOwnerExponent,
    /// A reader's a in one context, from the seed of his policy.
    IndexReaderExponent,
    /// The key T of a keyword's entries that the owner writes.
    IndexOwnEntryKey,
    /// The key T of a keyword's entries that a lab writes.
    IndexLabEntryKey,
    /// The nonce of a segment.
    IndexNonce,
    /// The commitment exponent of a lab's proof of y.
    WriterCommitment,
    /// The challenge of a lab's proof of y.
    WriterChallenge,
    /// Signature of a lab's request to write into an index.
    WriterCardSignature,
    /// Signature of the head of an index by its owner.
    IndexHeadSignature,
    /// Signature of a segment by its writer.
    SegmentSignature,
    /// Signature of a gate's share by the owner of the index.
    GateShareSignature,
    /// Signature of a reader's request to the gate.
    GateRequestSignature,
    /// The seed of a search index, from the content key of its header.
    IndexSeed,
    /// Signature of a patient's announcement of an index.
    IndexAnnouncementSignature,
    /// By what name a patient stands in a ledger.
    LedgerSubject,
    /// The salts of a ledger, one from the other.
    LedgerSalt,
    /// Signature of a receipt by its ledger.
    ReceiptSignature,
    /// Signature of a ledger's next key by the one before.
    KeyRotationSignature,
    /// Signature of a ledger's certificate by the authority.
    LedgerCertificateSignature,
    /// Signature of an order to erase by the patient.
    ErasureSignature,
}

impl Label {
    /// The bytes of the label. The registry is prefix-free.
    pub const fn as_str(self) -> &'static str {
        match self {
            Label::RealmId => "hippocrypt/v1/id/realm.",
            Label::SchemaId => "hippocrypt/v1/id/schema.",
            Label::Context => "hippocrypt/v1/id/context.",
            Label::HeaderFields => "hippocrypt/v1/id/header.",
            Label::CoreId => "hippocrypt/v1/id/core.",
            Label::Coins => "hippocrypt/v1/kem/coins.",
            Label::Mask => "hippocrypt/v1/kem/mask.",
            Label::Dem => "hippocrypt/v1/kem/dem.",
            Label::Payload => "hippocrypt/v1/payload.",
            Label::AuthoritySigningKey => "hippocrypt/v1/authority/signing-key.",
            Label::SchemaSignature => "hippocrypt/v1/sign/schema.",
            Label::RecordSignature => "hippocrypt/v1/sign/record.",
            Label::RetrievalKey => "hippocrypt/v1/reader/retrieval-key.",
            Label::RequestKey => "hippocrypt/v1/reader/request-key.",
            Label::EnrolmentCommitment => "hippocrypt/v1/enrol/commitment.",
            Label::EnrolmentChallenge => "hippocrypt/v1/enrol/challenge.",
            Label::RandomizerKey => "hippocrypt/v1/authority/randomizer-key.",
            Label::Randomizer => "hippocrypt/v1/authority/randomizer.",
            Label::TransformKeySignature => "hippocrypt/v1/sign/transform-key.",
            Label::OwnTransformKeySignature => "hippocrypt/v1/sign/own-transform-key.",
            Label::RequestSignature => "hippocrypt/v1/sign/request.",
            Label::UpdateId => "hippocrypt/v1/id/update.",
            Label::RequestId => "hippocrypt/v1/id/request.",
            Label::EpochStatementSignature => "hippocrypt/v1/sign/epoch-statement.",
            Label::UpdateSignature => "hippocrypt/v1/sign/update.",
            Label::LeaseSignature => "hippocrypt/v1/sign/lease.",
            Label::SealExponents => "hippocrypt/v1/seal/exponents.",
            Label::SealKeyId => "hippocrypt/v1/seal/key-id.",
            Label::GrantSignature => "hippocrypt/v1/sign/grant.",
            Label::RealmSignature => "hippocrypt/v1/sign/realm.",
            Label::CredentialSignature => "hippocrypt/v1/sign/credential.",
            Label::UploadSignature => "hippocrypt/v1/sign/upload.",
            Label::QuestionSignature => "hippocrypt/v1/sign/question.",
            Label::ConsentSignature => "hippocrypt/v1/sign/consent.",
            Label::CollectionId => "hippocrypt/v1/id/collection.",
            Label::IndexHeadId => "hippocrypt/v1/id/index-head.",
            Label::SegmentId => "hippocrypt/v1/id/segment.",
            Label::IndexOwnerSigningKey => "hippocrypt/v1/index/owner-signing-key.",
            Label::IndexOwnerExponent => "hippocrypt/v1/index/owner-exponent.",
            Label::IndexReaderExponent => "hippocrypt/v1/index/reader-exponent.",
            Label::IndexOwnEntryKey => "hippocrypt/v1/index/own-entry-key.",
            Label::IndexLabEntryKey => "hippocrypt/v1/index/lab-entry-key.",
            Label::IndexNonce => "hippocrypt/v1/index/nonce.",
            Label::WriterCommitment => "hippocrypt/v1/index/writer-commitment.",
            Label::WriterChallenge => "hippocrypt/v1/index/writer-challenge.",
            Label::WriterCardSignature => "hippocrypt/v1/sign/writer-card.",
            Label::IndexHeadSignature => "hippocrypt/v1/sign/index-head.",
            Label::SegmentSignature => "hippocrypt/v1/sign/segment.",
            Label::GateShareSignature => "hippocrypt/v1/sign/gate-share.",
            Label::GateRequestSignature => "hippocrypt/v1/sign/gate-request.",
            Label::IndexSeed => "hippocrypt/v1/index/seed.",
            Label::IndexAnnouncementSignature => "hippocrypt/v1/sign/index-announcement.",
            Label::LedgerSubject => "hippocrypt/v1/ledger/subject.",
            Label::LedgerSalt => "hippocrypt/v1/ledger/salt.",
            Label::ReceiptSignature => "hippocrypt/v1/sign/receipt.",
            Label::KeyRotationSignature => "hippocrypt/v1/sign/key-rotation.",
            Label::LedgerCertificateSignature => "hippocrypt/v1/sign/ledger-certificate.",
            Label::ErasureSignature => "hippocrypt/v1/sign/erasure.",
        }
    }

    #[cfg(test)]
    const ALL: [Label; 58] = [
        Label::RealmId,
        Label::SchemaId,
        Label::Context,
        Label::HeaderFields,
        Label::CoreId,
        Label::Coins,
        Label::Mask,
        Label::Dem,
        Label::Payload,
        Label::AuthoritySigningKey,
        Label::SchemaSignature,
        Label::RecordSignature,
        Label::RetrievalKey,
        Label::RequestKey,
        Label::EnrolmentCommitment,
        Label::EnrolmentChallenge,
        Label::RandomizerKey,
        Label::Randomizer,
        Label::TransformKeySignature,
        Label::OwnTransformKeySignature,
        Label::RequestSignature,
        Label::UpdateId,
        Label::RequestId,
        Label::EpochStatementSignature,
        Label::UpdateSignature,
        Label::LeaseSignature,
        Label::SealExponents,
        Label::SealKeyId,
        Label::GrantSignature,
        Label::RealmSignature,
        Label::CredentialSignature,
        Label::UploadSignature,
        Label::QuestionSignature,
        Label::ConsentSignature,
        Label::CollectionId,
        Label::IndexHeadId,
        Label::SegmentId,
        Label::IndexOwnerSigningKey,
        Label::IndexOwnerExponent,
        Label::IndexReaderExponent,
        Label::IndexOwnEntryKey,
        Label::IndexLabEntryKey,
        Label::IndexNonce,
        Label::WriterCommitment,
        Label::WriterChallenge,
        Label::WriterCardSignature,
        Label::IndexHeadSignature,
        Label::SegmentSignature,
        Label::GateShareSignature,
        Label::GateRequestSignature,
        Label::IndexSeed,
        Label::IndexAnnouncementSignature,
        Label::LedgerSubject,
        Label::LedgerSalt,
        Label::ReceiptSignature,
        Label::KeyRotationSignature,
        Label::LedgerCertificateSignature,
        Label::ErasureSignature,
    ];
}

/// Feeds `label` and every part to `sink`, each with its length (8 bytes, big-endian).
pub fn frame(label: Label, parts: &[&[u8]], mut sink: impl FnMut(&[u8])) {
    for part in core::iter::once(label.as_str().as_bytes()).chain(parts.iter().copied()) {
        sink(&(part.len() as u64).to_be_bytes());
        sink(part);
    }
}

/// H: SHA3-256 over the framed parts.
pub fn hash(label: Label, parts: &[&[u8]]) -> [u8; 32] {
    let mut state = Sha3_256::new();
    frame(label, parts, |bytes| Digest::update(&mut state, bytes));
    state.finalize().into()
}

/// XOF: SHAKE256 over the framed parts, as a stream of secret bytes.
pub struct Xof(Shake256Reader);

impl Xof {
    /// The stream of `label` and the parts.
    pub fn new(label: Label, parts: &[&[u8]]) -> Self {
        let mut state = Shake256::default();
        frame(label, parts, |bytes| state.update(bytes));
        Self(state.finalize_xof())
    }

    /// The next `N` bytes.
    pub fn take<const N: usize>(&mut self) -> Secret<[u8; N]> {
        let mut bytes = [0u8; N];
        self.0.read(&mut bytes);
        let secret = Secret::new(bytes);
        bytes.zeroize();
        secret
    }
}

opaque_debug!(Xof);

/// KDF: the first `N` bytes of the XOF.
pub fn kdf<const N: usize>(label: Label, parts: &[&[u8]]) -> Secret<[u8; N]> {
    Xof::new(label, parts).take()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_prefix_free() {
        for (i, a) in Label::ALL.iter().enumerate() {
            for b in Label::ALL.iter().skip(i + 1) {
                assert!(!a.as_str().starts_with(b.as_str()) && !b.as_str().starts_with(a.as_str()));
            }
        }
    }

    #[test]
    fn moving_a_byte_between_parts_changes_the_hash() {
        let split = |at: usize| hash(Label::Context, &[&b"abcd"[..at], &b"abcd"[at..]]);
        assert_ne!(split(1), split(2));
        assert_ne!(hash(Label::Context, &[b""]), hash(Label::Context, &[]));
        assert_ne!(hash(Label::Context, &[b"x"]), hash(Label::CoreId, &[b"x"]));
    }
}
