//! What every role has to know of a realm, in one object. `[PHR-1]`

use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;

use super::error::RoleError;
use super::rules::AccessRules;
use crate::abe::types::{MasterKey, PublicParameters, SignedSchema};
use crate::codec::{Decoder, Encoder, Hex, Kind};
use crate::error::{DecodeError, DecodeReason};
use crate::hash::Label;
use crate::policy::Schema;
use crate::sign::SIGNATURE_BYTES;

/// Most bytes of the text of rules.
const MAX_RULES_BYTES: usize = 1 << 20;
/// Most bytes of an encoded part.
const MAX_PART_BYTES: usize = 1 << 20;

/// What every role has to know of a realm: its public parameters, its schema, and its rules of access; signed by its
/// authority. Public.
///
/// It proves itself but for its beginning: whoever gets one for the first time compares [`Realm::id`] with what the
/// authority has told him in person. Newer ones of the same realm have a higher number.
#[derive(Clone)]
pub struct Realm {
    parameters: PublicParameters,
    schema: SignedSchema,
    plain_schema: Schema,
    rules: AccessRules,
    number: u64,
    signature: [u8; SIGNATURE_BYTES],
}

impl Realm {
    /// Signs schema and rules; `number` is higher than that of those before.
    pub(super) fn sign(master: &MasterKey, schema: &Schema, rules: AccessRules, number: u64) -> Self {
        let mut realm = Self {
            parameters: master.public_parameters().clone(),
            schema: master.sign_schema(schema),
            plain_schema: schema.clone(),
            rules,
            number,
            signature: [0; SIGNATURE_BYTES],
        };
        realm.signature = master.sign(Label::RealmSignature, &[&realm.body()]);
        realm
    }

    /// The 32 bytes that tell this realm from any other: H(mpk).
    pub fn id(&self) -> &[u8; 32] {
        self.parameters.id()
    }

    /// The public parameters.
    pub fn parameters(&self) -> &PublicParameters {
        &self.parameters
    }

    /// The numbers and dates that policies may compare.
    pub fn schema(&self) -> &Schema {
        &self.plain_schema
    }

    /// Who may read what.
    pub fn rules(&self) -> &AccessRules {
        &self.rules
    }

    /// Which version of the realm it is.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Whether this one takes the place of `older`: the same realm, and a higher number.
    pub fn succeeds(&self, older: &Self) -> bool {
        self.id() == older.id() && self.number > older.number
    }

    fn body(&self) -> Vec<u8> {
        let mut encoder = Encoder::bare(1024);
        encoder.u64(self.number);
        encoder.long_bytes(&self.parameters.to_bytes());
        encoder.long_bytes(&self.schema.to_bytes());
        encoder.long_bytes(self.rules.to_string().as_bytes());
        encoder.finish()
    }

    /// The encoding: about 1 KB and the rules. `[PHR-1.1]`
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = self.body();
        let mut encoder = Encoder::object(Kind::Realm, body.len() + SIGNATURE_BYTES);
        encoder.raw(&body);
        encoder.raw(&self.signature);
        encoder.finish()
    }

    /// Decodes a realm, and checks that the authority that it names has signed it.
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::Realm)?;
        let number = decoder.u64("number")?;
        let parameters =
            PublicParameters::from_bytes(decoder.long_bytes(MAX_PART_BYTES, "public parameters")?)?;
        let schema = SignedSchema::from_bytes(decoder.long_bytes(MAX_PART_BYTES, "schema")?)?;
        let plain_schema = schema.verify(&parameters)?.clone();
        let at = decoder.position();
        let text = decoder.long_bytes(MAX_RULES_BYTES, "rules")?;
        let unreadable =
            |_: RoleError| Decoder::error_at(at, "rules", DecodeReason::NotCanonical("rules that parse"));
        let text = core::str::from_utf8(text)
            .map_err(|_| Decoder::error_at(at, "rules", DecodeReason::NotNormalized))?;
        let rules = AccessRules::parse(text, &plain_schema).map_err(unreadable)?;
        if rules.to_string() != text {
            return Err(Decoder::error_at(
                at,
                "rules",
                DecodeReason::NotCanonical("each rule on one line, in order"),
            ));
        }
        let at = decoder.position();
        let signature = decoder.array("signature")?;
        decoder.finish()?;
        let realm = Self { parameters, schema, plain_schema, rules, number, signature };
        let key = realm.parameters.verifying_key();
        if !key.verifies(Label::RealmSignature, &[&realm.body()], &realm.signature) {
            return Err(Decoder::error_at(
                at,
                "signature",
                DecodeReason::BadSignature("the realm's authority"),
            ));
        }
        Ok(realm)
    }
}

impl fmt::Debug for Realm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Realm")
            .field("name", &self.parameters.realm())
            .field("id", &Hex(self.id()))
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}
