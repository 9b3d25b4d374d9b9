//! The bytes of every type, kept for ever. A change here is a change of the wire format: it needs a
//! new format version or a line in CHANGELOG.md that says why not.
//!
//! `HIPPOCRYPT_BLESS=1 cargo test --all-features --test wire` writes files that are missing, and only those.

use std::fs;
use std::path::PathBuf;

use crate::objects::{PLAINTEXT, objects};
use hippocrypt::{
    Applied, AttributeKey, AuthorityUpdate, EpochStatement, Epochs, Header, IssuedKey, Lease, Proxy,
    ProxyKey, ProxyName, PublicParameters, ReaderSeed, RevocationState, TransformKey, TransformRequest,
    TransformedHeader,
};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.hex"))
}

/// Hexadecimal in lines of 32 bytes.
fn to_hex(bytes: &[u8]) -> String {
    let line = |line: &[u8]| line.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    bytes.chunks(32).map(line).collect::<Vec<_>>().join("\n") + "\n"
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

#[test]
fn every_type_has_the_bytes_it_always_had() {
    for object in objects() {
        let path = path(object.name);
        if !path.exists() && std::env::var_os("HIPPOCRYPT_BLESS").is_some() {
            fs::write(&path, to_hex(&object.bytes)).unwrap();
        }
        let golden = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(to_hex(&object.bytes), golden, "{} has changed", object.name);
    }
}

/// Files of earlier versions stay readable, whatever the encoder of today does.
#[test]
fn what_was_sealed_then_opens_now() {
    let read = |name| from_hex(&fs::read_to_string(path(name)).unwrap());
    let parameters = PublicParameters::from_bytes(&read("public-parameters")).unwrap();
    let key = AttributeKey::from_bytes(&read("attribute-key")).unwrap();
    let sealed = read("signed-file");
    let mut file = key.decrypt_from(&parameters, sealed.as_slice(), b"golden context").unwrap();
    let mut plaintext = Vec::new();
    file.copy_to(&mut plaintext).unwrap();
    assert_eq!(plaintext, PLAINTEXT);
    let opened = file.finish().unwrap();
    assert!(opened.author.is_some());
    assert_eq!(opened.header.to_bytes(), Header::from_bytes(&read("header")).unwrap().to_bytes());
}

/// What a proxy and a reader stored or sent then works now.
#[test]
fn what_was_transformed_then_is_finished_now() {
    let read = |name| from_hex(&fs::read_to_string(path(name)).unwrap());
    let parameters = PublicParameters::from_bytes(&read("public-parameters")).unwrap();
    let header = Header::from_bytes(&read("header")).unwrap();
    let retrieval_key = ReaderSeed::from_bytes(&read("reader-seed")).unwrap().retrieval_key();
    let finish = |transformed: &TransformedHeader| {
        retrieval_key.finish(&parameters, transformed, header.core_id(), b"golden context").unwrap()
    };
    finish(&TransformedHeader::from_bytes(&read("transformed-header")).unwrap());
    for name in ["transform-key", "own-transform-key"] {
        let key = TransformKey::from_bytes(&read(name)).unwrap();
        let key = key.accept(&parameters, &mut hippocrypt::testing::TestRng::new("accept")).unwrap();
        finish(&key.transform(&header).unwrap());
    }
    let request = TransformRequest::from_bytes(&read("transform-request")).unwrap();
    let key = ProxyKey::from_bytes(&read("proxy-key")).unwrap();
    let stored = hippocrypt::StoredHeader::from_bytes(&read("stored-header")).unwrap();
    assert!(key.serve(&request, &stored).is_ok());
}

/// A key that a proxy held then transforms what a store sealed then.
#[test]
fn what_was_sealed_in_an_epoch_then_is_transformed_now() {
    let read = |name: &str| from_hex(&fs::read_to_string(path(name)).unwrap());
    let parameters = PublicParameters::from_bytes(&read("public-parameters-with-epochs")).unwrap();
    let key = ProxyKey::from_bytes(&read("refreshed-proxy-key")).unwrap();
    let sealed = hippocrypt::StoredHeader::from_bytes(&read("sealed-header")).unwrap();
    assert_eq!(key.tokens_until(), sealed.sealed_in());
    let mut proxy = Proxy::new(&parameters, ProxyName::new("golden proxy").unwrap()).unwrap();
    for name in ["begin", "advance", "revoke-user", "revoke-key", "revoke-attributes"] {
        let update = AuthorityUpdate::from_bytes(&read(&format!("update-{name}"))).unwrap();
        let _ = proxy.apply(&update).unwrap();
    }
    let now = 1_800_000_010;
    proxy.renew(Lease::from_bytes(&read("lease")).unwrap(), now).unwrap();
    let permit = proxy.permit(&key, now).unwrap();
    assert_eq!(permit.transform(&sealed).unwrap().core_id(), sealed.header().core_id());
}

/// What an authority said then holds now.
#[test]
fn what_was_signed_then_is_believed_now() {
    let read = |name: &str| from_hex(&fs::read_to_string(path(name)).unwrap());
    let now = 1_800_000_010;
    let parameters = PublicParameters::from_bytes(&read("public-parameters-with-epochs")).unwrap();
    let statement = EpochStatement::from_bytes(&read("epoch-statement")).unwrap();
    let epoch = Epochs::new(&parameters).unwrap().observe(&parameters, &statement, now).unwrap();
    assert_eq!(epoch.number(), 300);
    let mut proxy = Proxy::new(&parameters, ProxyName::new("golden proxy").unwrap()).unwrap();
    let mut deleted = 0;
    for name in ["begin", "advance", "revoke-user", "revoke-key", "revoke-attributes"] {
        let update = AuthorityUpdate::from_bytes(&read(&format!("update-{name}"))).unwrap();
        deleted += usize::from(!matches!(proxy.apply(&update).unwrap(), Applied::Epoch(_)));
    }
    assert_eq!(deleted, 3);
    assert_eq!(*proxy.state(), RevocationState::from_bytes(&read("revocation-state")).unwrap());
    proxy.renew(Lease::from_bytes(&read("lease")).unwrap(), now).unwrap();
    let issued = IssuedKey::from_bytes(&read("issued-key")).unwrap();
    proxy.may_serve(issued.id(), issued.user(), issued.issued_at(), now).unwrap();
}
