//! Making transform keys: by the authority, or by a reader out of his full key. `[OUT-3]`

use rand_core::CryptoRng;

use super::enrolment::{EnrolledReader, UserId};
use super::proxy_key::ProxyKey;
use super::reader::ReaderSeed;
use super::scheme;
use super::transform_key::{Facts, Issued, KeyId, Maker, TransformKey};
use crate::abe::error::IssueError;
use crate::abe::types::{AttributeKey, MasterKey};
use crate::math::{G1_BYTES, Scalar};
use crate::policy::AttributeSet;
use crate::secret::Secret;

impl MasterKey {
    /// Issues what a proxy needs to serve an enrolled reader: a key for `attributes` that nobody but he can
    /// finish with. Send it to the proxy over a confidential channel, and never to the reader. `[OUT-3.2]`
    ///
    /// Every call makes an independent key under a fresh [`KeyId`], so that readers, and one reader's old and new
    /// keys, can never be pooled.
    ///
    /// # Errors
    /// [`IssueError::NoAttributes`] for an empty set, [`IssueError::OtherRealm`] if the reader is enrolled elsewhere,
    /// [`IssueError::HasEpochs`] in a realm with epochs.
    ///
    /// ```
    /// # use hippocrypt::*;
    /// # let (parameters, master) = setup("st-marys", &mut os_rng())?;
    /// // The reader enrols with the authority, once.
    /// let seed = ReaderSeed::generate(&mut os_rng());
    /// let user = UserId::new("dr-chen")?;
    /// let nonce = EnrolmentNonce::generate(&mut os_rng());
    /// let enrolment = seed.enrol(&parameters, &user, &nonce, &mut os_rng());
    ///
    /// // The authority verifies that and issues a key, to the proxy.
    /// let reader = enrolment.verify(&parameters, &user, nonce)?;
    /// let attributes = AttributeSet::parse("role:cardiologist", &Schema::empty())?;
    /// let transform_key = master.issue_transform_key(&reader, &attributes, &mut os_rng())?;
    /// let proxy_key = transform_key.accept(&parameters, &mut os_rng())?;
    ///
    /// // Somebody stores a record with the proxy.
    /// let policy = Policy::parse("role:cardiologist or patient:4711", &Schema::empty())?;
    /// let (header, _) = parameters.compartment(&policy, b"patient 4711", &mut os_rng())?;
    /// let stored = StoredHeader::accept(header, &parameters, &mut os_rng())?;
    ///
    /// // The reader asks for it by its id; the proxy transforms; the reader finishes.
    /// let header_id = stored.header().core_id();
    /// let request = seed.request_key().ask(&parameters, &user, header_id, 0, &mut os_rng());
    /// let transformed = proxy_key.serve(&request, &stored)?;
    /// let content_key =
    ///     seed.retrieval_key().finish(&parameters, &transformed, header_id, b"patient 4711")?;
    /// assert_eq!(content_key.core_id(), header_id);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn issue_transform_key(
        &self,
        reader: &EnrolledReader,
        attributes: &AttributeSet,
        rng: &mut impl CryptoRng,
    ) -> Result<TransformKey, IssueError> {
        if attributes.is_empty() {
            return Err(IssueError::NoAttributes);
        }
        let parameters = self.public_parameters();
        if reader.realm != *parameters.id() {
            return Err(IssueError::OtherRealm);
        }
        if parameters.epochs().is_some() {
            return Err(IssueError::HasEpochs);
        }
        Ok(self.transform_key(reader, attributes, KeyId::random(rng), None))
    }

    /// Issues under this name; in a realm with epochs, with the tokens of Path(t). `[REV-4.1]`
    pub(crate) fn transform_key(
        &self,
        reader: &EnrolledReader,
        attributes: &AttributeSet,
        id: KeyId,
        issued: Option<Issued>,
    ) -> TransformKey {
        let parameters = self.public_parameters();
        let r = self.randomizer(&id, &reader.user, &reader.y_point.to_bytes());
        let mut labels = attributes.labels();
        let attribute_labels = labels.len();
        if let Some(issued) = issued {
            labels.extend(issued.tree.labels(&issued.tree.path(issued.epoch)));
        }
        let h = parameters.bases().points(&labels);
        labels.truncate(attribute_labels);
        let key = scheme::issue(self.alpha(), &reader.y_point, &r, &h);
        let facts = Facts {
            realm: *parameters.id(),
            id,
            user: reader.user.clone(),
            request_key: reader.request_key,
            maker: Maker::Authority,
            issued,
            attributes: attributes.clone(),
        };
        TransformKey::new(ProxyKey::new(facts, labels, key), |label, parts| self.sign(label, parts))
    }

    /// r of a transform key. `[OUT-3.1]`
    pub(crate) fn randomizer(&self, id: &KeyId, user: &UserId, y_point: &[u8; G1_BYTES]) -> Secret<Scalar> {
        scheme::randomizer(
            self.k_r(),
            self.public_parameters().id(),
            id.as_bytes(),
            user.as_str().as_bytes(),
            y_point,
        )
    }
}

impl AttributeKey {
    /// A transform key out of this full key, for the reader's own use of a proxy (a phone that asks a server at home):
    /// the authority takes no part. What the proxy makes, the retrieval key of `seed` finishes. `[OUT-3.4]`
    ///
    /// Take a fresh seed. Nothing is revoked by deleting the transform key, for the full key stays what it is.
    pub fn transform_key(&self, seed: &ReaderSeed, user: &UserId, rng: &mut impl CryptoRng) -> TransformKey {
        let (key, labels) = self.elements();
        let request_key = seed.request_key().0;
        let facts = Facts {
            realm: *self.realm_id(),
            id: KeyId::random(rng),
            user: user.clone(),
            request_key: request_key.verifying_key(),
            maker: Maker::Reader,
            issued: None,
            attributes: self.attributes().clone(),
        };
        let blinded = scheme::blind(key, &seed.exponent());
        let key = ProxyKey::new(facts, labels.to_vec(), blinded);
        TransformKey::new(key, |label, parts| request_key.sign(label, parts))
    }
}
