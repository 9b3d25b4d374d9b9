//! Attack 21 on keywords: empty, enormous, twins, reserved, with separators.

use hippocrypt::search::*;

use crate::house::{House, code, kw};

#[test]
fn keywords_that_are_none() {
    let new = Keyword::new;
    assert_eq!(new("code", ""), Err(KeywordError::Empty));
    assert_eq!(new("", ""), Err(KeywordError::Field));
    assert_eq!(new("", "x"), Err(KeywordError::Field));
    let huge = "x".repeat(1 << 20);
    assert_eq!(new("code", &huge), Err(KeywordError::TooLong { bytes: 1 << 20 }));
    assert_eq!(new(&huge, "x"), Err(KeywordError::Field));
    assert!(new("code", &huge[..512]).is_ok() && new(&huge[..64], "x").is_ok());
    assert_eq!(new("code", &huge[..513]), Err(KeywordError::TooLong { bytes: 513 }));
    assert_eq!(new(&huge[..65], "x"), Err(KeywordError::Field));
    // 171 characters of three bytes are 513 bytes.
    assert_eq!(new("code", &"\u{20ac}".repeat(171)), Err(KeywordError::TooLong { bytes: 513 }));
    for control in ['\0', '\u{1f}', '\n', '\t', '\u{7f}', '\u{85}', '\u{9f}'] {
        assert_eq!(new("code", &format!("a{control}b")), Err(KeywordError::Control), "{control:?}");
        assert_eq!(new(&format!("co{control}de"), "a"), Err(KeywordError::Field));
    }
    for reserved in ["_", "_all", "_system"] {
        assert_eq!(new(reserved, "x"), Err(KeywordError::Reserved));
    }
    for field in ["Code", "co de", "-code", "+code", "code\u{301}", "co\u{1f}de", "code|"] {
        assert_eq!(new(field, "x"), Err(KeywordError::Field), "{field}");
    }
}

/// One text, one keyword: its twins in other normalization forms are refused, not indexed apart. What looks alike and is not, is not.
#[test]
fn normalization_twins() {
    for (composed, decomposed) in [
        ("M\u{fc}ller", "Mu\u{308}ller"),
        ("\u{c5}", "\u{212b}"),
        ("\u{3a9}", "\u{2126}"),
        ("\u{ac00}", "\u{1100}\u{1161}"),
    ] {
        assert!(Keyword::new("name", composed).is_ok());
        assert_eq!(Keyword::new("name", decomposed), Err(KeywordError::NotNormalized), "{decomposed}");
    }
    // Compatibility forms, case and space are for the pipeline: here they are other keywords.
    let words = ["mueller", "Mueller", "mueller ", "\u{ff4d}ueller", "m\u{fb01}", "mfi"];
    for (i, one) in words.iter().enumerate() {
        for (j, other) in words.iter().enumerate() {
            assert_eq!(kw("name", one) == kw("name", other), i == j);
        }
    }
}

/// No two pairs of field and value have the same bytes, and only what `new` makes decodes.
#[test]
fn bytes_are_canonical() {
    let pairs = [
        ("code", "a"),
        ("cod", "ea"),
        ("code+a", "b"),
        ("code", "+ab"),
        ("code", "month|a"),
        ("code+month", "a"),
    ];
    for (i, (field, value)) in pairs.iter().enumerate() {
        let keyword = kw(field, value);
        assert_eq!(Keyword::from_bytes(keyword.as_bytes()), Ok(keyword.clone()));
        for (j, (field, value)) in pairs.iter().enumerate() {
            assert_eq!(keyword == kw(field, value), i == j);
        }
    }
    let wrong: [&[u8]; 9] = [
        b"",
        b"\x01",
        b"\x01code",
        b"\x01code\x1f",
        b"\x01\x1fa",
        b"\x02code\x1fa",
        b"\x01code\x1fa\x1fb",
        b"\x01code\x1f\xff",
        b"\x01_x\x1fa",
    ];
    for bytes in wrong {
        assert!(Keyword::from_bytes(bytes).is_err(), "{bytes:?}");
    }
}

/// A keyword that is a part of another, or the same value in another field, finds nothing of it.
#[test]
fn neighbours_find_nothing() {
    let mut house = House::new("neighbours");
    let mut writers = [house.device(), house.lab()];
    for writer in &mut writers {
        house.add(writer, &[kw("code", "E11.9"), kw("code+month", "E11.9|2026-05")]);
        house.send(writer);
    }
    assert_eq!(house.find(&code("E11.9")).len(), 2);
    for (field, value) in [
        ("code", "E11"),
        ("code", "E11.90"),
        ("code", "e11.9"),
        ("codes", "E11.9"),
        ("diagnosis", "E11.9"),
        ("code", "E11.9|2026-05"),
        ("code+month", "E11.9"),
    ] {
        assert_eq!(house.find(&kw(field, value)), [], "{field} {value}");
    }
}
