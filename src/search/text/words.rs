//! Free text: words and their stems. `[TEXT-7.3]`

use alloc::string::String;
use alloc::vec::Vec;

use super::fold::{self, Unassigned};
use super::terms::Sheet;

/// What a text is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum Language {
    /// English, and what says nothing of its language.
    #[default]
    English,
}

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::search) struct Word {
    /// Folded.
    pub(in crate::search) word: String,
    /// Its stem, with the language before it; `None` if that is nothing else than the word.
    pub(in crate::search) stem: Option<String>,
}

/// The words of a text in their order, without those that say nothing.
///
/// # Errors
/// [`Unassigned`].
pub(in crate::search) fn words(text: &str, language: Language) -> Result<Vec<Word>, Unassigned> {
    let _ = language;
    let folded = fold::fold(text)?;
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    Ok(words.map(|word| Word { word: word.into(), stem: None }).collect())
}

/// What is written for a text: each word, and its stem.
pub(super) fn write(field: &str, text: &str, language: Language, sheet: &mut Sheet) {
    let Ok(words) = words(text, language) else { return sheet.refuse(field) };
    for word in words {
        sheet.put(field, &word.word);
        word.stem.iter().for_each(|stem| sheet.put(field, stem));
    }
}
