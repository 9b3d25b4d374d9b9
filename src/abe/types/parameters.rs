//! The authority: public parameters (mpk) and master key (msk). `[ABE-3.1]`

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use unicode_normalization::UnicodeNormalization;

use super::key::AttributeKey;
use super::schema::SignedSchema;
use crate::abe::bases::Bases;
#[cfg(feature = "std")]
use crate::abe::cache::AttributeCache;
use crate::abe::error::IssueError;
use crate::abe::scheme;
use crate::codec::{Decoder, Encoder, Hex, Kind};
use crate::epoch::EpochTree;
use crate::error::{DecodeError, DecodeReason};
use crate::hash::{Label, hash, kdf};
use crate::math::{G1, GT_BYTES, Gt, SCALAR_BYTES, Scalar};
use crate::policy::{AttributeSet, Schema};
use crate::secret::{Secret, SecretBytes};
use crate::sign::{SIGNATURE_BYTES, SigningKey, VERIFYING_KEY_BYTES, VerifyingKey};

/// Longest name of a realm, in bytes.
const MAX_REALM_BYTES: usize = 255;

/// The public parameters of a realm, mpk = (realm, E, verification key).
///
/// Everybody may have them; encrypting needs nothing else. They must come from a trusted place: who
/// can exchange them can read what is encrypted afterwards. Compare [`PublicParameters::id`].
#[derive(Clone)]
pub struct PublicParameters {
    realm: String,
    epochs: Option<EpochTree>,
    bases: Bases,
    verifying_key: VerifyingKey,
    id: [u8; 32],
}

/// The master key of a realm, msk = (α, root). Whoever has it can read everything.
///
/// ```compile_fail
/// fn copy(master: &hippocrypt::MasterKey) -> hippocrypt::MasterKey {
///     master.clone() // a master key is not Clone
/// }
/// ```
pub struct MasterKey {
    alpha: Secret<Scalar>,
    /// What a key needs of α.
    g1_alpha: Secret<G1>,
    /// The authority's other secrets are derived from this one, each under a label of its own.
    root: Secret<[u8; 32]>,
    k_r: Secret<[u8; 32]>,
    parameters: PublicParameters,
}

/// Makes a realm: its public parameters, and the master key that issues keys in it. `[ABE-3.1]`
///
/// `realm` is a name for people ("st-marys"), normalised to NFC; realms of one name are different
/// realms.
///
/// # Errors
/// [`IssueError::RealmName`] unless the name has 1 to 255 bytes.
///
/// ```
/// let (parameters, master) = hippocrypt::setup("st-marys", &mut hippocrypt::os_rng())?;
/// assert_eq!(parameters.realm(), "st-marys");
/// assert_eq!(master.public_parameters().id(), parameters.id());
/// # Ok::<(), hippocrypt::IssueError>(())
/// ```
pub fn setup(realm: &str, rng: &mut impl CryptoRng) -> Result<(PublicParameters, MasterKey), IssueError> {
    setup_realm(realm, None, rng)
}

/// Makes a realm with epochs, in which readers are revoked: what is encrypted in one epoch opens only with keys that
/// the authority has kept good until then. `[REV-2]`
///
/// # Errors
/// [`IssueError::RealmName`] unless the name has 1 to 255 bytes.
pub fn setup_with_epochs(
    realm: &str,
    epochs: EpochTree,
    rng: &mut impl CryptoRng,
) -> Result<(PublicParameters, MasterKey), IssueError> {
    setup_realm(realm, Some(epochs), rng)
}

fn setup_realm(
    realm: &str,
    epochs: Option<EpochTree>,
    rng: &mut impl CryptoRng,
) -> Result<(PublicParameters, MasterKey), IssueError> {
    let realm: String = realm.nfc().collect();
    if !(1..=MAX_REALM_BYTES).contains(&realm.len()) {
        return Err(IssueError::RealmName { bytes: realm.len() });
    }
    let alpha = Secret::random_nonzero(rng);
    let mut root = Secret::new([0u8; 32]);
    rng.fill_bytes(root.expose_secret_mut());
    let master = MasterKey::new(realm, epochs, alpha, root);
    Ok((master.parameters.clone(), master))
}

impl PublicParameters {
    fn new(realm: String, epochs: Option<EpochTree>, e: Gt, verifying_key: VerifyingKey) -> Self {
        let mut parameters = Self { realm, epochs, bases: Bases::new(e), verifying_key, id: [0; 32] };
        parameters.id = hash(Label::RealmId, &[&parameters.to_bytes()]);
        parameters
    }

    /// The realm's name.
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// The epochs of the realm, if it has any.
    pub fn epochs(&self) -> Option<EpochTree> {
        self.epochs
    }

    /// H(mpk), 32 bytes: what every key and every header of the realm bears.
    pub fn id(&self) -> &[u8; 32] {
        &self.id
    }

    /// Makes the tables of the fixed bases now (B and g2, which all realms share, and E: half a
    /// megabyte in all), for a server that would rather wait at its start than at its 25th request.
    /// Without this they come when they pay; what is computed is the same.
    pub fn prepare(&self) {
        self.bases.prepare();
    }

    /// The cache of attributes that encryption, key generation and validation use.
    #[cfg(feature = "std")]
    pub fn attribute_cache(&self) -> &AttributeCache {
        &self.bases.attributes
    }

    /// These parameters with another cache: larger, or smaller, or that of another realm, since the
    /// point of an attribute is the same in all.
    #[cfg(feature = "std")]
    pub fn with_attribute_cache(mut self, cache: AttributeCache) -> Self {
        self.bases.attributes = cache;
        self
    }

    pub(crate) fn bases(&self) -> &Bases {
        &self.bases
    }

    pub(crate) fn verifying_key(&self) -> VerifyingKey {
        self.verifying_key
    }

    /// The encoding, about 630 bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut encoder =
            Encoder::object(Kind::PublicParameters, 3 + self.realm.len() + GT_BYTES + VERIFYING_KEY_BYTES);
        encode_realm(&mut encoder, &self.realm, self.epochs);
        encoder.raw(&self.bases.e().element().to_bytes());
        encoder.raw(&self.verifying_key.to_bytes());
        encoder.finish()
    }

    /// Decodes public parameters.
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::PublicParameters)?;
        let (realm, epochs) = decode_realm(&mut decoder)?;
        let at = decoder.position();
        let e = Gt::from_bytes(&decoder.array("E")?).ok_or(Decoder::error_at(
            at,
            "E",
            DecodeReason::InvalidTargetElement,
        ))?;
        let at = decoder.position();
        let verifying_key = VerifyingKey::from_bytes(&decoder.array("verification key")?)
            .ok_or(Decoder::error_at(at, "verification key", DecodeReason::InvalidVerifyingKey))?;
        decoder.finish()?;
        Ok(Self::new(realm, epochs, e, verifying_key))
    }
}

impl MasterKey {
    fn new(realm: String, epochs: Option<EpochTree>, alpha: Secret<Scalar>, root: Secret<[u8; 32]>) -> Self {
        let g1_alpha = Secret::new(G1::generator().pow(&alpha));
        let e = scheme::public_element(&g1_alpha);
        let parameters = PublicParameters::new(realm, epochs, e, signing_key(&root).verifying_key());
        let k_r = kdf(Label::RandomizerKey, &[root.expose_secret()]);
        Self { alpha, g1_alpha, root, k_r, parameters }
    }

    /// The public parameters, which the master key determines. Keys are issued with their cache.
    pub fn public_parameters(&self) -> &PublicParameters {
        &self.parameters
    }

    /// This master key with another cache of attributes.
    #[cfg(feature = "std")]
    pub fn with_attribute_cache(mut self, cache: AttributeCache) -> Self {
        self.parameters = self.parameters.with_attribute_cache(cache);
        self
    }

    /// Issues a key for `attributes`. `[ABE-3.2]`
    ///
    /// Every call makes an independent key, so that two readers can never pool theirs.
    ///
    /// # Errors
    /// [`IssueError::NoAttributes`] for an empty set, which could open nothing; [`IssueError::HasEpochs`] in a realm with
    /// epochs, where keys are made for proxies.
    pub fn issue(
        &self,
        attributes: &AttributeSet,
        rng: &mut impl CryptoRng,
    ) -> Result<AttributeKey, IssueError> {
        if attributes.is_empty() {
            return Err(IssueError::NoAttributes);
        }
        if self.parameters.epochs.is_some() {
            return Err(IssueError::HasEpochs);
        }
        let labels = attributes.labels();
        let h = self.parameters.bases.points(&labels);
        let key = scheme::keygen(&self.g1_alpha, &h, rng);
        Ok(AttributeKey::new(self.parameters.id, attributes.clone(), labels, key))
    }

    /// Signs the declaration of numbers and dates of this realm.
    pub fn sign_schema(&self, schema: &Schema) -> SignedSchema {
        SignedSchema::sign(schema.clone(), &self.parameters.id, &signing_key(&self.root))
    }

    /// α.
    pub(crate) fn alpha(&self) -> &Secret<Scalar> {
        &self.alpha
    }

    /// k_r, for the randomness of transform keys. `[OUT-3.1]`
    pub(crate) fn k_r(&self) -> &Secret<[u8; 32]> {
        &self.k_r
    }

    /// The authority's signature.
    pub(crate) fn sign(&self, label: Label, parts: &[&[u8]]) -> [u8; SIGNATURE_BYTES] {
        signing_key(&self.root).sign(label, parts)
    }

    /// The encoding: a secret.
    pub fn to_bytes(&self) -> SecretBytes {
        let realm = &self.parameters.realm;
        let mut encoder = Encoder::object(Kind::MasterKey, 3 + realm.len() + SCALAR_BYTES + 32);
        encode_realm(&mut encoder, realm, self.parameters.epochs);
        let alpha = Secret::new(self.alpha.expose_secret().to_bytes());
        encoder.raw(alpha.expose_secret());
        encoder.raw(self.root.expose_secret());
        encoder.finish_secret()
    }

    /// Decodes a master key. Takes a pairing: the public parameters are computed again.
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::MasterKey)?;
        let (realm, epochs) = decode_realm(&mut decoder)?;
        let at = decoder.position();
        let alpha = Scalar::from_canonical(decoder.secret("alpha")?.expose_secret())
            .filter(|alpha| !alpha.is_zero())
            .map(Secret::new)
            .ok_or(Decoder::error_at(at, "alpha", DecodeReason::InvalidScalar))?;
        let root = decoder.secret("root")?;
        decoder.finish()?;
        Ok(Self::new(realm, epochs, alpha, root))
    }
}

/// The realm's name, and the depth of its epochs.
fn encode_realm(encoder: &mut Encoder, realm: &str, epochs: Option<EpochTree>) {
    encoder.short_bytes(realm.as_bytes());
    EpochTree::encode(epochs, encoder);
}

fn decode_realm(decoder: &mut Decoder<'_>) -> Result<(String, Option<EpochTree>), DecodeError> {
    let at = decoder.position();
    let realm = decoder.short_text(MAX_REALM_BYTES, "realm")?.to_string();
    Decoder::checked(realm.len() as u64, at, "realm", 1, MAX_REALM_BYTES as u64)?;
    Ok((realm, EpochTree::decode(decoder)?))
}

fn signing_key(root: &Secret<[u8; 32]>) -> SigningKey {
    SigningKey::from_seed(&kdf(Label::AuthoritySigningKey, &[root.expose_secret()]))
}

impl PartialEq for PublicParameters {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for PublicParameters {}

impl fmt::Debug for PublicParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicParameters")
            .field("realm", &self.realm)
            .field("id", &Hex(&self.id))
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MasterKey").field("realm", &self.parameters.realm).finish_non_exhaustive()
    }
}
