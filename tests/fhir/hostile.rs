//! Bad input: told with its place, and nothing worse.

use hippocrypt::RecordId;
use hippocrypt::fhir::{self, Envelope, ExportError, FhirReason, Import, Limits};
use sha2::{Digest, Sha256};

use super::{id, index, read, round_trip};

fn refused(input: &str) -> (u64, FhirReason) {
    let error = read(input).expect_err(input);
    assert!(error.position as usize <= input.len());
    let before = &input.as_bytes()[..error.position as usize];
    assert_eq!(error.line as usize, 1 + before.iter().filter(|byte| **byte == b'\n').count());
    (error.position, error.reason)
}

#[test]
fn wrong_types_are_refused_where_they_stand() {
    for (input, element, at) in [
        (r#"{"resourceType":"Bundle","entry":5}"#, "entry", "5"),
        (r#"{"resourceType":"Bundle","entry":null}"#, "entry", "null"),
        (r#"{"resourceType":"Bundle","entry":[5]}"#, "an entry", "5"),
        (r#"{"resourceType":"Bundle","entry":[{},[]]}"#, "an entry", "[]"),
        (r#"{"resourceType":"Bundle","entry":[{"resource":[]}]}"#, "resource", "[]"),
        (r#"{"resourceType":"Bundle","entry":[{"resource":"x"}]}"#, "resource", "\"x"),
        (r#"{"resourceType":"Bundle","entry":[{"fullUrl":{}}]}"#, "fullUrl", "{}"),
        (r#"{"resourceType":"Bundle","type":{}}"#, "type", "{}"),
        (r#"{"resourceType":7}"#, "resourceType", "7"),
        (r#"{"resourceType":"Patient","id":8}"#, "id", "8"),
        (r#"{"resourceType":"Patient","id":{}}"#, "id", "{}"),
        ("[]", "a resource", "[]"),
        ("\"x\"", "a resource", "\"x"),
        ("{\"resourceType\":\"Patient\"}\n[]", "a resource", "[]"),
    ] {
        let (position, reason) = refused(input);
        let FhirReason::WrongType { element: found, .. } = reason else { panic!("{input}: {reason}") };
        assert_eq!((found, position as usize), (element, input.find(at).unwrap()), "{input}");
    }
}

#[test]
fn what_could_be_read_in_two_ways_is_refused() {
    for input in [
        r#"{"resourceType":"Patient","resourceType":"Device"}"#,
        r#"{"resourceType":"Bundle","entry":[],"entry":[]}"#,
        r#"{"resourceType":"Bundle","entry":[{"resource":{},"resource":{}}]}"#,
        r#"{"resourceType":"Bundle","entry":[{"resource":{},"r\u0065source":{}}]}"#,
        r#"{"resourceType":"Patient","subject":{"reference":"Patient/1","reference":"Patient/2"}}"#,
    ] {
        assert_eq!(refused(input).1, FhirReason::DuplicateName, "{input}");
    }
}

#[test]
fn what_is_no_fhir_is_refused() {
    assert_eq!(refused(""), (0, FhirReason::Empty));
    assert_eq!(refused(" \n\t"), (3, FhirReason::Empty));
    assert_eq!(refused("\u{feff}"), (3, FhirReason::Empty));
    assert_eq!(refused(" {}"), (1, FhirReason::NotFhir));
    assert_eq!(refused("{\"resourceType\":\"Device\"} {}"), (26, FhirReason::Trailing));
    assert_eq!(refused("{\"resourceType\":\n\"Device\"}\n{}"), (27, FhirReason::Trailing));
    assert_eq!(refused("{\"resourceType\":\"Device\"}\n{\n}"), (26, FhirReason::LineBreak));
    assert_eq!(refused("{\"resourceType\":\"Device\"}\n{}{}").1, FhirReason::Trailing);
    assert_eq!(refused("{\"resourceType\":\"a\nb\"}"), (18, FhirReason::ControlCharacter));
    assert_eq!(refused("{\"resourceType\":\"Device\",}").0, 25);
    let error = Import::read(b"{\"resourceType\":\"\xff\"}", &Limits::default()).unwrap_err();
    assert_eq!((error.position, error.reason), (17, FhirReason::NotUtf8));
    let error = Import::read(b"{\"resourceType\":\"\xc3", &Limits::default()).unwrap_err();
    assert_eq!((error.position, error.reason), (17, FhirReason::Truncated));
}

#[test]
fn limits_hold() {
    let deep = format!("{{\"resourceType\":\"Basic\",\"x\":{}", "[".repeat(5_000_000));
    assert_eq!(refused(&deep), (28 + 127, FhirReason::TooDeep { limit: 128 }));
    let nested = "{\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":".repeat(1_000_000);
    assert_eq!(refused(&nested).1, FhirReason::TooDeep { limit: 128 });
    // The type last: running ahead to it happens at eight levels and no more.
    let late = "{\"entry\":[{\"resource\":".repeat(40) + "{}" + &"}],\"resourceType\":\"Bundle\"}".repeat(40);
    assert_eq!(round_trip(&read(&late).unwrap()), late.as_bytes());

    let long = format!("{{\"resourceType\":\"Binary\",\"data\":\"{}\"}}", "A".repeat(65 << 20));
    assert_eq!(refused(&long), (0, FhirReason::ResourceTooLong { limit: 64 << 20 }));
    let limits = Limits { max_bytes: 100, ..Limits::default() };
    let error = Import::read(long.as_bytes(), &limits).unwrap_err();
    assert_eq!((error.position, error.reason), (100, FhirReason::TooLong { limit: 100 }));

    let limits = Limits { max_resources: 2, ..Limits::default() };
    for (input, at) in [
        ("{\"resourceType\":\"A\"}\n".repeat(3), 42),
        (format!("{{\"resourceType\":\"Bundle\",\"entry\":[{}{{}}]}}", "{},".repeat(5)), 37),
    ] {
        let error = Import::read(input.as_bytes(), &limits).unwrap_err();
        assert_eq!((error.position, error.reason), (at, FhirReason::TooMany { limit: 2 }), "{input}");
    }
}

const SMALL: &str = "\u{feff} {\"resourceType\": \"Bundle\", \"type\":\"transaction\",\r\n \"entry\": [\n\
    {\"fullUrl\":\"urn:uuid:1\", \"resource\":{\"resourceType\":\"Patient\",\"id\":\"1\",\"x\":[-1.5e3,true,null]}},\n\
    {\"request\":{\"method\":\"DELETE\"}}, {},\n\
    {\"resource\":{\"subject\":{\"reference\":\"urn:uuid:1\"},\"resourceType\":\"Observation\",\"n\":\"\\u00e4é\"}}]}\n";

/// An error, or what was read comes back.
fn survives(bytes: &[u8]) -> bool {
    match Import::read(bytes, &Limits::default()) {
        Ok(import) => {
            assert_eq!(round_trip(&import), bytes);
            true
        }
        Err(error) => {
            assert!(error.position as usize <= bytes.len());
            let _ = error.to_string();
            false
        }
    }
}

#[test]
fn every_truncation_is_an_error_or_exact() {
    assert!(survives(SMALL.as_bytes()));
    let body = SMALL.trim_end().len();
    for length in 0..body {
        assert!(!survives(&SMALL.as_bytes()[..length]), "{length}");
    }
}

#[test]
fn every_changed_byte_is_an_error_or_exact() {
    let mut bytes = SMALL.as_bytes().to_vec();
    let mut read = 0;
    for at in 0..bytes.len() {
        let old = bytes[at];
        for new in [
            0,
            b'"',
            b'\\',
            b'{',
            b'}',
            b'[',
            b']',
            b',',
            b':',
            b' ',
            b'\n',
            b'7',
            b'n',
            0x80,
            old ^ 1,
            old ^ 0x20,
        ] {
            bytes[at] = new;
            read += usize::from(survives(&bytes));
        }
        bytes[at] = old;
    }
    assert!(read > 1000, "{read}");
}

#[test]
fn an_export_that_is_not_the_input_fails() {
    let import = read(SMALL).unwrap();
    let bodies: Vec<Vec<u8>> = import.resources().iter().map(|resource| resource.bytes().to_vec()).collect();
    let envelope = import.envelope(id);
    match envelope.export(|_| None::<&[u8]>) {
        Err(ExportError::Missing(missing)) => assert_eq!(missing, [id(0), id(1)]),
        other => panic!("{other:?}"),
    }
    match envelope.export(|id| (index(id) == 0).then(|| &bodies[0])) {
        Err(error @ ExportError::Missing(_)) => assert!(error.to_string().contains(&id(1).to_string())),
        other => panic!("{other:?}"),
    }
    match envelope.export(|id| bodies.get(index(id)).map(|body| &body[1..])) {
        Err(ExportError::WrongLength { record, expected, found }) => {
            assert_eq!(
                (record, expected, found),
                (id(0), bodies[0].len() as u64, bodies[0].len() as u64 - 1)
            );
        }
        other => panic!("{other:?}"),
    }
    let mut changed = bodies.clone();
    changed[1][5] ^= 1;
    assert!(matches!(envelope.export(|id| changed.get(index(id))), Err(ExportError::NotTheInput)));
}

/// The encoding as its documentation has it: stored envelopes are read for ever.
#[test]
fn an_envelope_has_these_bytes() {
    let input = "{\"resourceType\":\"Device\"}\n{\"resourceType\":\"Consent\"}\n";
    let mut expected = b"HPFE\x01\x03".to_vec();
    expected.extend(Sha256::digest(input));
    expected.extend(2_u32.to_be_bytes());
    for (gap, record, length) in [(0_u64, 0_u128, 25_u64), (1, 1, 26)] {
        expected.extend(gap.to_be_bytes());
        expected.extend(record.to_be_bytes());
        expected.extend(length.to_be_bytes());
    }
    expected.extend(b"\n\n");
    assert_eq!(read(input).unwrap().envelope(id).to_bytes(), expected);
}

#[test]
fn bytes_that_are_no_envelope_are_refused() {
    let bytes = read(SMALL).unwrap().envelope(id).to_bytes();
    for length in 0..38 + 4 + 2 * 32 {
        assert!(Envelope::from_bytes(&bytes[..length]).is_err(), "{length}");
    }
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            let Ok(envelope) = Envelope::from_bytes(&changed) else { continue };
            assert_eq!(envelope.to_bytes(), changed);
            let _ = envelope.export(|_: &RecordId| None::<&[u8]>);
        }
    }
    let mut huge = bytes.clone();
    huge[38..42].copy_from_slice(&u32::MAX.to_be_bytes());
    assert!(Envelope::from_bytes(&huge).unwrap_err().to_string().contains("number of resources"));
}

#[test]
fn what_is_no_resource_cannot_change_the_bundle_around_it() {
    for body in ["{}},{\"resource\":{}", "{} {}", "[]", "", "{\"a\":1,\"a\":2}", "{", "5"] {
        assert!(
            matches!(fhir::collection([body]), Err(ExportError::NotAResource { index: 0, .. })),
            "{body}"
        );
        assert!(fhir::ndjson(["{}", body]).is_err(), "{body}");
    }
    assert!(fhir::collection([b"{\"a\":\"\xff\"}"]).is_err());
    assert_eq!(fhir::collection([""; 0]).unwrap(), b"{\"resourceType\":\"Bundle\",\"type\":\"collection\"}");
    let (lines, changed) = fhir::ndjson(["{\r\n \"a\": 1}", "{\"b\":\"\\n\"}"]).unwrap();
    assert_eq!((lines.as_slice(), changed.as_slice()), (&b"{   \"a\": 1}\n{\"b\":\"\\n\"}\n"[..], &[0][..]));
}
