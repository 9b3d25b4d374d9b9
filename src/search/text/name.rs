//! Names: exact, by their beginning, by their sound. `[TEXT-7.2]`

use alloc::string::String;
use alloc::vec::Vec;

use super::field::{self, Field};
use super::fold::{self, Unassigned};
use super::sheet::Sheet;
use super::sound;
use super::words::{MAX_LETTERS, first_letters};

/// Letters of the shortest and of the longest beginning that is written.
const START_LETTERS: core::ops::RangeInclusive<usize> = 2..=8;

const NAME: u8 = field::at("name");
const START: u8 = field::at("name-start");
const SOUND: u8 = field::at("name-sound");

/// The parts of a name as they are compared: folded, taken apart at what is no letter or digit; of each the first 64 characters.
///
/// # Errors
/// [`Unassigned`].
pub(in crate::search) fn parts(name: &str) -> Result<Vec<String>, Unassigned> {
    let folded = fold::fold(name)?;
    let parts = folded.split(|c: char| !fold::is_letter(c)).filter(|part| !part.is_empty());
    Ok(parts.map(|part| first_letters(part, MAX_LETTERS).into()).collect())
}

/// The longest beginning of a part that is indexed, of at most eight letters; `None` of what is shorter than two.
pub(in crate::search) fn start(part: &str) -> Option<String> {
    starts(part).last().map(Into::into)
}

fn starts(part: &str) -> impl Iterator<Item = &str> {
    let ends = part.char_indices().skip(1).map(|(at, _)| at).chain((!part.is_empty()).then_some(part.len()));
    let count = START_LETTERS.end() - START_LETTERS.start() + 1;
    ends.skip(START_LETTERS.start() - 1).take(count).filter_map(|end| part.get(..end))
}

/// How a part of a name sounds, in the code of Cologne; `None` if it has no sound, such as a number, or another script than the Latin.
pub(in crate::search) fn sound(part: &str) -> Option<String> {
    sound::cologne(part)
}

/// What is written for a name: its parts in `name` and in the field itself, their beginnings, their sounds.
pub(super) fn write(field: &Field, name: &str, sheet: &mut Sheet) {
    let own = field.rooms.own.filter(|own| *own != NAME);
    let Ok(parts) = parts(name) else {
        return [NAME, START, SOUND].into_iter().chain(own).for_each(|room| sheet.refuse(room));
    };
    for part in &parts {
        sheet.put(NAME, part);
        own.iter().for_each(|own| sheet.put(*own, part));
        starts(part).for_each(|start| sheet.put(START, start));
        sound(part).iter().for_each(|sound| sheet.put(SOUND, sound));
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn parts_are_folded_and_cut_at_what_is_no_letter() {
        assert_eq!(parts("Dr. Anna-Maria  MÜLLER").unwrap(), ["dr", "anna", "maria", "muller"]);
        assert_eq!(parts("O’Brien").unwrap(), ["o", "brien"]);
        assert_eq!(parts("Muñoz321").unwrap(), ["munoz321"]);
        assert_eq!(parts("山田 太郎").unwrap(), ["山田", "太郎"]);
        assert_eq!(parts("अनिल").unwrap(), ["अनिल"]);
        assert_eq!(parts(" - ").unwrap(), Vec::<String>::new());
        assert_eq!(parts(&"x".repeat(100)).unwrap(), ["x".repeat(64)]);
        assert!(parts("a\u{378}").is_err());
    }

    #[test]
    fn beginnings_have_two_to_eight_letters() {
        let all = |part| starts(part).collect::<Vec<_>>();
        assert_eq!(all("mul"), ["mu", "mul"]);
        assert_eq!(all("m"), Vec::<&str>::new());
        assert_eq!(all(""), Vec::<&str>::new());
        assert_eq!(all("øystein"), vec!["øy", "øys", "øyst", "øyste", "øystei", "øystein"]);
        assert_eq!(all("vandermeulen").len(), 7);
        assert_eq!(start("vandermeulen").as_deref(), Some("vanderme"));
        assert_eq!(start("li").as_deref(), Some("li"));
        assert_eq!(start("x"), None);
    }

    #[test]
    fn what_sounds_alike_has_one_sound() {
        for (first, second) in [
            ("meier", "mayr"),
            ("schmidt", "smith"),
            ("philipp", "filip"),
            ("catherine", "katrin"),
            ("muller", "moeller"),
            ("hansen", "hanssen"),
        ] {
            assert_eq!(sound(first), sound(second), "{first} {second}");
            assert!(sound(first).is_some());
        }
        assert_ne!(sound("muller"), sound("schmidt"));
        for none in ["4711", "山田", "иван", "", "h"] {
            assert_eq!(sound(none), None, "{none}");
        }
    }
}
