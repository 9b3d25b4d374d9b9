//! Free text: words and their stems. `[TEXT-7.3]`

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_segmentation::UnicodeSegmentation;

use super::field::Field;
use super::fold::{self, Unassigned};
use super::sheet::Sheet;
use super::stop::is_stop_word;

/// So many characters of a word count, on both sides.
pub(super) const MAX_LETTERS: usize = 64;
/// So many words of one text are written; a longer one is marked.
const MAX_WORDS: usize = 512;

/// What a text is written in: how its stems are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[non_exhaustive]
#[allow(missing_docs)] // they are what they are called
pub enum Language {
    Danish,
    Dutch,
    /// And what says nothing of its language.
    #[default]
    English,
    Finnish,
    French,
    German,
    Italian,
    Norwegian,
    Portuguese,
    Spanish,
    Swedish,
}

impl Language {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Danish,
        Self::Dutch,
        Self::English,
        Self::Finnish,
        Self::French,
        Self::German,
        Self::Italian,
        Self::Norwegian,
        Self::Portuguese,
        Self::Spanish,
        Self::Swedish,
    ];

    /// The language of a tag (BCP 47) such as `de-CH`, as FHIR's `language` has it; `None` if there are no stems for it.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let first = tag.trim().split(['-', '_']).next().unwrap_or_default();
        Some(match first.to_ascii_lowercase().as_str() {
            "da" | "dan" => Self::Danish,
            "nl" | "nld" | "dut" => Self::Dutch,
            "en" | "eng" => Self::English,
            "fi" | "fin" => Self::Finnish,
            "fr" | "fra" | "fre" => Self::French,
            "de" | "deu" | "ger" | "gsw" => Self::German,
            "it" | "ita" => Self::Italian,
            "no" | "nb" | "nn" | "nor" | "nob" | "nno" => Self::Norwegian,
            "pt" | "por" => Self::Portuguese,
            "es" | "spa" => Self::Spanish,
            "sv" | "swe" => Self::Swedish,
            _ => return None,
        })
    }

    /// Its tag: the two letters before a stem.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Danish => "da",
            Self::Dutch => "nl",
            Self::English => "en",
            Self::Finnish => "fi",
            Self::French => "fr",
            Self::German => "de",
            Self::Italian => "it",
            Self::Norwegian => "no",
            Self::Portuguese => "pt",
            Self::Spanish => "es",
            Self::Swedish => "sv",
        }
    }

    fn stemmer(self) -> Stemmer {
        Stemmer::create(match self {
            Self::Danish => Algorithm::Danish,
            Self::Dutch => Algorithm::Dutch,
            Self::English => Algorithm::English,
            Self::Finnish => Algorithm::Finnish,
            Self::French => Algorithm::French,
            Self::German => Algorithm::German,
            Self::Italian => Algorithm::Italian,
            Self::Norwegian => Algorithm::Norwegian,
            Self::Portuguese => Algorithm::Portuguese,
            Self::Spanish => Algorithm::Spanish,
            Self::Swedish => Algorithm::Swedish,
        })
    }
}

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::search) struct Word {
    /// Folded.
    pub(in crate::search) word: String,
    /// Its stem, with the language before it: `en pain`, of `pain` as well as of `pains`, so that one finds the other. `None` of what has none, such as a number.
    pub(in crate::search) stem: Option<String>,
}

impl Word {
    /// `None` if nothing is left of it, or it is a stop word. The stemmer reads the marks, which are taken away afterwards.
    fn new(spelled: &str, language: Language) -> Option<Self> {
        let spelled = first_letters(spelled, MAX_LETTERS);
        let word = fold::stripped(spelled);
        if word.is_empty() || is_stop_word(&word) {
            return None;
        }
        let stem = has_stem(spelled).then(|| {
            let stem = language.stemmer().stem(spelled);
            format!("{} {}", language.tag(), fold::stripped(&stem))
        });
        Some(Self { word: word.into_owned(), stem })
    }
}

/// Two Latin letters at least, of those in which the languages with stems are written, and nothing else.
fn has_stem(spelled: &str) -> bool {
    let is_latin = |c: char| matches!(c, 'a'..='z' | 'à'..='ö' | 'ø'..='ÿ' | 'œ' | 'š' | 'ž');
    spelled.chars().nth(1).is_some() && spelled.chars().all(is_latin)
}

/// The beginning of a text, of so many characters.
pub(super) fn first_letters(text: &str, count: usize) -> &str {
    if text.len() <= count {
        return text;
    }
    let end = text.char_indices().nth(count).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or(text)
}

/// The words of a text in their order, without those that say nothing.
///
/// # Errors
/// [`Unassigned`].
pub(in crate::search) fn words(text: &str, language: Language) -> Result<Vec<Word>, Unassigned> {
    let spelled = fold::spelled(text)?;
    Ok(cut(&spelled).filter_map(|word| Word::new(word, language)).collect())
}

/// What is written for a text: each word, and its stem.
pub(super) fn write(field: &Field, text: &str, language: Language, sheet: &mut Sheet) {
    let Some(room) = field.rooms.own else { return };
    let Ok(spelled) = fold::spelled(text) else { return sheet.refuse(room) };
    let mut words = cut(&spelled).filter_map(|word| Word::new(word, language));
    for word in words.by_ref().take(MAX_WORDS) {
        sheet.put(room, &word.word);
        word.stem.iter().for_each(|stem| sheet.put(room, stem));
    }
    if words.next().is_some() {
        sheet.refuse(room);
    }
}

/// Cuts a text into words as UAX #29 does, and cuts these again: at hyphens, apostrophes, colons, and at periods and commas unless they stand between digits
/// (`pain.No fever`; `3.14`). For ASCII the second cut alone does it.
fn cut(text: &str) -> Box<dyn Iterator<Item = &str> + '_> {
    if text.is_ascii() {
        return Box::new(Pieces { text, at: 0, end: text.len() });
    }
    let segments = text.split_word_bound_indices();
    Box::new(segments.flat_map(move |(at, segment)| Pieces { text, at, end: at + segment.len() }))
}

/// What the second cut makes of a part of a text.
struct Pieces<'a> {
    text: &'a str,
    at: usize,
    end: usize,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        loop {
            let rest = self.text.get(self.at..self.end)?;
            let first = self.at + rest.find(fold::is_letter)?;
            let mut after = self.end;
            for (offset, c) in self.text.get(first..self.end)?.char_indices() {
                let is_sign = matches!(c, '.' | ',') && self.is_between_digits(first + offset);
                if !is_sign && !fold::is_letter(c) {
                    after = first + offset;
                    break;
                }
            }
            self.at = after;
            if !self.is_elided(first, after) {
                return self.text.get(first..after);
            }
        }
    }
}

impl Pieces<'_> {
    fn before(&self, at: usize) -> &str {
        self.text.get(..at).unwrap_or_default()
    }

    fn after(&self, at: usize) -> &str {
        self.text.get(at..).unwrap_or_default()
    }

    /// Of a character of one byte.
    fn is_between_digits(&self, at: usize) -> bool {
        at + 1 < self.end
            && self.before(at).ends_with(|c: char| c.is_ascii_digit())
            && self.after(at + 1).starts_with(|c: char| c.is_ascii_digit())
    }

    /// Whether a piece is a single letter that an apostrophe joins to a word: `l'hôpital`, `patient's`.
    fn is_elided(&self, first: usize, after: usize) -> bool {
        let is_word = |c: char| fold::is_letter(c) && !c.is_ascii_digit();
        let mut letters = self.text.get(first..after).unwrap_or_default().chars();
        letters.next().is_some_and(is_word)
            && letters.next().is_none()
            && (self.after(after).strip_prefix('\'').is_some_and(|rest| rest.starts_with(is_word))
                || self.before(first).strip_suffix('\'').is_some_and(|rest| rest.ends_with(is_word)))
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec;

    use proptest::prelude::*;

    use super::*;

    fn plain(text: &str) -> Vec<String> {
        words(text, Language::English).unwrap().into_iter().map(|word| word.word).collect()
    }

    fn stem(word: &str, language: Language) -> Option<String> {
        words(word, language).unwrap().remove(0).stem
    }

    #[test]
    fn words_are_cut_where_people_see_them_end() {
        for (text, expected) in [
            ("Chest pain.No fever", vec!["chest", "pain", "no", "fever"]),
            ("HbA1c 7.5 %, was 6,9", vec!["hba1c", "7.5", "6,9"]),
            ("COVID-19; e.g. SARS-CoV-2", vec!["covid", "19", "e", "g", "sars", "cov", "2"]),
            ("the patient's leg can't be moved", vec!["patient", "leg", "can", "moved"]),
            ("à l’hôpital d'Angers", vec!["a", "hopital", "angers"]),
            ("hepatitis A, vitamin D", vec!["hepatitis", "a", "vitamin", "d"]),
            ("5'-nucleotidase", vec!["5", "nucleotidase"]),
            ("12:30_x", vec!["12", "30", "x"]),
            ("1.", vec!["1"]),
            ("頭痛あり", vec!["頭", "痛", "あ", "り"]),
            ("β-Blocker für Straßenläufer", vec!["β", "blocker", "strassenlaufer"]),
            ("\u{301} .,'", vec![]),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
    }

    #[test]
    fn a_word_and_its_other_forms_have_one_stem() {
        for (language, forms) in [
            (Language::English, ["fracture", "fractured", "fractures"]),
            (Language::German, ["Entzündung", "Entzündungen", "ENTZÜNDUNG"]),
            (Language::French, ["chronique", "chroniques", "Chronique"]),
            (Language::Spanish, ["dolor", "dolores", "DOLOR"]),
        ] {
            let [first, second, third] = forms.map(|form| stem(form, language).unwrap());
            assert_eq!((&first, &first), (&second, &third));
            assert!(first.starts_with(language.tag()));
            assert!(first.is_ascii());
        }
        // The stemmer sees the marks: without them it would not know this ending.
        assert_eq!(stem("aliénées", Language::French), stem("aliéné", Language::French));
        assert_eq!(stem("b12", Language::English), None);
        assert_eq!(stem("7.5", Language::English), None);
        assert_eq!(stem("боль", Language::English), None);
    }

    #[test]
    fn stems_of_two_languages_differ() {
        assert_ne!(stem("pain", Language::English), stem("pain", Language::French));
    }

    #[test]
    fn tags_name_languages() {
        for language in Language::ALL {
            assert_eq!(Language::of_tag(language.tag()), Some(*language));
        }
        assert_eq!(Language::of_tag("de-CH"), Some(Language::German));
        assert_eq!(Language::of_tag("nb_NO"), Some(Language::Norwegian));
        assert_eq!(Language::of_tag("ja"), None);
        assert_eq!(Language::of_tag(""), None);
    }

    #[test]
    fn of_a_long_word_the_first_letters_count() {
        let long = "é".repeat(70);
        assert_eq!(plain(&long), ["e".repeat(64)]);
        assert_eq!(plain(&long), plain(&"é".repeat(64)));
    }

    proptest! {
        /// The short way and the long way.
        #[test]
        fn ascii_needs_no_tables(text in "[a-cA-C0-2 .,;:'_%-]{0,24}") {
            let uax: Vec<String> = text
                .split_word_bound_indices()
                .flat_map(|(at, part)| Pieces { text: &text, at, end: at + part.len() })
                .map(ToString::to_string)
                .collect();
            let own: Vec<_> = cut(&text).map(ToString::to_string).collect();
            prop_assert_eq!(own, uax);
        }

        /// No stemmer panics, and no word has what makes a keyword of two.
        #[test]
        fn any_text_has_words(text in "(\\PC{0,8}|[a-zà-öø-ÿœšž']{0,20}){0,6}") {
            for language in Language::ALL {
                for word in words(&text, *language).into_iter().flatten() {
                    prop_assert!(!word.word.is_empty() && !word.word.contains(' '));
                    prop_assert!(word.stem.iter().all(|stem| stem.matches(' ').count() == 1));
                    prop_assert_eq!(fold::fold(&word.word).unwrap(), word.word);
                }
            }
        }
    }
}
