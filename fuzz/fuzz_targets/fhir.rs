//! Any bytes as FHIR: an error with its place, or an import that comes back byte for byte.
#![no_main]

use hippocrypt::RecordId;
use hippocrypt::fhir::{self, Envelope, Import, LabelTable, Limits, NdjsonReader};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { max_depth: 32, max_resources: 64, ..Limits::default() };
    match Import::read(bytes, &limits) {
        Ok(import) => {
            let id = |index: usize| RecordId::from_bytes((index as u128).to_be_bytes());
            let envelope = import.envelope(id).to_bytes();
            let envelope = Envelope::from_bytes(&envelope).expect("an envelope decodes");
            let body =
                |id: &RecordId| import.resources()[u128::from_be_bytes(*id.as_bytes()) as usize].bytes();
            assert_eq!(envelope.export(|id| Some(body(id))).expect("all records are there"), bytes);

            let bodies: Vec<&[u8]> = import.resources().iter().map(|resource| resource.bytes()).collect();
            let bundle = fhir::collection(&bodies).expect("resources make a bundle");
            // Bundles that were kept whole, because they were nested too deeply, are taken apart now.
            if import.resources().iter().all(|resource| resource.kind() != "Bundle") {
                let wider = Limits { max_depth: 32 + 3, max_resources: 64 + 1, ..Limits::default() };
                let again = Import::read(&bundle, &wider).expect("a bundle reads");
                assert!(again.resources().iter().map(|resource| resource.bytes()).eq(bodies.iter().copied()));
            }
            fhir::ndjson(&bodies).expect("resources make lines");

            for resource in import.resources() {
                let (few, all) = (fhir::keywords(resource, 24), fhir::terms(resource).keywords(usize::MAX));
                assert!(few.len() <= all.len() + 64, "beside marks a small budget makes no more keywords");
            }
        }
        Err(error) => {
            assert!(error.position <= bytes.len() as u64);
            let _ = error.to_string();
        }
    }
    let mut reader = NdjsonReader::with_table(bytes, limits, LabelTable::empty());
    while let Ok(Some(batch)) = reader.next_batch() {
        let _ = batch.problems();
    }
    if let Ok(envelope) = Envelope::from_bytes(bytes) {
        assert_eq!(envelope.to_bytes(), bytes);
        let _ = envelope.export(|_| Some(b"{}"));
    }
});
