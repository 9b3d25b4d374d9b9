//! Readers and writers that stutter, fail or lie.

use std::io::{BufRead, ErrorKind, Seek, SeekFrom};

use proptest::prelude::*;

use super::*;

/// Hands over at most `step` bytes at a time; before every read it fails once if `error` says so.
struct Stuttering<'a> {
    bytes: &'a [u8],
    step: usize,
    error: Option<ErrorKind>,
    failed: bool,
}

impl Read for Stuttering<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        self.failed = !self.failed;
        if let Some(kind) = self.error.filter(|_| self.failed) {
            return Err(kind.into());
        }
        let room = self.step.min(output.len());
        self.bytes.read(&mut output[..room])
    }
}

/// Takes `room` bytes and then fails.
struct Full<'a> {
    room: usize,
    written: &'a mut Vec<u8>,
}

impl Write for Full<'_> {
    fn write(&mut self, input: &[u8]) -> io::Result<usize> {
        let count = input.len().min(self.room);
        self.room -= count;
        self.written.extend_from_slice(&input[..count]);
        if count == 0 { Err(ErrorKind::StorageFull.into()) } else { Ok(count) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_sealed_opens_however_it_is_cut(
        log in 10u32..14,
        signed: bool,
        // Around multiples of the chunk size, where the rules change.
        chunks in 0usize..5,
        more in prop_oneof![Just(0), Just(1), 0usize..2000],
        write_step in 1usize..5000,
        read_step in 1usize..5000,
    ) {
        let options = options(1 << log, signed);
        let plaintext = payload((chunks << log) + more);
        let mut writer = content_key().writer(&NAME, options, &mut Counting(0), Vec::new()).unwrap();
        for piece in plaintext.chunks(write_step) {
            writer.write_all(piece).unwrap();
            writer.flush().unwrap();
        }
        let (mut record, digest) = writer.finish().unwrap();
        prop_assert_eq!(&record, &written(options, &plaintext).0[..record.len()]);
        if signed {
            record.extend_from_slice(&SIGNATURE);
        }
        prop_assert_eq!(record.len() as u64, options.record_bytes(plaintext.len() as u64).unwrap());

        let opened = opened(&content_key(), NAME.into(), &record).unwrap();
        prop_assert_eq!(opened.claim, digest.map(|digest| AuthorClaim { digest, signature: SIGNATURE }));
        let input = Stuttering { bytes: &record, step: read_step, error: None, failed: false };
        prop_assert_eq!(&streamed(&content_key(), NAME.into(), input).unwrap().1, &plaintext);
        prop_assert_eq!(opened.plaintext, plaintext);

        let summary = RecordSummary::of(&CORE, &record).unwrap();
        let input = Stuttering { bytes: &record, step: read_step, error: None, failed: false };
        prop_assert_eq!(RecordSummary::read_from(&CORE, input).unwrap(), summary);
        prop_assert_eq!(summary.signature, signed.then_some(SIGNATURE));
        prop_assert_eq!(summary.header.name(), &NAME);
    }

    #[test]
    fn random_access_equals_sequential(
        length in 0usize..6000,
        reads in prop::collection::vec((0u64..7000, 0usize..3000), 1..20),
    ) {
        let plaintext = payload(length);
        // Anything may precede the record.
        let file = [b"header".to_vec(), record(KIB, true, length)].concat();
        let mut input = Cursor::new(file);
        input.set_position(6);
        let mut seeker = content_key().seekable(NAME, input).unwrap();
        prop_assert_eq!(seeker.plaintext_bytes(), length as u64);
        for (offset, count) in reads {
            let start = usize::try_from(offset).unwrap().min(length);
            let expected = &plaintext[start..length.min(start + count)];
            let mut output = vec![0; count];
            let read = seeker.read_at(offset, &mut output).unwrap();
            prop_assert_eq!(&output[..read], expected);
            seeker.seek(SeekFrom::Start(offset)).unwrap();
            let mut output = Vec::new();
            seeker.by_ref().take(count as u64).read_to_end(&mut output).unwrap();
            prop_assert_eq!(&output[..], expected);
        }
    }

    #[test]
    fn random_bytes_do_not_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..300), real: bool) {
        if real {
            let header = record(KIB, false, 0);
            bytes.splice(0..0, header[..RECORD_HEADER_BYTES].iter().copied());
        }
        prop_assert!(opened(&content_key(), ExpectedName::Any, &bytes).is_err());
        let summary = RecordSummary::of(&CORE, &bytes);
        prop_assert_eq!(summary.is_ok(), RecordSummary::read_from(&CORE, &bytes[..]).is_ok());
    }
}

#[test]
fn one_byte_at_a_time_is_enough() {
    for (signed, length) in [(false, 0), (true, 0), (false, KIB), (true, 2 * KIB + 1)] {
        let record = record(KIB, signed, length);
        let input = Stuttering { bytes: &record, step: 1, error: None, failed: false };
        let mut reader = content_key().reader(NAME, input).unwrap();
        let mut plaintext = Vec::new();
        let mut byte = [0];
        while reader.read(&mut byte).unwrap() == 1 {
            plaintext.push(byte[0]);
        }
        assert_eq!(plaintext, payload(length));
        assert_eq!(reader.read(&mut byte).unwrap(), 0);
        assert_eq!(reader.finish().unwrap().claim.is_some(), signed);
    }
}

#[test]
fn an_interrupted_or_failing_input_loses_nothing() {
    let record = record(KIB, true, 3 * KIB);
    let stuttering = |error| Stuttering { bytes: &record, step: 100, error: Some(error), failed: false };
    let mut interrupted = content_key().reader(NAME, stuttering(ErrorKind::Interrupted)).unwrap();
    assert_eq!(interrupted.fill_buf().unwrap(), &payload(3 * KIB)[..KIB]);
    assert!(interrupted.finish().is_ok());

    // The header is read at once; after that every other read fails.
    let (header, body) = record.split_at(RECORD_HEADER_BYTES);
    let failing = Stuttering { bytes: body, ..stuttering(ErrorKind::TimedOut) };
    let mut reader = content_key().reader(NAME, header.chain(failing)).unwrap();
    let (mut plaintext, mut errors) = (Vec::new(), 0);
    loop {
        match reader.fill_buf() {
            Ok([]) => break,
            Ok(chunk) => {
                let length = chunk.len();
                plaintext.extend_from_slice(chunk);
                reader.consume(length);
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::TimedOut);
                errors += 1;
            }
        }
    }
    assert!(errors > 30);
    assert_eq!(plaintext, payload(3 * KIB));
    assert_eq!(reader.finish().unwrap().claim.unwrap().signature, SIGNATURE);
}

#[test]
fn a_reader_yields_verified_chunks_alone_and_stays_refused() {
    let mut record = record(KIB, false, 5 * KIB);
    record[RECORD_HEADER_BYTES + 2 * (KIB + TAG_BYTES) + 500] ^= 1;
    let mut reader = content_key().reader(NAME, &record[..]).unwrap();
    let mut plaintext = Vec::new();
    assert!(is_open_error(&reader.read_to_end(&mut plaintext).unwrap_err()));
    assert_eq!(plaintext, payload(2 * KIB));
    for _ in 0..3 {
        assert!(is_open_error(&reader.read(&mut [0; 10]).unwrap_err()));
        assert!(is_open_error(&reader.fill_buf().unwrap_err()));
        assert!(is_open_error(&reader.copy_to(&mut plaintext).unwrap_err()));
    }
    assert!(is_open_error(&reader.finish().unwrap_err()));
    assert_eq!(plaintext.len(), 2 * KIB);

    // The damaged chunk does not keep the others from being read one by one.
    let mut seeker = content_key().seekable(NAME, Cursor::new(&record)).unwrap();
    assert!(is_open_error(&seeker.read_chunk(2).unwrap_err()));
    assert_eq!(seeker.read_chunk(3).unwrap(), &payload(5 * KIB)[3 * KIB..4 * KIB]);
    assert!(is_open_error(&seeker.read_chunk(2).unwrap_err()));
    assert_eq!(seeker.read_chunk(3).unwrap(), &payload(5 * KIB)[3 * KIB..4 * KIB]);
    assert_eq!(seeker.read_chunk(5).unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[test]
fn finishing_early_verifies_the_rest() {
    let mut record = record(KIB, false, 3 * KIB);
    let reader = content_key().reader(NAME, &record[..]).unwrap();
    assert!(reader.finish().is_ok());
    *record.last_mut().unwrap() ^= 1;
    let mut reader = content_key().reader(NAME, &record[..]).unwrap();
    reader.read_exact(&mut [0; 10]).unwrap();
    assert!(is_open_error(&reader.finish().unwrap_err()));
}

#[test]
fn copying_moves_what_is_left_and_passes_errors_on() {
    let record = record(KIB, true, 3 * KIB + 1);
    let mut reader = content_key().reader(NAME, &record[..]).unwrap();
    let mut plaintext = vec![0; 700];
    reader.read_exact(&mut plaintext).unwrap();
    assert_eq!(reader.copy_to(&mut plaintext).unwrap(), 3 * KIB as u64 + 1 - 700);
    assert_eq!(plaintext, payload(3 * KIB + 1));

    let mut reader = content_key().reader(NAME, &record[..]).unwrap();
    let mut output = Full { room: 2000, written: &mut Vec::new() };
    assert_eq!(reader.copy_to(&mut output).unwrap_err().kind(), ErrorKind::StorageFull);
}

#[test]
fn a_failing_output_breaks_the_record_for_good() {
    let whole = record(KIB, false, 3 * KIB);
    for room in (0..whole.len()).step_by(41) {
        let mut out = Vec::new();
        let output = Full { room, written: &mut out };
        match content_key().writer(&NAME, options(1024, false), &mut Counting(0), output) {
            Err(error) => assert!(room < RECORD_HEADER_BYTES && error.kind() == ErrorKind::StorageFull),
            Ok(mut writer) => {
                let mut rest = &payload(3 * KIB)[..];
                let failed = loop {
                    match writer.write(rest) {
                        Ok(0) => break false,
                        Ok(count) => rest = &rest[count..],
                        Err(error) => {
                            assert_eq!(error.kind(), ErrorKind::StorageFull);
                            break true;
                        }
                    }
                };
                if failed {
                    assert!(writer.write(b"more").is_err() && writer.write(b"more").is_err());
                }
                assert!(writer.finish().is_err());
            }
        }
        assert_eq!(out, whole[..room]);
    }
}

#[test]
fn a_writer_that_is_dropped_leaves_a_record_that_is_refused() {
    for length in [0, 1, KIB, 2 * KIB, 2 * KIB + 1] {
        let mut out = Vec::new();
        let mut writer =
            content_key().writer(&NAME, options(1024, false), &mut Counting(0), &mut out).unwrap();
        writer.write_all(&payload(length)).unwrap();
        drop(writer);
        assert!(opened(&content_key(), NAME.into(), &out).is_err());
    }
    // So does one whose promised signature is missing.
    let mut signed = record(KIB, true, 2 * KIB);
    signed.truncate(signed.len() - AUTHOR_SIGNATURE_BYTES);
    assert!(opened(&content_key(), NAME.into(), &signed).is_err());
}

#[test]
fn a_reader_that_lies_about_its_count_is_an_error() {
    struct Liar<'a>(&'a [u8]);
    impl Read for Liar<'_> {
        fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
            match self.0.read(output)? {
                0 => Ok(output.len() + 1),
                count => Ok(count),
            }
        }
    }
    let record = record(KIB, false, 3);
    let mut reader = content_key().reader(NAME, Liar(&record)).unwrap();
    assert_eq!(reader.read(&mut [0; 3]).unwrap_err().kind(), ErrorKind::Other);
}

#[test]
fn seeking_follows_the_rules_of_files() {
    let record = record(KIB, false, 3000);
    let mut seeker = content_key().seekable(NAME, Cursor::new(&record)).unwrap();
    assert_eq!(seeker.chunk_count(), 3);
    assert_eq!(seeker.seek(SeekFrom::End(-10)).unwrap(), 2990);
    assert_eq!(seeker.seek(SeekFrom::Current(-90)).unwrap(), 2900);
    assert_eq!(seeker.seek(SeekFrom::Current(-2901)).unwrap_err().kind(), ErrorKind::InvalidInput);
    let mut rest = Vec::new();
    assert_eq!(seeker.read_to_end(&mut rest).unwrap(), 100);
    assert_eq!(rest, payload(3000)[2900..]);
    assert_eq!(seeker.seek(SeekFrom::Start(u64::MAX)).unwrap(), u64::MAX);
    assert_eq!(seeker.read(&mut [0; 10]).unwrap(), 0);
    assert!(seeker.seek(SeekFrom::Current(1)).is_err());
}
