//! Outsourced decryption against the values of a second implementation.
//!
//! `tests/vectors/outsource.json` was written in another language, over other libraries (`tests/vectors/gen`). What it
//! says was random, the tests replay.

use alloc::vec::Vec;

use serde_json::Value;

use super::scheme;
use super::{
    EnrolledReader, Enrolment, EnrolmentNonce, KeyId, Maker, ProxyKey, ReaderSeed, StoredHeader,
    TransformKey, TransformRequest, TransformedHeader, UserId,
};
use crate::abe::kem::{self, Hdr};
use crate::abe::payload::{ContentKey, RecordId, RecordName};
use crate::abe::types::{AttributeKey, Header, MasterKey, PublicParameters, setup};
use crate::abe::vectors::scalar;
use crate::hash::{Label, kdf};
use crate::policy::{AttributeSet, Policy, Schema};
use crate::secret::Secret;
use crate::sign::SigningKey;
use crate::testing::TestRng;
use crate::testing::vectors::{
    Replay, array, bytes, flag, hex, hexes, indices, list, named, number, text, texts,
};

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../tests/vectors/outsource.json")).unwrap()
}

fn realm(all: &Value) -> (PublicParameters, MasterKey) {
    let case = &all["setup"];
    let random = [bytes(case, "alpha_bytes"), bytes(case, "root")].concat();
    let (parameters, master) = setup(text(case, "realm"), &mut Replay(random)).unwrap();
    assert_eq!(hex(parameters.to_bytes()), text(case, "public_parameters"));
    assert_eq!(hex(parameters.id()), text(case, "realm_id"));
    (parameters, master)
}

fn schema(all: &Value) -> Schema {
    Schema::parse(&texts(&all["setup"], "schema_entries").join(", ")).unwrap()
}

fn seed(case: &Value) -> ReaderSeed {
    ReaderSeed::from_bytes(&bytes(case, "encoded_seed")).unwrap()
}

/// A reader's enrolment, part by part; and the enrolled reader.
pub(crate) fn check_enrolment(parameters: &PublicParameters, case: &Value) -> EnrolledReader {
    let seed = seed(case);
    assert_eq!(hex(seed.to_bytes().expose_secret()), text(case, "encoded_seed"));
    let generated = ReaderSeed::generate(&mut Replay(bytes(case, "seed")));
    assert_eq!(hex(generated.to_bytes().expose_secret()), text(case, "encoded_seed"));
    let y = seed.exponent();
    assert_eq!(hex(y.expose_secret().to_bytes()), text(case, "y"));
    let y_point = scheme::retrieval_point(&y);
    assert_eq!(hex(y_point.to_bytes()), text(case, "Y"));
    let request_seed: Secret<[u8; 32]> = kdf(Label::RequestKey, &[&bytes(case, "seed")]);
    assert_eq!(hex(request_seed.expose_secret()), text(case, "request_seed"));
    let request_key = SigningKey::from_seed(&request_seed).verifying_key().to_bytes();
    assert_eq!(hex(request_key), text(case, "request_key"));

    let user = UserId::new(text(case, "user")).unwrap();
    assert_eq!(hex(user.as_str()), text(case, "user_bytes"));
    let nonce: [u8; 32] = array(case, "nonce");
    let statement: [&[u8]; 4] = [parameters.id(), user.as_str().as_bytes(), &nonce, &request_key];
    let proof = scheme::prove(&y, &statement, &Secret::new(scalar(text(case, "k"))));
    assert_eq!(hex(proof.c.to_bytes()), text(case, "c"));
    assert_eq!(hex(proof.z.to_bytes()), text(case, "z"));
    // k comes from the seed, fresh bytes and the statement.
    let (nonce, mut fresh) = (EnrolmentNonce::from_bytes(nonce), Replay(bytes(case, "fresh")));
    let enrolment = seed.enrol(parameters, &user, &nonce, &mut fresh);
    assert_eq!(hex(enrolment.to_bytes()), text(case, "enrolment"));
    let enrolment = Enrolment::from_bytes(&bytes(case, "enrolment")).unwrap();
    assert_eq!(hex(enrolment.to_bytes()), text(case, "enrolment"));
    enrolment.verify(parameters, &user, nonce).unwrap()
}

/// A transform key, there and back again; and what a proxy makes of it.
pub(crate) fn check_transform_key(
    parameters: &PublicParameters,
    case: &Value,
    made: &TransformKey,
) -> ProxyKey {
    assert_eq!(hex(made.to_bytes()), text(case, "transform_key"));
    let decoded = TransformKey::from_bytes(&bytes(case, "transform_key")).unwrap();
    assert_eq!(hex(decoded.to_bytes()), text(case, "transform_key"));
    let key = decoded.accept(parameters, &mut TestRng::new("weights")).unwrap();
    let stored = key.to_bytes();
    assert_eq!(ProxyKey::from_bytes(&stored).unwrap().to_bytes(), stored);
    key
}

/// A record under a content key: the same for the same key.
fn record(content_key: &ContentKey) -> Vec<u8> {
    let name = RecordName { id: RecordId::from_bytes([7; 16]), version: 1 };
    content_key.seal(&name, b"sinus rhythm", &mut TestRng::new("salt"))
}

/// What a proxy sends, and what its reader makes of it.
pub(crate) fn check_transformation(
    parameters: &PublicParameters,
    reader: &Value,
    header: &Value,
    case: &Value,
    transformed: &TransformedHeader,
) {
    assert_eq!(hex(transformed.to_bytes()), text(case, "transformed"));
    let retrieval_key = seed(reader).retrieval_key();
    let decoded = TransformedHeader::from_bytes(&bytes(case, "transformed")).unwrap();
    let (core_id, context) = (array(header, "core_id"), bytes(header, "context"));
    let expected = ContentKey::new(Secret::new(array(header, "content_key")), core_id);
    for transformed in [transformed, &decoded] {
        let (core, t) = transformed.clone().into_parts();
        assert_eq!(hex(t.to_bytes()), text(case, "T"));
        let k = scheme::finish(&t, &retrieval_key.inverse_of_y);
        assert_eq!(hex(k.expose_secret().to_bytes()), text(header, "K"));
        let content_key = kem::open(parameters.bases().e(), &core, &k, false).unwrap();
        assert_eq!(hex(content_key.expose_secret()), text(header, "content_key"));
        let finished = retrieval_key.finish(parameters, transformed, &core_id, &context).unwrap();
        assert_eq!(record(&finished), record(&expected));
    }
}

#[test]
fn enrolments() {
    let all = vectors();
    let (parameters, _) = realm(&all);
    for case in list(&all, "readers") {
        let reader = check_enrolment(&parameters, case);
        assert_eq!(hex(reader.user().as_str()), text(case, "user_bytes"));
    }
}

#[test]
fn transform_keys() {
    let all = vectors();
    let (parameters, master) = realm(&all);
    let k_r = master.k_r();
    assert_eq!(hex(k_r.expose_secret()), text(&all["setup"], "randomizer_key"));
    for case in list(&all, "transform_keys") {
        let reader = check_enrolment(&parameters, named(&all, "readers", text(case, "reader")));
        let id = KeyId::from_bytes(array(case, "key_id"));
        let r = master.randomizer(&id, &reader);
        assert_eq!(hex(r.expose_secret().to_bytes()), text(case, "r"));
        let set = AttributeSet::parse(&texts(case, "set").join(", "), &schema(&all)).unwrap();
        let made = master.issue_transform_key(&reader, &set, &mut Replay(bytes(case, "key_id"))).unwrap();
        let key = check_transform_key(&parameters, case, &made);
        assert_eq!(hex(key.to_bytes()), text(case, "proxy_key"));
        assert_eq!((key.maker(), key.attributes(), key.id()), (Maker::Authority, &set, &id));
    }
}

#[test]
fn own_transform_keys() {
    let all = vectors();
    let (parameters, _) = realm(&all);
    for case in list(&all, "own_transform_keys") {
        let reader = named(&all, "readers", text(case, "reader"));
        let full = AttributeKey::from_bytes(&bytes(case, "key")).unwrap();
        let user = UserId::new(text(reader, "user")).unwrap();
        let made = full.transform_key(&seed(reader), &user, &mut Replay(bytes(case, "key_id")));
        let key = check_transform_key(&parameters, case, &made);
        assert_eq!(hex(key.to_bytes()), text(case, "proxy_key"));
        assert_eq!(key.maker(), Maker::Reader);
    }
}

#[test]
fn transformations() {
    let all = vectors();
    let (parameters, _) = realm(&all);
    for header_case in list(&all, "headers") {
        let policy = Policy::parse(text(header_case, "policy"), &schema(&all)).unwrap();
        let context = kem::context_id(&bytes(header_case, "context"));
        let hdr = Hdr { realm: *parameters.id(), policy, context, clause: None };
        let m = Secret::new(array(header_case, "m"));
        let (core, ciphertext, _) = kem::encapsulate_message(parameters.bases(), hdr, &m);
        let header = Header::new(core, ciphertext);
        assert_eq!(hex(header.to_bytes()), text(header_case, "header"));
        assert_eq!(hex(header.core_id()), text(header_case, "core_id"));
        let rng = &mut TestRng::new("weights");
        let stored = StoredHeader::accept(header.clone(), &parameters, rng).unwrap();
        for case in list(header_case, "transformations") {
            let lists = [list(&all, "transform_keys"), list(&all, "own_transform_keys")].concat();
            let key_case = lists.iter().find(|key| key["name"] == case["key"]).unwrap();
            let reader = named(&all, "readers", text(key_case, "reader"));
            let key = ProxyKey::from_bytes(&bytes(key_case, "proxy_key")).unwrap();
            let alone = key.transform(&header);
            assert_eq!(alone.is_ok(), flag(case, "satisfies"));
            let Ok(alone) = alone else { continue };
            check_transformation(&parameters, reader, header_case, case, &alone);
            let served = key.transform_stored(&stored).unwrap();
            check_transformation(&parameters, reader, header_case, case, &served);

            let labels = key.attributes().labels();
            let selection = header.span_program().reconstruct(|label| labels.contains(label)).unwrap();
            let (rows, gamma): (Vec<_>, Vec<_>) = selection.rows.into_iter().unzip();
            assert_eq!(rows, indices(case, "rows"));
            assert_eq!(hexes(gamma.iter().map(|gamma| gamma.to_bytes())), texts(case, "gamma"));
        }
    }
}

#[test]
fn requests() {
    let all = vectors();
    let (parameters, _) = realm(&all);
    for case in list(&all, "requests") {
        let reader = named(&all, "readers", text(case, "reader"));
        let (key, user) = (seed(reader).request_key(), UserId::new(text(reader, "user")).unwrap());
        let core_id = array(case, "core_id");
        let nonce = &mut Replay(bytes(case, "nonce"));
        let request = key.ask(&parameters, &user, &core_id, number(case, "time"), nonce);
        assert_eq!(hex(request.to_bytes()), text(case, "request"));
        let request = TransformRequest::from_bytes(&bytes(case, "request")).unwrap();
        assert!(request.is_signed_by(key.0.verifying_key()));
        assert_eq!(hex(request.to_bytes()), text(case, "request"));
    }
}
