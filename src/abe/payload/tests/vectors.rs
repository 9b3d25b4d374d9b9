//! Golden bytes, made by an independent implementation (tests/vectors/gen/record.py).

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::*;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn records_are_those_of_the_independent_implementation() {
    let file: Value = serde_json::from_str(include_str!("../../../../tests/vectors/record.json")).unwrap();
    let cases = file["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 7);
    for case in cases {
        let plaintext = payload(usize::try_from(case["plaintext_bytes"].as_u64().unwrap()).unwrap());
        let chunk_size = u32::try_from(case["chunk_size"].as_u64().unwrap()).unwrap();
        let options = options(chunk_size, case["signed"].as_bool().unwrap());

        let (record, digest) = written(options, &plaintext);
        let trailer = if options.signed { AUTHOR_SIGNATURE_BYTES } else { 0 };
        let unsigned = &record[..record.len() - trailer];
        assert_eq!(hex(&Sha256::digest(unsigned)), case["record_sha256"], "{case}");
        if let Some(bytes) = case["record"].as_str() {
            assert_eq!(hex(unsigned), bytes);
        }
        let summary = RecordSummary::of(&CORE, &record).unwrap();
        assert_eq!(summary.digest.to_string(), case["digest"]);
        assert_eq!(digest, options.signed.then_some(summary.digest));

        if options.chunk_size == ChunkSize::DEFAULT {
            let (key, rng) = (content_key(), &mut Counting(0));
            let in_memory = match options.signed {
                true => key.seal_signed(&NAME, &plaintext, rng, |digest| {
                    assert_eq!(digest.to_string(), case["digest"]);
                    SIGNATURE
                }),
                false => key.seal(&NAME, &plaintext, rng),
            };
            assert!(in_memory == record);
        }
        assert_eq!(content_key().open(&NAME, &record).unwrap(), plaintext);
    }
}
