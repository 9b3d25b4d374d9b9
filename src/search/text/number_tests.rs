use alloc::string::ToString;

use proptest::prelude::*;

use super::*;

#[test]
fn every_number_has_a_place_in_order() {
    let numbers = [
        f64::NEG_INFINITY,
        f64::MIN,
        -1e12,
        -7.5,
        -1.0,
        -1e-6,
        -1e-7,
        -f64::MIN_POSITIVE,
        -0.0,
        0.0,
        5e-324,
        1e-7,
        1.2e-7,
        1e-6,
        0.999,
        1.0,
        1.01,
        1.02,
        7.5,
        9.0,
        1e11,
        1.0995e12,
        1.1e12,
        1e300,
        f64::MAX,
        f64::INFINITY,
    ];
    assert!(numbers.map(place).is_sorted());
    for number in numbers {
        let at = numbers_at(place(number));
        assert!(at.low <= number && number <= at.high, "{number}");
    }
    assert_eq!(place(-0.0), place(0.0));
    assert_eq!((place(f64::NEG_INFINITY), place(f64::INFINITY)), (0, (1 << BITS) - 1));
    assert_ne!(place(7.5), place(7.5 * 1.02));
}

/// Places end where the next begin. Between zero and the least power there are places without numbers.
#[test]
fn places_have_no_gaps() {
    let places = (0..1u64 << BITS).filter(|at| numbers_at(*at).low <= numbers_at(*at).high);
    let numbers: Vec<_> = places.map(numbers_at).collect();
    for pair in numbers.windows(2) {
        assert!(pair[1].low == pair[0].high.next_up() || pair[0].high == 0.0 && pair[1].low == 0.0);
    }
    assert_eq!(numbers.first().map(|at| at.low), Some(f64::NEG_INFINITY));
    assert_eq!(numbers.last().map(|at| at.high), Some(f64::INFINITY));
}

#[test]
fn what_is_no_number_is_refused() {
    assert_eq!(Amount::exactly(f64::NAN), None);
    assert_eq!(Amount::between(2.0, 1.0), None);
    assert_eq!((Amount::below(f64::NEG_INFINITY), Amount::above(f64::INFINITY)), (None, None));
}

#[test]
fn covers_are_short() {
    assert_eq!(fill(1, (1 << BITS) - 2).len(), 36);
    assert_eq!(fill(0, (1 << BITS) - 1).len(), 8);
}

#[test]
fn a_keyword_is_code_piece_and_unit() {
    assert_eq!(keyword("4548-4", "3.5", "% "), "|4548-4 3.5 %");
    assert_eq!(keyword("a b", "3.5", ""), "|a\\ b 3.5 ");
}

fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (-2000i32..20_000).prop_map(|hundredths| f64::from(hundredths) / 100.0),
        2 => -300.0..300.0f64,
        1 => any::<f64>().prop_filter("a number", |number| !number.is_nan()),
        1 => (0..1u64 << BITS).prop_map(|at| numbers_at(at).low),
        1 => (0..1u64 << BITS).prop_map(|at| numbers_at(at).high),
        1 => prop::sample::select(&[0.0, -0.0, 5e-324, f64::MAX, f64::MIN, f64::INFINITY, f64::NEG_INFINITY]),
    ]
}

fn any_amount() -> impl Strategy<Value = Amount> {
    let between = |(a, b): (f64, f64)| Amount::between(a.min(b), a.max(b)).unwrap();
    prop_oneof![
        any_number().prop_map(|number| Amount::exactly(number).unwrap()),
        (any_number(), any_number()).prop_map(between),
        any_number().prop_filter_map("nothing is beyond", Amount::above),
        any_number().prop_filter_map("nothing is beyond", Amount::below),
        any_number().prop_map(|number| Amount::at_least(number).unwrap()),
    ]
}

/// The names under which an amount is written, and whether it bears a mark.
fn written(amount: Amount) -> (Vec<String>, bool) {
    let mut sheet = Sheet::default();
    write("x", amount, "", &mut sheet);
    let keywords = sheet.within(1000);
    let marked = keywords.iter().any(|keyword| keyword.field() == "cut");
    let names = keywords.iter().filter_map(|keyword| keyword.value().strip_prefix("|x "));
    (names.map(|name| name.trim_end().to_string()).collect(), marked)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn what_touches_is_found_and_what_is_within_touches(record in any_amount(), asked in any_amount()) {
        let (names, marked) = written(record);
        let Cover { outer, inner } = cover(asked);
        prop_assert!(!outer.is_empty() && outer.len() <= 36 && inner.len() <= 36);
        let shares = |pieces: &[String]| pieces.iter().any(|piece| names.contains(piece));
        prop_assert!(!record.touches(asked) || shares(&outer) || marked);
        prop_assert!(!shares(&inner) || record.touches(asked));
    }
}
