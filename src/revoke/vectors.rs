//! Epochs, tokens, grants and seals against the values of a second implementation.
//!
//! `tests/vectors/epochs.json` was written in another language, over other libraries (`tests/vectors/gen`). What it says
//! was random, the tests replay.

use alloc::vec::Vec;

use serde_json::Value;

use super::grant::Grant;
use super::seal::SealKey;
use super::tokens::TokenBatch;
use super::{SealKeeper, scheme};
use crate::abe::types::{CurrentEpoch, Header, MasterKey, PublicParameters, setup_with_epochs};
use crate::abe::vectors::{check_encapsulation, check_program};
use crate::dyadic::Node;
use crate::epoch::{Epoch, EpochTree, TimeClause};
use crate::hash::{Label as HashLabel, Xof};
use crate::math::{FixedG1, G1, HashDomain, Scalar, hash_to_g1};
use crate::outsource::transform_key::Issued;
use crate::outsource::vectors::{check_enrolment, check_transform_key, check_transformation};
use crate::outsource::{EnrolledReader, KeyId, ProxyKey, StoredHeader, TransformError};
use crate::policy::{AttributeSet, Schema};
use crate::secret::Secret;
use crate::testing::TestRng;
use crate::testing::vectors::{
    Replay, array, bytes, flag, hex, hexes, index, indices, list, named, number, text, texts,
};

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../tests/vectors/epochs.json")).unwrap()
}

fn tree(case: &Value) -> EpochTree {
    EpochTree::new(u8::try_from(number(case, "depth")).unwrap()).unwrap()
}

fn nodes(case: &Value, field: &str) -> Vec<Node> {
    let node = |node: &Value| Node {
        length: u8::try_from(node[0].as_u64().unwrap()).unwrap(),
        prefix: node[1].as_u64().unwrap(),
    };
    list(case, field).iter().map(node).collect()
}

fn realm(all: &Value, name: &str) -> (PublicParameters, MasterKey) {
    let case = named(all, "realms", name);
    let random = &mut Replay([bytes(case, "alpha_bytes"), bytes(case, "root")].concat());
    setup_with_epochs(text(case, "realm"), tree(case), random).unwrap()
}

fn schema(all: &Value) -> Schema {
    Schema::parse(&texts(all, "schema_entries").join(", ")).unwrap()
}

fn set(all: &Value, case: &Value) -> AttributeSet {
    AttributeSet::parse(&texts(case, "set").join(", "), &schema(all)).unwrap()
}

fn clause(parameters: &PublicParameters, case: &Value) -> TimeClause {
    let tree = parameters.epochs().unwrap();
    TimeClause { tree, since: tree.epoch(number(case, "t0")).unwrap() }
}

fn reader(all: &Value, parameters: &PublicParameters, name: &str) -> EnrolledReader {
    check_enrolment(parameters, named(all, "readers", name))
}

/// r of a key.
fn randomizer(all: &Value, parameters: &PublicParameters, master: &MasterKey, key: &Value) -> Secret<Scalar> {
    let reader = reader(all, parameters, text(key, "reader"));
    let y_point = array(named(all, "readers", text(key, "reader")), "Y");
    master.randomizer_of(&KeyId::from_bytes(array(key, "key_id")), reader.user(), &y_point)
}

/// The keys as they were issued.
fn issued(all: &Value, parameters: &PublicParameters, master: &MasterKey) -> Vec<ProxyKey> {
    let tree = parameters.epochs().unwrap();
    let issue = |case: &Value| {
        let epoch = tree.epoch(number(case, "epoch")).unwrap();
        let issued = Issued { tree, update: number(case, "update"), epoch };
        let id = KeyId::from_bytes(array(case, "key_id"));
        let reader = reader(all, parameters, text(case, "reader"));
        let made = master.transform_key(&reader, &set(all, case), id, Some(issued));
        check_transform_key(parameters, case, &made)
    };
    list(all, "transform_keys").iter().map(issue).collect()
}

#[test]
fn paths_and_covers() {
    let all = vectors();
    for case in list(&all, "trees") {
        let tree = tree(case);
        assert_eq!(u64::from(tree.last().number()), number(case, "last"));
        for case in list(case, "epochs") {
            let t = tree.epoch(number(case, "epoch")).unwrap();
            assert_eq!(tree.path(t), nodes(case, "path"));
            assert_eq!(tree.cover(t), nodes(case, "cover"));
        }
    }
    for case in list(&all, "refreshed") {
        let epoch = |field| tree(case).epoch(number(case, field)).unwrap();
        assert_eq!(tree(case).refresh(Some(epoch("from")), epoch("to")), nodes(case, "nodes"));
    }
}

#[test]
fn points_of_time() {
    for case in list(&vectors(), "points") {
        let length = u8::try_from(number(case, "length")).unwrap();
        let node = Node { length, prefix: number(case, "prefix") };
        let label = &tree(case).labels(&[node])[0];
        assert_eq!(hex(label.as_bytes()), text(case, "label"));
        assert_eq!(hex(crate::abe::scheme::attribute_point(label).to_bytes()), text(case, "point"));
        let point = hash_to_g1(HashDomain::Time, &bytes(case, "label"));
        assert_eq!(hex(point.to_bytes()), text(case, "point"));
    }
}

#[test]
fn realms_with_epochs() {
    let all = vectors();
    for case in list(&all, "realms") {
        let (parameters, master) = realm(&all, text(case, "name"));
        assert_eq!(hex(parameters.to_bytes()), text(case, "public_parameters"));
        assert_eq!(hex(parameters.id()), text(case, "realm_id"));
        assert_eq!(hex(master.to_bytes().expose_secret()), text(case, "master_key"));
        let decoded = PublicParameters::from_bytes(&bytes(case, "public_parameters")).unwrap();
        assert_eq!((decoded.epochs(), decoded.id()), (Some(tree(case)), parameters.id()));
        let decoded = MasterKey::from_bytes(&bytes(case, "master_key")).unwrap();
        assert!(*decoded.public_parameters() == parameters);
    }
}

#[test]
fn headers_of_an_epoch() {
    let all = vectors();
    for case in list(&all, "headers") {
        let (parameters, _) = realm(&all, text(case, "realm"));
        let clause = clause(&parameters, case);
        check_encapsulation(&parameters, &schema(&all), Some(clause), case);
        let header = Header::from_bytes(&bytes(case, "header")).unwrap();
        assert_eq!(hex(header.to_bytes()), text(case, "header"));
        assert_eq!(header.clause(), Some(clause));
        header.validate(&parameters, &mut TestRng::new("weights")).unwrap();

        // (∨ time) ∧ policy: every row of time has the share λ_T, and s1 = λ_T + w_P.
        let program = header.span_program();
        check_program(&program, case);
        assert_eq!(program.time_rows(), index(&case["time_rows"]));
        assert!(
            texts(case, "shares")
                .iter()
                .take(program.time_rows())
                .all(|share| share == text(case, "lambda_T"))
        );
        let part = |field| Scalar::from_canonical(&array(case, field)).unwrap();
        assert!(part("s1") == part("lambda_T") + part("w_P"));
    }
}

#[test]
fn transform_keys() {
    let all = vectors();
    let (parameters, master) = realm(&all, "deep");
    let keys = issued(&all, &parameters, &master);
    for (key, case) in keys.iter().zip(list(&all, "transform_keys")) {
        let r = randomizer(&all, &parameters, &master, case);
        assert_eq!(hex(r.expose_secret().to_bytes()), text(case, "r"));
        assert_eq!(key.issued_at_update(), number(case, "update"));
        assert_eq!(key.tokens_until().map(|t| u64::from(t.number())), Some(number(case, "epoch")));
    }
}

/// From issue over two batches of tokens and a grant to a withdrawal, the bytes of each state.
#[test]
fn tokens_grants_and_withdrawals() {
    let all = vectors();
    let (parameters, master) = realm(&all, "deep");
    let tree = parameters.epochs().unwrap();
    let rng = &mut TestRng::new("weights");
    let cases = list(&all, "transform_keys");
    let mut keys = issued(&all, &parameters, &master);
    let position = |name: &str| cases.iter().position(|case| text(case, "name") == name).unwrap();

    for case in list(&all, "token_batches") {
        let epoch = |field| tree.epoch(number(case, field)).unwrap();
        let (from, to) = (epoch("from"), epoch("to"));
        let mut sorted: Vec<&Value> = cases.iter().collect();
        sorted.sort_by_key(|case| text(case, "key_id"));
        let ids: Vec<KeyId> = sorted.iter().map(|case| KeyId::from_bytes(array(case, "key_id"))).collect();
        assert_eq!(hexes(ids.iter().map(KeyId::as_bytes)), texts(case, "keys"));
        let r: Vec<_> = sorted.iter().map(|case| randomizer(&all, &parameters, &master, case)).collect();
        let h = parameters.bases().points(&tree.labels(&tree.refresh(Some(from), to)));
        let elements: Vec<G1> = r.iter().flat_map(|r| scheme::tokens(r, &h)).collect();
        let together: Vec<_> = h.iter().map(|h| FixedG1::new(*h.point())).collect();
        assert!(scheme::tokens_of_many(&r, &together) == elements);
        let batch = TokenBatch { realm: *parameters.id(), tree, from, to, keys: ids, elements };
        assert_eq!(hex(batch.to_bytes()), text(case, "batch"));

        let decoded = TokenBatch::from_bytes(&bytes(case, "batch")).unwrap();
        assert_eq!(hex(decoded.to_bytes()), text(case, "batch"));
        let verified = decoded.verify(&parameters, |id| keys.iter().find(|key| key.id() == id), rng).unwrap();
        keys.iter_mut().for_each(|key| verified.refresh(key).unwrap());
        for case in list(case, "refreshed") {
            assert_eq!(hex(keys[position(text(case, "key"))].to_bytes()), text(case, "proxy_key"));
        }
    }

    for case in list(&all, "grants") {
        let at = position(text(case, "key"));
        let granted = set(&all, case);
        let r = randomizer(&all, &parameters, &master, &cases[at]);
        let components = scheme::tokens(&r, &parameters.bases().points(&granted.labels()));
        let sign = |label, parts: &[&[u8]]| master.sign(label, parts);
        let grant = Grant::new(*parameters.id(), *keys[at].id(), granted, components, sign);
        assert_eq!(hex(grant.to_bytes()), text(case, "grant"));
        let decoded = Grant::from_bytes(&bytes(case, "grant")).unwrap();
        assert_eq!(hex(decoded.to_bytes()), text(case, "grant"));
        decoded.apply(&mut keys[at], &parameters, rng).unwrap();
        assert_eq!(hex(keys[at].to_bytes()), text(case, "proxy_key"));
    }

    for case in list(&all, "withdrawals") {
        let key = &mut keys[position(text(case, "key"))];
        assert!(key.withdraw(&set(&all, case)));
        assert_eq!(hex(key.to_bytes()), text(case, "proxy_key"));
    }
}

#[test]
fn seals() {
    let all = vectors();
    let (parameters, _) = realm(&all, "deep");
    let tree = parameters.epochs().unwrap();
    let key = SealKey::generate(&mut Replay(bytes(&all["seal_key"], "k_seal")));
    assert_eq!(hex(key.to_bytes().expose_secret()), text(&all["seal_key"], "encoded"));
    assert_eq!(hex(key.id().0), text(&all["seal_key"], "id"));
    let key = SealKey::from_bytes(&bytes(&all["seal_key"], "encoded")).unwrap();
    let k_seal: Secret<[u8; 32]> = Secret::new(array(&all["seal_key"], "k_seal"));
    for case in list(&all, "seals") {
        let mut stored = check_stored(&all, &parameters, case);
        let serial: [u8; 32] = array(case, "serial");
        let mut old: Option<Epoch> = None;
        for case in list(case, "steps") {
            let t = tree.epoch(number(case, "epoch")).unwrap();
            let parts: [&[u8]; 3] = [k_seal.expose_secret(), &serial, &t.number().to_be_bytes()];
            let mut stream = Xof::new(HashLabel::SealExponents, &parts);
            for field in ["w", "s"] {
                let exponent = Secret::<Scalar>::next_nonzero(&mut stream);
                assert_eq!(hex(exponent.expose_secret().to_bytes()), text(case, field));
            }
            let exponents = |t: Epoch| scheme::seal_exponents(&k_seal, &serial, t.number());
            let h = parameters.bases().points(&tree.labels(&tree.cover(t)));
            let step = scheme::seal(old.map(exponents).as_ref(), &exponents(t), &h);
            assert_eq!(hex(step.shift.to_bytes()), text(case, "shift"));
            assert_eq!(hex(step.c_seal.to_bytes()), text(case, "C_seal"));
            assert_eq!(hexes(step.e.iter().map(G1::to_bytes)), texts(case, "E"));

            stored = stored.seal(&parameters, t, &key).unwrap().unwrap();
            assert_eq!(hex(stored.to_bytes()), text(case, "stored"));
            stored = StoredHeader::from_bytes(&bytes(case, "stored")).unwrap();
            assert_eq!(hex(stored.to_bytes()), text(case, "stored"));
            assert_eq!(stored.sealed_in(), Some(t));
            old = Some(t);
        }
    }
}

/// A header as a store accepts it; all but the serial, which the store draws.
fn check_stored(all: &Value, parameters: &PublicParameters, case: &Value) -> StoredHeader {
    let header_case = named(all, "headers", text(case, "header"));
    let header = Header::from_bytes(&bytes(header_case, "header")).unwrap();
    let current = CurrentEpoch::new(*parameters.id(), clause(parameters, header_case).since);
    let rng = &mut TestRng::new("serial");
    let accepted = StoredHeader::accept_at(current, header, parameters, rng).unwrap().to_bytes();
    let stored = StoredHeader::from_bytes(&bytes(case, "stored")).unwrap();
    assert_eq!(hex(stored.serial().as_bytes()), text(case, "serial"));
    assert_eq!(hex(stored.to_bytes()), text(case, "stored"));
    let after_serial = crate::codec::PROLOGUE_BYTES + 32;
    assert_eq!(accepted[after_serial..], stored.to_bytes()[after_serial..]);
    stored
}

#[test]
fn transformations() {
    let all = vectors();
    let (parameters, _) = realm(&all, "deep");
    for case in list(&all, "transformations") {
        let what = [text(case, "when"), text(case, "key"), text(case, "header")];
        let key = ProxyKey::from_bytes(&bytes(case, "proxy_key")).unwrap();
        let stored = StoredHeader::from_bytes(&bytes(case, "stored")).unwrap();
        let transformed = key.apply_to_stored(&stored);
        assert_eq!(transformed.is_ok(), flag(case, "opens"), "{what:?}");
        let transformed = match transformed {
            Ok(transformed) => transformed,
            Err(error) => {
                let lacks = match error {
                    TransformError::NotSatisfied(_) => "attributes",
                    TransformError::Tokens { .. } => "tokens",
                    other => panic!("{other}"),
                };
                assert_eq!(lacks, text(case, "lacks"), "{what:?}");
                continue;
            }
        };
        let reader = named(&all, "readers", text(named(&all, "transform_keys", text(case, "key")), "reader"));
        let header = named(&all, "headers", text(case, "header"));
        check_transformation(&parameters, reader, header, case, &transformed);

        let selection = stored.program().reconstruct(|label| key.component(label).is_some()).unwrap();
        let (rows, gamma): (Vec<_>, Vec<_>) = selection.rows.into_iter().unzip();
        assert_eq!(rows, indices(case, "rows"), "{what:?}");
        assert_eq!(hexes(gamma.iter().map(Scalar::to_bytes)), texts(case, "gamma"), "{what:?}");
    }
}
