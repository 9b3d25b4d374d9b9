//! How names sound: Cologne phonetics, in the three steps of its author.

/// The code of a part of a name, if it is in Latin letters.
pub fn of(part: &str) -> Option<String> {
    let letters: Vec<char> = part.chars().filter(|c| c.is_alphabetic()).collect();
    if letters.is_empty() || !letters.iter().all(char::is_ascii_lowercase) {
        return None;
    }
    // Letters become digits, by their neighbours.
    let mut digits = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map_or(' ', |at| letters[at]);
        let after = letters.get(at + 1).copied().unwrap_or(' ');
        // A silent letter at the beginning leaves the next one the first.
        let first = letters[..at].iter().all(|letter| *letter == 'h');
        digits.push_str(match letter {
            'h' => "",
            'a' | 'e' | 'i' | 'j' | 'o' | 'u' | 'y' => "0",
            'b' => "1",
            'p' if after == 'h' => "3",
            'p' => "1",
            'd' | 't' if "csz".contains(after) => "8",
            'd' | 't' => "2",
            'f' | 'v' | 'w' => "3",
            'g' | 'k' | 'q' => "4",
            'c' if first && "ahkloqrux".contains(after) => "4",
            'c' if first || "sz".contains(before) || !"ahkoqux".contains(after) => "8",
            'c' => "4",
            'x' if "ckq".contains(before) => "8",
            'x' => "48",
            'l' => "5",
            'm' | 'n' => "6",
            'r' => "7",
            _ => "8",
        });
    }
    // Of equal digits in a row one remains; of zeros that which begins.
    let mut digits: Vec<char> = digits.chars().collect();
    digits.dedup();
    let mut place = 0..;
    digits.retain(|digit| place.next() == Some(0) || *digit != '0');
    Some(digits.into_iter().collect::<String>()).filter(|code| !code.is_empty())
}

#[test]
fn names_of_the_literature_sound_as_they_do() {
    for (name, code) in [
        ("wikipedia", "3412"),
        ("breschnew", "17863"),
        ("muller", "657"),
        ("ludenscheidt", "52682"),
        ("heinzclassen", "068586"),
        ("maier", "67"),
        ("phonetik", "3624"),
    ] {
        assert_eq!(of(name).as_deref(), Some(code), "{name}");
    }
}
