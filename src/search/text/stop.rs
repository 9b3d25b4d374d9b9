//! Stop words: one list for all languages. `[TEXT-7.3]`
//!
//! Who asks need not know what a record is written in, so a word that says nothing in one language says nothing in all. Therefore words that mean something
//! elsewhere are missing here, and so are single letters (hepatitis A), negations (no, nicht), and abbreviations that are used in medicine (AS, ER, OS, US).

/// Articles, prepositions, conjunctions, pronouns, auxiliary verbs; folded, in order.
#[rustfmt::skip]
const STOP_WORDS: &[&str] = &[
    "aan", "af", "al", "alla", "als", "an", "and", "ao", "aos", "are", "at", "att", "au", "auch", "auf",
    "aus", "aux", "av", "avec", "be", "been", "bei", "being", "bij", "ble", "blev", "by", "ce", "ces",
    "cette", "che", "com", "con", "da", "dal", "dalla", "dans", "das", "dass", "dat", "de", "dei", "del",
    "dell", "della", "delle", "dello", "dem", "den", "der", "des", "det", "deze", "di", "did", "die", "do",
    "does", "dos", "du", "durch", "een", "ein", "eine", "einem", "einen", "einer", "eines", "el", "ella",
    "elle", "em", "en", "es", "est", "et", "ett", "etta", "for", "fra", "fran", "from", "fur", "gli",
    "haben", "had", "han", "har", "has", "have", "he", "her", "het", "his", "ich", "if", "il", "im", "in",
    "into", "is", "ist", "it", "its", "ja", "joka", "kun", "la", "las", "le", "les", "leur", "lo", "los",
    "met", "mit", "myos", "naar", "nach", "nas", "nel", "nella", "nos", "och", "oder", "of", "og", "oli",
    "om", "on", "or", "ou", "our", "ovat", "paa", "par", "pela", "pelo", "per", "por", "pour", "que", "qui",
    "se", "she", "sie", "sind", "so", "som", "sono", "sont", "su", "such", "sull", "sur", "sus", "tai",
    "te", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this", "those", "til",
    "till", "to", "uber", "uit", "um", "uma", "un", "una", "und", "une", "uno", "van", "ved", "vid", "vom",
    "von", "voor", "was", "we", "werd", "were", "which", "who", "wir", "wird", "with", "wordt", "wurde",
    "wurden", "you", "your", "zijn", "zum", "zur",
];

/// The longest of them, in bytes.
const LONGEST: usize = 6;

/// Whether a folded word is one of them.
pub(super) fn is_stop_word(word: &str) -> bool {
    (2..=LONGEST).contains(&word.len()) && STOP_WORDS.binary_search(&word).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order_and_folded() {
        assert!(STOP_WORDS.is_sorted_by(|a, b| a < b));
        assert_eq!(STOP_WORDS.iter().map(|word| word.len()).max(), Some(LONGEST));
        assert!(STOP_WORDS.iter().all(|word| word.len() > 1 && word.bytes().all(|c| c.is_ascii_lowercase())));
        assert!(STOP_WORDS.iter().all(|word| is_stop_word(word)));
    }

    #[test]
    fn what_means_something_to_a_physician_is_none() {
        for word in [
            "no", "not", "nicht", "sans", "ohne", "as", "er", "os", "us", "na", "all", "para", "a", "d",
            "pain",
        ] {
            assert!(!is_stop_word(word), "{word}");
        }
    }
}
