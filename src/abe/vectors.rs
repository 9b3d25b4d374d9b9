//! The whole of suite 1 against the values of a second implementation.
//!
//! `tests/vectors/abe.json` was written from the SPEC.md files alone, in another language, over other
//! libraries (`tests/vectors/gen`). What it says was random, the tests replay.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::Value;

use super::kem::{self, Hdr, context_id};
use super::scheme::{self, Received};
use super::types::{
    AttributeKey, AuthorId, AuthorKey, AuthorSignature, Header, HeaderError, MasterKey, PublicParameters,
    SignedSchema, setup,
};
use crate::abe::payload::{ContentKey, RecordId, RecordName};
use crate::epoch::TimeClause;
use crate::error::DecodeError;
use crate::hash::{Label as HashLabel, Xof, hash, kdf};
use crate::math::{G1, G2, HashDomain, Scalar, hash_to_g1, pairing_product};
use crate::policy::{Attribute, AttributeSet, Name, NumberType, Policy, Range, Schema, SpanProgram};
use crate::secret::Secret;
use crate::testing::TestRng;
use crate::testing::vectors::{
    Replay, array, bytes, hex, hexes, index, indices, list, named, number, text, texts, unhex,
};

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../tests/vectors/abe.json")).unwrap()
}

pub(crate) fn scalar(hex: &str) -> Scalar {
    Scalar::from_canonical(&unhex(hex).try_into().unwrap()).unwrap()
}

pub(crate) fn secrets(shares: &[Secret<Scalar>]) -> Vec<String> {
    hexes(shares.iter().map(|share| share.expose_secret().to_bytes()))
}

fn schema(all: &Value) -> Schema {
    Schema::parse(&texts(&all["setup"], "schema_entries").join(", ")).unwrap()
}

fn realm(all: &Value) -> (PublicParameters, MasterKey) {
    let random = [bytes(&all["setup"], "alpha_bytes"), bytes(&all["setup"], "root")].concat();
    setup(text(&all["setup"], "realm"), &mut Replay(random)).unwrap()
}

fn key(all: &Value, name: &str) -> AttributeKey {
    AttributeKey::from_bytes(&bytes(named(all, "keys", name), "key")).unwrap()
}

fn record_name(all: &Value) -> RecordName {
    let case = &all["record"];
    RecordName { id: RecordId::from_bytes(array(case, "record_id")), version: number(case, "version") }
}

/// A span program: labels, ρ, τ, and M.
pub(crate) fn check_program(program: &SpanProgram, case: &Value) {
    let rows = program.rows();
    let labels = hexes(rows.iter().map(|row| program.labels()[row.label].as_bytes()));
    assert_eq!(labels, texts(case, "labels"));
    assert_eq!(rows.iter().map(|row| row.occurrence).collect::<Vec<_>>(), indices(case, "rho"));
    assert_eq!(program.tau(), index(&case["tau"]));
    let expected = list(case, "matrix").iter().map(|row| {
        let entry = |entry: &Value| match entry.as_i64().unwrap() {
            negative @ ..0 => -Scalar::from_u64(negative.unsigned_abs()),
            entry => Scalar::from_u64(entry.unsigned_abs()),
        };
        row.as_array().unwrap().iter().map(entry).collect::<Vec<_>>()
    });
    assert!(program.matrix() == expected.collect::<Vec<_>>());
}

#[test]
fn generators_base_and_labels() {
    let all = vectors();
    let e = pairing_product(&[(G1::generator().into(), G2::generator())]);
    assert_eq!(hex(e.to_bytes()), text(&all, "pairing_of_generators"));
    assert_eq!(hex(scheme::base().point().to_bytes()), text(&all, "base"));
    for case in list(&all, "labels") {
        let mut name = Name::new(text(case, "name")).unwrap();
        if !text(case, "namespace").is_empty() {
            name = name.in_namespace(text(case, "namespace")).unwrap();
        }
        let label = if case["type"].is_null() {
            let attribute = Attribute::new(name);
            match text(case, "value") {
                "" => attribute.label(),
                value => attribute.with_value(value).unwrap().label(),
            }
        } else {
            let bits = u8::try_from(number(case, "bits")).unwrap();
            let kind =
                if number(case, "type") == 2 { NumberType::DATE } else { NumberType::uint(bits).unwrap() };
            // The numbers below the node.
            let free = u64::from(bits) - number(case, "prefix_length");
            let rest = u64::MAX.checked_shr(64 - u32::try_from(free).unwrap()).unwrap_or(0);
            let value = number(case, "value_of_number");
            let labels = Range::new(name, kind, value & !rest, value | rest).unwrap().labels();
            assert_eq!(labels.len(), 1);
            labels[0].clone()
        };
        assert_eq!(hex(label.as_bytes()), text(case, "label"));
        assert_eq!(hex(scheme::attribute_point(&label).to_bytes()), text(case, "point"));
        let point = hash_to_g1(HashDomain::Attribute, &bytes(case, "label"));
        assert_eq!(hex(point.to_bytes()), text(case, "point"));
    }
}

#[test]
fn policies_matrices_and_shares() {
    let all = vectors();
    let schema = schema(&all);
    for case in list(&all, "policies") {
        let written = text(case, "text");
        let policy = Policy::parse(written, &schema).unwrap();
        assert_eq!(hex(policy.canonical_bytes()), text(case, "canonical"), "{written}");
        assert_eq!(policy.to_string(), text(case, "canonical_text"));
        assert_eq!(Policy::parse(text(case, "canonical_text"), &schema).unwrap(), policy);
        assert_eq!(Policy::from_canonical_bytes(&bytes(case, "canonical"), schema.id()).unwrap(), policy);

        let program = policy.span_program();
        check_program(&program, case);
        let mut fresh = texts(case, "fresh").into_iter();
        let shares = program.share(&Secret::new(scalar(text(case, "secret"))), || {
            Secret::new(scalar(&fresh.next().unwrap()))
        });
        assert_eq!(fresh.next(), None);
        assert_eq!(secrets(&shares), texts(case, "shares"), "{written}");
    }
}

#[test]
fn texts_that_are_no_policies() {
    let all = vectors();
    for refused in texts(&all, "refused_policies") {
        assert!(Policy::parse(&refused, &schema(&all)).is_err(), "{refused}");
    }
}

#[test]
fn setup_and_schema() {
    let all = vectors();
    let case = &all["setup"];
    let (parameters, master) = realm(&all);
    let seed: Secret<[u8; 32]> = kdf(HashLabel::AuthoritySigningKey, &[&bytes(case, "root")]);
    assert_eq!(hex(seed.expose_secret()), text(case, "signing_seed"));
    assert_eq!(hex(parameters.verifying_key().to_bytes()), text(case, "verification_key"));
    assert_eq!(hex(parameters.bases().e().element().to_bytes()), text(case, "E"));
    assert_eq!(hex(parameters.to_bytes()), text(case, "public_parameters"));
    assert_eq!(hex(parameters.id()), text(case, "realm_id"));
    assert_eq!(hex(master.to_bytes().expose_secret()), text(case, "master_key"));
    assert!(PublicParameters::from_bytes(&bytes(case, "public_parameters")).unwrap() == parameters);
    assert!(*MasterKey::from_bytes(&bytes(case, "master_key")).unwrap().public_parameters() == parameters);

    let signed = master.sign_schema(&schema(&all));
    assert_eq!(hex(signed.to_bytes()), text(case, "schema"));
    assert_eq!(hex(hash(HashLabel::SchemaId, &[&bytes(case, "schema_body")])), text(case, "schema_id"));
    assert_eq!(hex(schema(&all).id()), text(case, "schema_id"));
    SignedSchema::from_bytes(&bytes(case, "schema")).unwrap().verify(&parameters).unwrap();
}

#[test]
fn keys_and_delegation() {
    let all = vectors();
    let (parameters, master) = realm(&all);
    for case in list(&all, "keys") {
        let set = AttributeSet::parse(&texts(case, "set").join(", "), &schema(&all)).unwrap();
        assert_eq!(hexes(set.labels().iter().map(|label| label.as_bytes())), texts(case, "labels"));
        let mut rng = Replay(bytes(case, "r_bytes"));
        let made = match case["delegated_by"].as_str() {
            None => master.issue(&set, &mut rng),
            Some(parent) => key(&all, parent).delegate(&set, &mut rng),
        };
        assert_eq!(hex(made.unwrap().to_bytes().expose_secret()), text(case, "key"));
        assert!(rng.0.is_empty());
        let decoded = key(&all, text(case, "name"));
        assert!(decoded.verify(&parameters, &mut TestRng::new("weights")));
    }
}

#[test]
fn encapsulation_and_decryption() {
    let all = vectors();
    let (parameters, _) = realm(&all);
    for case in list(&all, "encapsulations") {
        check_encapsulation(&parameters, &schema(&all), None, case);
        for reader in list(case, "decryptions") {
            check_decryption(&all, case, reader);
        }
    }
}

/// Everything about one encapsulation, from m on.
pub(crate) fn check_encapsulation(
    parameters: &PublicParameters,
    schema: &Schema,
    clause: Option<TimeClause>,
    case: &Value,
) {
    let policy = Policy::parse(text(case, "policy"), schema).unwrap();
    let m = Secret::new(array(case, "m"));
    let context = context_id(&bytes(case, "context"));
    let hdr = || Hdr { realm: *parameters.id(), policy: policy.clone(), context, clause };
    let program = hdr().span_program();
    let hdr_bytes = hdr().to_bytes();
    assert_eq!(hex(&hdr_bytes), text(case, "hdr"));
    assert_eq!(hex(hash(HashLabel::HeaderFields, &[&hdr_bytes])), text(case, "header_id"));

    let coins = || Xof::new(HashLabel::Coins, &[m.expose_secret(), &hdr_bytes]);
    let mut stream = coins();
    let s1 = Secret::next_nonzero(&mut stream);
    assert_eq!(hex(s1.expose_secret().to_bytes()), text(case, "s1"));
    let s_prime: Vec<_> = (0..program.tau()).map(|_| Secret::next(&mut stream)).collect();
    assert_eq!(secrets(&s_prime), texts(case, "s_prime"));
    let mut fresh = Vec::new();
    let shares = program.share(&s1, || {
        let v = Secret::<Scalar>::next(&mut stream);
        fresh.push(hex(v.expose_secret().to_bytes()));
        v
    });
    assert_eq!(fresh, texts(case, "fresh"));
    assert_eq!(secrets(&shares), texts(case, "shares"));

    let h = parameters.bases().points(program.labels());
    let (k, _) = scheme::encrypt(parameters.bases().e(), &program, &h, &mut coins());
    assert_eq!(hex(k.expose_secret().to_bytes()), text(case, "K"));
    let (core, ciphertext, content_key) = kem::encapsulate_message(parameters.bases(), hdr(), &m);
    assert_eq!(hex(ciphertext.c1.to_bytes()), text(case, "C1"));
    assert_eq!(hexes(ciphertext.c2.iter().map(G2::to_bytes)), texts(case, "C2"));
    assert_eq!(hexes(ciphertext.c3.iter().map(G1::to_bytes)), texts(case, "C3"));
    assert_eq!(hex(core.c_m), text(case, "c_m"));
    assert_eq!(hex(core.id()), text(case, "core_id"));
    assert_eq!(hex(content_key.expose_secret()), text(case, "content_key"));
    assert_eq!(hex(Header::new(core, ciphertext).to_bytes()), text(case, "header"));
}

fn check_decryption(all: &Value, case: &Value, reader: &Value) {
    let (parameters, _) = realm(all);
    let header = Header::from_bytes(&bytes(case, "header")).unwrap();
    let program = header.policy().span_program();
    let key = key(all, text(reader, "key"));
    let labels = key.attributes().labels();
    let selection = program.reconstruct(|label| labels.contains(label));
    let satisfies = reader["satisfies"].as_bool().unwrap();
    assert_eq!(key.open(&parameters, &header, &bytes(case, "context")).is_ok(), satisfies);
    assert_eq!((selection.is_some(), key.missing(&header).is_none()), (satisfies, satisfies));
    let Some(selection) = selection else { return };

    let rows = indices(reader, "rows");
    assert_eq!(selection.rows.iter().map(|(row, _)| *row).collect::<Vec<_>>(), rows);
    let gamma = hexes(selection.rows.iter().map(|(_, gamma)| gamma.to_bytes()));
    assert_eq!(gamma, texts(reader, "gamma"));

    let key = key.into_elements();
    let c3: Vec<_> = rows.iter().map(|row| header.rows()[*row].decode().unwrap()).collect();
    let received = Received { lines: &header.lines(), c3: &c3, seal: None };
    let component = |label: &_| key.k3.get(labels.binary_search(label).ok()?);
    let k = scheme::decrypt(&key, component, &program, &selection, &received).unwrap();
    assert_eq!(hex(k.expose_secret().to_bytes()), text(reader, "K"));
    let content_key = kem::open(parameters.bases().e(), header.core(), &k, true).unwrap();
    assert_eq!(hex(content_key.expose_secret()), text(case, "content_key"));
}

#[test]
fn signed_record() {
    let all = vectors();
    let case = &all["record"];
    let of = named(&all, "encapsulations", text(case, "encapsulation"));
    let content_key = ContentKey::new(Secret::new(array(of, "content_key")), array(case, "core_id"));
    let name = record_name(&all);
    let opened = content_key.open_record(name, &bytes(case, "record")).unwrap();
    assert_eq!(hex(&opened.plaintext), text(case, "plaintext"));

    let author = AuthorKey::from_bytes(&bytes(case, "author_key")).unwrap();
    assert_eq!(hex(author.to_bytes().expose_secret()), text(case, "author_key"));
    assert_eq!(hex(author.id().to_bytes()), text(case, "author_id"));
    assert!(AuthorId::from_bytes(&bytes(case, "author_id")).unwrap() == author.id());
    let claim = opened.claim.unwrap();
    assert_eq!(hex(claim.digest.as_bytes()), text(case, "digest"));
    assert_eq!(hex(claim.signature), text(case, "author_signature"));
    assert!(claim.author(content_key.core_id(), &name) == Some(author.id()));
    let signature = author.sign(content_key.core_id(), &name, &claim.digest);
    assert_eq!(hex(signature.to_bytes()), text(case, "author_signature"));
    assert!(AuthorSignature::from_bytes(&bytes(case, "author_signature")).unwrap() == signature);
}

#[test]
fn changed_headers() {
    let all = vectors();
    let (parameters, _) = realm(&all);
    let rng = &mut TestRng::new("weights");
    let (name, record) = (record_name(&all), bytes(&all["record"], "record"));
    for case in list(&all, "openings") {
        let change = text(case, "change");
        let header = Header::from_bytes(&bytes(case, "header")).unwrap();
        let (key, context) = (key(&all, text(case, "key")), bytes(case, "context"));
        let opens = case["opens"].as_bool().unwrap();
        let opened = key.open(&parameters, &header, &context);
        assert_eq!(opened.is_ok(), opens, "{change}");
        // The record was sealed under the content key of the header as it was made.
        let reads = opened.is_ok_and(|content_key| content_key.open(&name, &record).is_ok());
        assert_eq!(reads, case["same_content_key"].as_bool().unwrap(), "{change}");
        assert_eq!(key.open_strict(&parameters, &header, &context, rng).is_ok(), opens, "{change}");
        // The vectors say whether the equation holds; which realm it is for is asked beforehand.
        let expected = match (header.realm_id() == parameters.id(), case["valid"].as_bool().unwrap()) {
            (true, true) => Ok(()),
            (true, false) if change.ends_with("no point of the curve") => Err(HeaderError::Row(0)),
            (true, false) => Err(HeaderError::Inconsistent),
            (false, _) => Err(HeaderError::OtherRealm),
        };
        assert_eq!(header.validate(&parameters, rng), expected, "{change}");
    }
}

#[test]
fn malformed_encodings() {
    let all = vectors();
    let (parameters, _) = realm(&all);
    for case in list(&all, "encodings") {
        let (object, field, data) = (text(case, "object"), text(case, "field"), bytes(case, "bytes"));
        let what = format!("{object}, {field}: {}", text(case, "fault"));
        let error: DecodeError = match object {
            "header" => Header::from_bytes(&data).err(),
            "public parameters" => PublicParameters::from_bytes(&data).err(),
            "master key" => MasterKey::from_bytes(&data).err(),
            "attribute key" => AttributeKey::from_bytes(&data).err(),
            "schema" if field == "signature" => {
                let schema = SignedSchema::from_bytes(&data).unwrap();
                assert_eq!(schema.verify(&parameters).unwrap_err().field, field, "{what}");
                continue;
            }
            "schema" => SignedSchema::from_bytes(&data).err(),
            _ => panic!("{object} is no object"),
        }
        .unwrap_or_else(|| panic!("accepted: {what}"));
        let allowed = number(case, "from")..=number(case, "to");
        assert!(allowed.contains(&(error.position as u64)), "{what}: {error}");
        // Within the fields that have parts, the part is named.
        if !["policy", "attribute set", "schema"].contains(&field) {
            assert_eq!(error.field, field, "{what}");
        }
    }
}
