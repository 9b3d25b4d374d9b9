//! Words of texts and parts of names.

use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

static ENGLISH: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::English));

/// What a text says nothing with, as far as it stands in the questions and in what they find.
const STOP_WORDS: &[&str] =
    &["an", "and", "are", "at", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to", "with"];

/// Compatible forms made one, marks and case taken away.
pub fn fold(text: &str) -> String {
    let bare: String = text.nfkd().filter(|c| !is_combining_mark(*c)).collect();
    bare.to_uppercase().to_lowercase().nfkc().collect()
}

/// Letters and digits, upper case.
pub fn identifier(text: &str) -> String {
    text.nfkc().filter(|c| c.is_alphanumeric()).collect::<String>().to_uppercase()
}

/// A word and its stem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub word: String,
    stem: String,
}

impl Word {
    fn is(&self, other: &Self) -> bool {
        self.word == other.word || self.stem == other.stem
    }
}

/// The words of a text, in their order.
pub fn words(text: &str) -> Vec<Word> {
    let folded = fold(text);
    let words = folded.unicode_words().flat_map(pieces).filter(|word| !STOP_WORDS.contains(word));
    words.map(|word| Word { word: word.into(), stem: stem(word) }).collect()
}

/// What Unicode holds together is cut at signs; those between digits belong to a number.
fn pieces(word: &str) -> Vec<&str> {
    let is_number = word.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','));
    if is_number { vec![word] } else { word.split(|c: char| !c.is_alphanumeric()).collect() }
}

/// Of what is no word of letters the stem is the word.
fn stem(word: &str) -> String {
    if word.chars().all(|c| c.is_ascii_lowercase()) { ENGLISH.stem(word).into_owned() } else { word.into() }
}

/// Whether all words that are asked for stand in a text.
pub fn has_all(text: &[Word], asked: &[Word]) -> bool {
    asked.iter().all(|asked| text.iter().any(|word| word.is(asked)))
}

/// Whether they stand there one after the other.
pub fn has_phrase(text: &[Word], asked: &[Word]) -> bool {
    text.windows(asked.len()).any(|window| window.iter().zip(asked).all(|(word, asked)| word.is(asked)))
}

/// The parts of a name.
pub fn parts(name: &str) -> Vec<String> {
    let folded = fold(name);
    folded.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).map(Into::into).collect()
}
