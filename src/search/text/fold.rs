//! Text in one spelling, by a pinned version of Unicode. `[TEXT-7.1]`
//!
//! Writer and reader may be built years apart. So what later versions of Unicode may change is not used: characters that the pinned version does not have are refused, and
//! the tables that no rule of Unicode keeps as they are (categories, word boundaries) come from crates of exactly that version. Normalization and combining classes of
//! what is assigned never change; case folding is a table of our own.

use alloc::borrow::Cow;
use alloc::string::String;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

use super::case;

/// The version of Unicode of this pipeline.
pub const UNICODE_VERSION: (u64, u64, u64) = (17, 0, 0);

// Another version of these crates makes other keywords out of the same text: it needs another pipeline version.
const _: () = assert!(
    is_pinned(unicode_properties::UNICODE_VERSION),
    "unicode-properties is not of the version of Unicode that the keyword pipeline is pinned to"
);
const _: () = assert!(
    is_pinned(unicode_segmentation::UNICODE_VERSION),
    "unicode-segmentation is not of the version of Unicode that the keyword pipeline is pinned to"
);
const _: () = assert!(
    unicode_normalization::UNICODE_VERSION.0 as u64 >= UNICODE_VERSION.0,
    "unicode-normalization is older than the version of Unicode that the keyword pipeline is pinned to"
);

const fn is_pinned(version: (u64, u64, u64)) -> bool {
    version.0 == UNICODE_VERSION.0 && version.1 == UNICODE_VERSION.1 && version.2 == UNICODE_VERSION.2
}

/// A character that is not assigned in [`UNICODE_VERSION`] (a later version may spell it in another way, so that it would be written in one and asked for in another), or
/// a control character other than white space, which is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a control character, or one that Unicode {}.{} does not know, at byte {at}; leave it out",
    UNICODE_VERSION.0,
    UNICODE_VERSION.1
)]
pub struct Unassigned {
    /// Where it begins, in bytes.
    pub at: usize,
}

/// Checks that every character is one that all versions from the pinned one on spell alike.
///
/// # Errors
/// [`Unassigned`].
pub(in crate::search) fn check(text: &str) -> Result<(), Unassigned> {
    match text.char_indices().find(|(_, c)| !is_known(*c)) {
        Some((at, _)) => Err(Unassigned { at }),
        None => Ok(()),
    }
}

pub(super) fn is_known(c: char) -> bool {
    match c {
        ' '..='~' | '\t'..='\r' | '\u{85}' => true,
        '\0'..='\u{9f}' => false,
        _ => c.general_category() != GeneralCategory::Unassigned,
    }
}

/// Compatibility forms made one, case and marks taken away: `MÜLLER` and `Muller` are `muller`.
///
/// # Errors
/// [`Unassigned`].
pub(in crate::search) fn fold(text: &str) -> Result<String, Unassigned> {
    Ok(stripped(&spelled(text)?).trim().into())
}

/// As [`fold`], with the marks: what stemmers read.
///
/// # Errors
/// [`Unassigned`].
pub(super) fn spelled(text: &str) -> Result<Cow<'_, str>, Unassigned> {
    check(text)?;
    if text.is_ascii() {
        if !text.bytes().any(|byte| byte.is_ascii_uppercase() || byte < b' ') {
            return Ok(Cow::Borrowed(text));
        }
        return Ok(Cow::Owned(text.chars().map(|c| shown(c).to_ascii_lowercase()).collect()));
    }
    let visible = text.nfkd().filter(|c| !is_invisible(*c)).map(shown);
    let folded = visible.flat_map(|c| {
        let (first, second) = case::folded(c);
        core::iter::once(first).chain(second)
    });
    Ok(Cow::Owned(folded.nfc().collect()))
}

/// Without marks: of a letter and its marks the letter. Letters with a stroke and ligatures, which do not decompose, are taken apart as well.
pub(super) fn stripped(spelled: &str) -> Cow<'_, str> {
    if spelled.is_ascii() {
        return Cow::Borrowed(spelled);
    }
    let letters = spelled.nfd().filter(|c| !is_mark(*c)).flat_map(|c| {
        let (first, second) = plain(c);
        core::iter::once(first).chain(second)
    });
    Cow::Owned(letters.nfc().collect())
}

/// A mark that people leave out: accents, points of Hebrew, vowels of Arabic. What is a mark in Unicode and a letter for its readers (vowels of Indic
/// scripts, voicing of Kana) is none. Combining classes never change.
fn is_mark(c: char) -> bool {
    !c.is_ascii() && matches!(canonical_combining_class(c), 1 | 10..=36 | 200..=240)
}

/// Letters that people write by others where they cannot write them.
fn plain(c: char) -> (char, Option<char>) {
    match c {
        'ø' => ('o', None),
        'ł' => ('l', None),
        'đ' | 'ð' => ('d', None),
        'ħ' => ('h', None),
        'ı' => ('i', None),
        'æ' => ('a', Some('e')),
        'œ' => ('o', Some('e')),
        'þ' => ('t', Some('h')),
        _ => (c, None),
    }
}

/// What is not seen, and so not asked for: soft hyphens, joiners, directions, selectors of variants.
fn is_invisible(c: char) -> bool {
    match c {
        '\0'..='~' | '\u{200b}' => false,
        '\u{34f}' | '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => true,
        _ => c.general_category() == GeneralCategory::Format,
    }
}

/// White space of all kinds as a space, apostrophes of all kinds as one.
fn shown(c: char) -> char {
    match c {
        '\t'..='\r' | '\u{85}' | '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{1680}' => ' ',
        '\u{2019}' | '\u{2bc}' => '\'',
        _ => c,
    }
}

/// Whether a character is part of a word or a name: letters, marks, digits; and those of private use, since names are written in them.
pub(super) fn is_letter(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    let letters = [GeneralCategoryGroup::Letter, GeneralCategoryGroup::Mark, GeneralCategoryGroup::Number];
    letters.contains(&c.general_category_group()) || c.general_category() == GeneralCategory::PrivateUse
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_width_marks_and_ligatures_do_not_count() {
        for (text, folded) in [
            ("  MÜLLER ", "muller"),
            ("Mu\u{308}ller", "muller"),
            ("Straße", "strasse"),
            ("GROẞ", "gross"),
            ("Ὀδυσσεύς", "οδυσσευσ"),
            ("ΟΔΥΣΣΕΥΣ", "οδυσσευσ"),
            ("İstanbul IŞIK ışık", "istanbul isik isik"),
            ("ﬁbrosis", "fibrosis"),
            ("Ｈｂ\u{3000}Ａ１ｃ", "hb a1c"),
            ("Søren Łukasz Œdème Þór", "soren lukasz oedeme thor"),
            ("Mül\u{ad}ler\u{200d}", "muller"),
            ("l’hôpital", "l'hopital"),
            ("a\tb\r\nc\u{a0}d\u{200b}e", "a b  c d e"),
            // Letters for their readers.
            ("が", "が"),
            ("हिन्दी", "हिन्दी"),
            // Vowels of Arabic and Hebrew are left out by most.
            ("مُحَمَّد", "محمد"),
            ("שָׁלוֹם", "שלום"),
            ("Ꭰ ꭰ", "Ꭰ Ꭰ"),
            ("\u{e000}", "\u{e000}"),
        ] {
            assert_eq!(fold(text).as_deref(), Ok(folded), "{text}");
        }
    }

    #[test]
    fn control_and_unassigned_characters_are_refused_where_they_stand() {
        for c in ['\0', '\u{1b}', '\u{7f}', '\u{9f}', '\u{378}', '\u{fffe}'] {
            assert_eq!(fold(&alloc::format!("é{c}")), Err(Unassigned { at: 2 }), "{c:?}");
        }
    }

    /// Every character of Unicode: whatever is folded stays as it is, is a canonical form, and so can be a keyword.
    #[test]
    fn what_is_folded_is_folded() {
        for c in ('\0'..=char::MAX).filter(|c| is_known(*c)) {
            let once = fold(&c.to_string()).unwrap();
            assert_eq!(fold(&once).as_ref(), Ok(&once), "{c:?}");
            assert!(unicode_normalization::is_nfc(&once), "{c:?}");
        }
    }

    /// Other tables, in a crate or here, make another digest of the spelling of all characters.
    #[test]
    fn no_table_has_changed() {
        use sha2::{Digest, Sha256};
        let mut digest = Sha256::new();
        for c in '\0'..=char::MAX {
            digest.update(fold(&c.to_string()).unwrap_or_else(|refused| refused.to_string()));
            digest.update([0xff, u8::from(is_letter(c))]);
        }
        let digest: String = digest.finalize().iter().map(|byte| alloc::format!("{byte:02x}")).collect();
        assert_eq!(digest, "b3c1c83d4e7642541555a438ccdbb78a9853ec5056efcfecc9f3a8e331d5150f");
    }

    /// The compiler's tables, as far as they are of the version or of a later one.
    #[test]
    fn upper_and_lower_case_are_alike() {
        // Iota below a letter is a mark here, and a letter of its own in upper case.
        let has_iota = |c: &char| core::iter::once(*c).nfd().any(|c| c == '\u{345}');
        for c in ('\0'..=char::MAX).filter(|c| is_known(*c) && !has_iota(c)) {
            let upper: String = c.to_uppercase().collect();
            let lower: String = c.to_lowercase().collect();
            let of = |text: &str| if check(text).is_ok() { fold(text).unwrap() } else { String::new() };
            let (own, upper, lower) = (of(&c.to_string()), of(&upper), of(&lower));
            assert!(upper.is_empty() || own == upper, "{c:?}");
            assert!(lower.is_empty() || own == lower, "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn of_any_text(text in "\\PC{0,12}") {
            if let Ok(once) = fold(&text) {
                prop_assert_eq!(fold(&once).unwrap(), once.clone());
                prop_assert!(unicode_normalization::is_nfc(&once));
                let marked = spelled(&text).unwrap();
                prop_assert_eq!(fold(&marked).unwrap(), once);
            }
        }
    }
}
