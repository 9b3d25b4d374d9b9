//! Attribute sets.

use alloc::format;
use alloc::string::ToString;

use proptest::prelude::*;

use super::super::strategies;
use super::super::*;
use crate::codec::Encoder;
use crate::error::DecodeReason;

fn schema() -> Schema {
    Schema::parse("clearance: uint(8), shift: date, level: uint(1)").unwrap()
}

fn parse(text: &str) -> AttributeSet {
    AttributeSet::parse(text, &schema()).unwrap_or_else(|error| panic!("{error}"))
}

fn encode(set: &AttributeSet) -> Vec<u8> {
    let mut encoder = Encoder::bare(0);
    set.encode(&mut encoder);
    encoder.finish()
}

fn decode(bytes: &[u8]) -> Result<AttributeSet, DecodeError> {
    let mut decoder = Decoder::new(bytes);
    let set = AttributeSet::decode(&mut decoder)?;
    decoder.finish()?;
    Ok(set)
}

#[test]
fn order_and_repetition_do_not_matter() {
    let set = parse("role:cardiologist, clearance = 3, board-certified, shift = 2026-12-01T08:00Z");
    let same = parse(
        "shift=2026-12-01T08:00Z\nboard-certified\nclearance = 3, clearance = 3\n\nrole:cardiologist, board-certified,",
    );
    assert_eq!(set, same);
    assert_eq!(encode(&set), encode(&same));
    assert_eq!(set.labels(), same.labels());
    assert_eq!((set.len(), set.label_count()), (4, 2 + 9 + 33));
    assert_eq!(
        set.to_string(),
        "role:cardiologist, board-certified, shift = 2026-12-01T08:00Z, clearance = 3"
    );
    assert!(parse("").is_empty());
}

#[test]
fn programs_and_texts_build_the_same() {
    let name = |name| Name::new(name).unwrap();
    let mut set = AttributeSet::new();
    set.insert(Attribute::new(name("role")).with_value("nurse").unwrap(), &schema()).unwrap();
    set.insert_number(name("clearance"), 3, &schema()).unwrap();
    set.insert_number(name("shift"), minutes("2026-12-01T08:00Z").unwrap(), &schema()).unwrap();
    assert_eq!(set, parse("role:nurse, clearance = 3, shift = 2026-12-01T08:00Z"));
    let refused = |result: Result<(), AttributeError>| result.unwrap_err();
    assert_eq!(
        refused(set.insert(Attribute::new(name("clearance")), &schema())),
        AttributeError::Declared("clearance".into())
    );
    assert_eq!(
        refused(set.insert_number(name("role"), 1, &schema())),
        AttributeError::Undeclared("role".into())
    );
    assert_eq!(
        refused(set.insert_number(name("clearance"), 4, &schema())),
        AttributeError::SecondValue("clearance".into())
    );
    let wide = AttributeError::TooWide { name: "level".into(), value: 2, max: 1 };
    assert_eq!(refused(set.insert_number(name("level"), 2, &schema())), wide);
    assert_eq!(set.insert_number(name("clearance"), 3, &schema()), Ok(()));
}

/// A second value would open `x >= 5 and x < 4`, which no key may: so it is refused everywhere.
#[test]
fn a_number_has_one_value() {
    // Between other gates: directly within one `and` such a policy is refused.
    let policy = Policy::parse("clearance >= 5 and (clearance < 4 or x)", &schema()).unwrap();
    let program = policy.span_program();
    let (low, high) = (parse("clearance = 3").labels(), parse("clearance = 5").labels());
    for labels in [&low, &high] {
        assert!(program.reconstruct(|label| labels.contains(label)).is_none());
    }
    // Weakened twin: a key with the labels of both values.
    assert!(program.reconstruct(|label| low.contains(label) || high.contains(label)).is_some());
    assert!(AttributeSet::parse("clearance = 3, clearance = 5", &schema()).is_err());
    // On the wire: twice the name, ascending or not.
    let [three, five] = ["clearance = 3", "clearance = 5"].map(|text| encode(&parse(text))[4..].to_vec());
    let both = [&[0, 0, 0, 2][..], &three, &five].concat();
    assert_eq!(decode(&both).unwrap_err().reason, DecodeReason::NotAscending);
}

#[test]
fn whole_attributes_can_be_dropped() {
    let mut set = parse("a, b, clearance = 3, level = 1");
    let full = set.clone();
    assert!(set.remove(&Attribute::new(Name::new("a").unwrap())));
    assert!(!set.remove(&Attribute::new(Name::new("a").unwrap())));
    assert!(set.remove_number(&Name::new("clearance").unwrap()));
    assert!(!set.remove_number(&Name::new("clearance").unwrap()));
    assert_eq!(set, parse("b, level = 1"));
    assert_eq!(set.labels().len(), set.label_count());
    assert!(set.is_subset(&full) && full.is_subset(&full) && !full.is_subset(&set));
    assert!(!parse("level = 0").is_subset(&full));
    assert!(AttributeSet::new().is_subset(&set));
}

#[test]
fn at_most_1024_labels() {
    let plain = |count: usize| (0..count).map(|index| format!("a{index}")).collect::<Vec<_>>().join(",");
    let largest = parse(&plain(1024));
    assert_eq!(largest.labels().len(), 1024);
    assert_eq!(decode(&encode(&largest)).unwrap(), largest);
    let error = AttributeSet::parse(&plain(1025), &schema()).unwrap_err();
    assert_eq!(error.reason(), &PolicyReason::Attribute(AttributeError::TooManyLabels { labels: 1025 }));
    // 1,015 attributes and a number of 8 bits.
    assert_eq!(parse(&format!("{},clearance = 3", plain(1015))).label_count(), 1024);
    assert!(AttributeSet::parse(&format!("{},clearance = 3", plain(1016)), &schema()).is_err());
    // The same on the wire.
    let [plain, number] = [parse(&plain(1016)), parse("clearance = 3")].map(|set| encode(&set));
    let joined = [&plain[..plain.len() - 2], &number[2..]].concat();
    assert_eq!(decode(&joined).unwrap_err().field, "labels");
    assert!(matches!(decode(&[4, 1]).unwrap_err().reason, DecodeReason::OutOfRange { value: 1025, .. }));
}

#[test]
fn refuses_what_is_not_canonical() {
    let bytes = encode(&parse("a, b, clearance = 255"));
    for end in 0..bytes.len() {
        assert!(decode(&bytes[..end]).is_err());
    }
    assert_eq!(decode(&[&bytes[..], &[0]].concat()).unwrap_err().reason, DecodeReason::TrailingBytes(1));
    let entry = |name: u8| [0, 0, 0, 1, name, 0, 0];
    let two = |first: u8, second: u8| [&[0, 2][..], &entry(first), &entry(second), &[0, 0]].concat();
    assert!(decode(&two(b'a', b'b')).is_ok());
    assert_eq!(decode(&two(b'b', b'a')).unwrap_err().reason, DecodeReason::NotAscending);
    assert_eq!(decode(&two(b'a', b'a')).unwrap_err().reason, DecodeReason::NotAscending);
    let mut wide = bytes.clone();
    let value = wide.len() - 2;
    wide[value] = 1;
    assert_eq!(decode(&wide).unwrap_err().field, "number value");
}

proptest! {
    #[test]
    fn round_trips((schema, set) in strategies::schema_and_set()) {
        prop_assert_eq!(&decode(&encode(&set)).unwrap(), &set);
        let text = set.to_string();
        let again = AttributeSet::parse(&text, &schema).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&again, &set);
        let labels = set.labels();
        prop_assert_eq!(labels.len(), set.label_count());
        prop_assert!(labels.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn what_decodes_encodes_to_the_same((_, set) in strategies::schema_and_set(), at: prop::sample::Index, flip in 1..=255u8) {
        let mut bytes = encode(&set);
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        if let Ok(other) = decode(&bytes) {
            prop_assert_eq!(encode(&other), bytes);
            prop_assert_ne!(other, set);
        }
    }
}
