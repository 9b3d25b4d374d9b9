//! Bulk NDJSON in batches.

use std::io::{BufReader, Cursor, Read};

use hippocrypt::fhir::{FhirReason, Limits, NdjsonError, NdjsonReader};

use super::{id, index, round_trip};

fn lines(count: usize, end: &str) -> String {
    (0..count).map(|n| format!("{{\"resourceType\":\"Device\",\"id\":\"{n}\"}}{end}")).collect()
}

#[test]
fn batches_one_after_the_other_are_the_stream() {
    let without_end = lines(3, "\n") + "\r\n\n " + lines(1, "").as_str();
    for stream in [
        lines(10_000, "\n"),
        lines(5, "\r\n"),
        format!("\u{feff}{}", lines(2, "\n")),
        without_end,
        "\n\n".into(),
    ] {
        let mut reader = NdjsonReader::new(BufReader::with_capacity(7, stream.as_bytes()), Limits::default());
        let (mut whole, mut resources) = (Vec::new(), 0);
        while let Some(batch) = reader.next_batch().unwrap() {
            whole.extend(round_trip(&batch));
            resources += batch.resources().len();
        }
        assert!(whole == stream.as_bytes());
        assert_eq!(resources, stream.matches("Device").count());
        assert!(reader.next_batch().unwrap().is_none());
    }
}

#[test]
fn an_empty_stream_has_no_batches() {
    assert!(NdjsonReader::new(&b""[..], Limits::default()).next_batch().unwrap().is_none());
}

#[test]
fn faults_are_told_with_their_place_in_the_stream() {
    let good = lines(10_000, "\n");
    let stream = format!("{good}{{\"resourceType\":7}}\n{good}");
    let mut reader = NdjsonReader::new(stream.as_bytes(), Limits::default());
    let error = loop {
        match reader.next_batch() {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the fault was not seen"),
            Err(NdjsonError::Fhir(error)) => break error,
            Err(other) => panic!("{other}"),
        }
    };
    assert_eq!((error.position, error.line), (good.len() as u64 + 16, 10_001));
    assert!(reader.next_batch().unwrap().is_none(), "nothing more is read");
    // A mark at the beginning of a later batch is none.
    let stream = lines(4096, "\n") + "\u{feff}" + &lines(1, "\n");
    let mut reader = NdjsonReader::new(stream.as_bytes(), Limits::default());
    assert!(reader.next_batch().unwrap().is_some());
    assert!(reader.next_batch().is_err());
}

/// Ten gigabytes of one line: the reader stops at its limit.
#[test]
fn an_endless_line_takes_no_memory() {
    let endless =
        Cursor::new(b"{\"resourceType\":\"Binary\",\"data\":\"".to_vec()).chain(std::io::repeat(b'A'));
    let limits = Limits { max_resource_bytes: 1 << 20, ..Limits::default() };
    let mut reader = NdjsonReader::new(BufReader::new(endless), limits);
    match reader.next_batch() {
        Err(NdjsonError::Fhir(error)) => {
            assert_eq!(error.reason, FhirReason::ResourceTooLong { limit: 1 << 20 });
            assert_eq!((error.position, error.line), (0, 1));
        }
        other => panic!("{other:?}"),
    }
}

/// What is longer than memory may be passes through; here a little of it.
#[test]
fn a_long_stream_passes_through_in_batches() {
    let line = format!("{{\"resourceType\":\"Binary\",\"data\":\"{}\"}}\n", "A".repeat(1 << 20));
    let stream = line.repeat(20);
    let mut reader = NdjsonReader::new(stream.as_bytes(), Limits::default());
    let mut batches = Vec::new();
    while let Some(batch) = reader.next_batch().unwrap() {
        let envelope = batch.envelope(id);
        let mut out = Vec::new();
        envelope.export_to(&mut out, |id| Some(batch.resources()[index(id)].bytes())).unwrap();
        batches.push(out.len());
    }
    assert_eq!(batches.iter().sum::<usize>(), stream.len());
    assert!(
        batches.iter().all(|bytes| *bytes <= (8 << 20) + line.len()) && batches.len() == 3,
        "{batches:?}"
    );
}
