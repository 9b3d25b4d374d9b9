//! The sound of a name: Cologne phonetics (H. J. Postel, 1969). `[TEXT-7.2]`
//!
//! One code per name whatever its language, of some digits, by a page of rules: writer and reader need not know where a name comes from. It was made for German; for other languages
//! in Latin letters it is coarser than what was made for them (vowels do not count), and misses silent first letters of English (`Knight`, `Night`).

use alloc::string::String;

/// The code of a folded word; `None` if it has letters that are not Latin, or no letter that sounds.
pub(super) fn cologne(part: &str) -> Option<String> {
    let mut code = String::new();
    let (mut before, mut last) = (None, None);
    let mut letters = part.chars().filter(|c| !c.is_ascii_digit()).peekable();
    while let Some(letter) = letters.next() {
        if !letter.is_ascii_lowercase() {
            return None;
        }
        let digits = digits(before, letter, letters.peek().copied());
        for digit in digits.chars() {
            // Of equal digits in a row one, and of vowels the first of the word alone. What lies between by its letter (a vowel) parts them.
            if last != Some(digit) && (digit != '0' || last.is_none()) {
                code.push(digit);
            }
            last = Some(digit);
        }
        before = Some(letter);
    }
    (!code.is_empty()).then_some(code)
}

/// The digits of a letter between two others.
fn digits(before: Option<char>, letter: char, after: Option<char>) -> &'static str {
    let after_is = |letters: &str| after.is_some_and(|after| letters.contains(after));
    let before_is = |letters: &str| before.is_some_and(|before| letters.contains(before));
    match letter {
        'a' | 'e' | 'i' | 'j' | 'o' | 'u' | 'y' => "0",
        'b' => "1",
        'p' if after_is("h") => "3",
        'p' => "1",
        'd' | 't' if after_is("csz") => "8",
        'd' | 't' => "2",
        'f' | 'v' | 'w' => "3",
        'g' | 'k' | 'q' => "4",
        'c' if before.is_none() && after_is("ahkloqrux") => "4",
        'c' if before.is_some() && after_is("ahkoqux") && !before_is("sz") => "4",
        'c' => "8",
        'x' if before_is("ckq") => "8",
        'x' => "48",
        'l' => "5",
        'm' | 'n' => "6",
        'r' => "7",
        's' | 'z' => "8",
        // H is silent, and does not part what it stands between.
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_the_literature() {
        for (name, code) in [
            ("muller", "657"),
            ("schmidt", "862"),
            ("schneider", "8627"),
            ("fischer", "387"),
            ("weber", "317"),
            ("meyer", "67"),
            ("wagner", "3467"),
            ("schulz", "858"),
            ("becker", "147"),
            ("hoffmann", "0366"),
            ("breschnew", "17863"),
            ("wikipedia", "3412"),
            ("heinzclassen", "068586"),
            ("maxwell", "64835"),
            ("aa", "0"),
        ] {
            assert_eq!(cologne(name).as_deref(), Some(code), "{name}");
        }
    }
}
