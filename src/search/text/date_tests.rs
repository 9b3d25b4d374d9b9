use proptest::prelude::*;

use super::*;

fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Every day there is, counted one by one.
#[test]
fn the_calendar_is_that_of_gregory() {
    let mut day = Span::FIRST;
    for year in 1..=9999 {
        let february = if is_leap(year) { 29 } else { 28 };
        let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        for (month, length) in (1..).zip(lengths) {
            assert_eq!((day_number(year, month, 1), month_end(year, month)), (day, day + length - 1));
            for of_month in 1..=length {
                assert_eq!(civil(day), (year, month, of_month));
                day += 1;
            }
        }
    }
    assert_eq!(day, Span::LAST + 1);
    assert_eq!(day_number(1970, 1, 1), 0);
}

#[test]
fn dates_are_parsed_as_written() {
    let days = |text| Span::parse(text).map(|span| (span.first, span.last));
    assert_eq!(days("1970-01-01"), Ok((0, 0)));
    assert_eq!(days("1970-01"), Ok((0, 30)));
    assert_eq!(days("1970"), Ok((0, 364)));
    assert_eq!(days(" 1970-01-02T23:30:00.5-02:00 "), Ok((1, 1)));
    assert_eq!(days("0001"), Ok((Span::FIRST, Span::FIRST + 364)));
    assert_eq!(days("9999-12-31"), Ok((Span::LAST, Span::LAST)));
    for form in [
        "",
        "26",
        "2026-5",
        "2026-05-14-01",
        "2026-05T10:00",
        "2026-05-14T",
        "2026-05-14Tnoon",
        "14.05.2026",
        "+026",
        "20260514",
        "２０２６",
    ] {
        assert_eq!(days(form), Err(DateError::Form), "{form}");
    }
    for none in
        ["0000", "2026-00", "2026-13", "2026-02-29", "1900-02-29", "2026-04-31", "2026-01-00", "2026-01-99"]
    {
        assert_eq!(days(none), Err(DateError::NoSuchDay), "{none}");
    }
    assert!(days("2024-02-29").is_ok() && days("2000-02-29").is_ok());
}

#[test]
fn spans_end_where_the_calendar_ends() {
    let last = Span::parse("9999").unwrap();
    assert_eq!((last.later(), Span::ALWAYS.earlier()), (None, None));
    assert_eq!(last.or_earlier(), Span::ALWAYS);
    assert_eq!(Span::between(last, Span::parse("2000").unwrap()), Err(DateError::Backwards));
}

#[test]
fn pieces_have_their_names() {
    let names = |day: &str| {
        let day = Span::parse(day).unwrap().first;
        SIZES.map(|size| piece(size, day).0).join(" ")
    };
    assert_eq!(names("2026-05-31"), "2000..2049 202x 2026 2026-q2 2026-05 2026-05-20s 2026-05-31");
    assert_eq!(names("0001-01-01"), "..1899 000x 0001 0001-q1 0001-01 0001-01-00s 0001-01-01");
    assert_eq!(names("9999-12-11"), "2050.. 999x 9999 9999-q4 9999-12 9999-12-10s 9999-12-11");
}

fn cover_of(text: &str) -> String {
    cover(Span::parse(text).unwrap(), Fineness::Days).outer.join(" ")
}

#[test]
fn the_fewest_pieces_are_asked() {
    assert_eq!(cover_of("2026-05"), "2026-05");
    assert_eq!(cover_of("1776-07-04"), "1776-07-04");
    let after = |text: &str| Span::parse(text).unwrap().or_later();
    assert_eq!(
        cover(after("2026-05-14"), Fineness::Days).outer.len(),
        // Seven days, a third, June, two quarters, three years, two decades, an era.
        17
    );
    // Not decade by decade from the year 1 on.
    let before = Span::parse("1889").unwrap().or_earlier();
    assert_eq!(cover(before, Fineness::Days), Cover { outer: ["..1899".into()].into(), inner: Vec::new() });
}

/// The longest cover within the eras that have an end.
#[test]
fn covers_are_short() {
    let span = |first: &str, last: &str| {
        Span::between(Span::parse(first).unwrap(), Span::parse(last).unwrap()).unwrap()
    };
    assert_eq!(cover(span("1900-01-02", "2049-12-30"), Fineness::Days).outer.len(), 60);
}

fn any_span() -> impl Strategy<Value = Span> {
    let near = || {
        prop_oneof![
            4 => day_number(1890, 1, 1)..day_number(2060, 1, 1),
            1 => Span::FIRST..=Span::LAST,
            1 => Span::FIRST..=Span::FIRST + 400,
            1 => Span::LAST - 400..=Span::LAST,
        ]
    };
    let length = prop_oneof![Just(0), 0..40, 0..800, 0..60_000, Just(4_000_000)];
    (near(), length).prop_map(|(first, length)| Span { first, last: (first + length).min(Span::LAST) })
}

/// The names under which a span is written, and whether it bears a mark.
fn written(span: Span, fineness: Fineness) -> (Vec<String>, bool) {
    let of_sizes = super::written(span, fineness);
    let marked = of_sizes.contains(&None);
    (of_sizes.into_iter().flatten().flatten().collect(), marked)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn what_touches_is_found_and_what_is_within_touches(record in any_span(), asked in any_span(), days: bool, shift in -40..40i32) {
        let fineness = if days { Fineness::Days } else { Fineness::Months };
        // Often near one another.
        let first = (record.first + shift).clamp(Span::FIRST, Span::LAST);
        for asked in [asked, Span { first, last: (first + (asked.last - asked.first)).min(Span::LAST) }] {
            let (names, marked) = written(record, fineness);
            let Cover { outer, inner } = cover(asked, fineness);
            prop_assert!(!outer.is_empty() && outer.len() <= MAX_PIECES && inner.len() <= MAX_PIECES);
            let shares = |pieces: &[String]| pieces.iter().any(|piece| names.contains(piece));
            prop_assert!(!record.touches(asked) || shares(&outer) || marked);
            prop_assert!(!shares(&inner) || record.touches(asked));
        }
    }
}
