//! Codes, identifiers and references: exact, in one spelling. `[TEXT-4]`

use alloc::borrow::Cow;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use unicode_normalization::UnicodeNormalization;

use super::case;
use super::field::{self, Field};
use super::fold;
use super::sheet::Sheet;
use super::terms::{Terms, Value};

const UNDER: u8 = field::at("under");
const CODE_SYSTEM: u8 = field::at("code-system");

/// Levels of a hierarchical code below which its prefixes are not indexed.
const SHORTEST_PREFIX: usize = 3;

/// A code as it is compared: trimmed, in normalization form C.
pub(in crate::search) fn folded(code: &str) -> String {
    let code = code.trim();
    if code.is_ascii() { code.into() } else { code.nfc().collect() }
}

/// A code of any system: a bar, and the code.
pub(in crate::search) fn bare(code: &str) -> String {
    format!("|{}", folded(code))
}

/// The value of a composite keyword: two values and a space between them. Spaces and backslashes of the first have a backslash before them, so that no
/// two pairs are written alike.
pub(in crate::search) fn pair(first: &str, second: &str) -> String {
    if first.contains([' ', '\\']) {
        return format!("{} {second}", first.replace('\\', "\\\\").replace(' ', "\\ "));
    }
    format!("{first} {second}")
}

/// A word of a field of kind status as it is compared.
pub(in crate::search) fn status(word: &str) -> String {
    let cased = folded(word);
    if cased.is_ascii() {
        return cased.to_ascii_lowercase();
    }
    let letters = cased.chars().map(case::folded).flat_map(|(first, second)| [Some(first), second]);
    letters.flatten().nfc().collect()
}

/// What is written for a code in a field: with its system, without it, and in the field `code` its system and what stands above it.
pub(super) fn write(field: &Field, system: Option<&str>, code: &str, sheet: &mut Sheet) {
    let Some(room) = field.rooms.own else { return };
    let bare = bare(code);
    if bare.len() == 1 {
        return;
    }
    sheet.put(room, &bare);
    if matches!(field.name, "category" | "under") {
        return;
    }
    if let Some(system) = system.map(folded).filter(|system| !system.is_empty()) {
        sheet.put(room, &format!("{system}{bare}"));
        if field.name == "code" {
            sheet.put(CODE_SYSTEM, &system);
            prefixes(&system, code).for_each(|prefix| sheet.put(UNDER, &format!("|{prefix}")));
        }
    }
}

/// Whether a system's codes are prefixes of the codes below them: ICD-10 in its editions, and ATC.
pub(in crate::search) fn has_prefixes(system: &str) -> bool {
    system.contains("/icd-10") || system.ends_with("/atc")
}

/// The prefixes of a code, from the shortest on up to itself, if its system has such; without the dot of ICD-10.
fn prefixes(system: &str, code: &str) -> impl Iterator<Item = String> {
    let code: Vec<char> = if has_prefixes(system) { undotted(code).chars().collect() } else { Vec::new() };
    let lengths = SHORTEST_PREFIX..=code.len();
    lengths.filter_map(move |length| code.get(..length).map(|prefix| prefix.iter().collect()))
}

/// A code of a hierarchy by prefixes as it is compared: upper case (of ASCII, as these codes are), without dots.
pub(in crate::search) fn undotted(code: &str) -> String {
    folded(code).to_ascii_uppercase().replace('.', "")
}

/// What is written for an identifier.
pub(super) fn write_identifier(field: &Field, system: Option<&str>, value: &str, sheet: &mut Sheet) {
    let (Some(room), value) = (field.rooms.own, identifier(value)) else { return };
    if value.is_empty() {
        return;
    }
    sheet.put(room, &format!("|{value}"));
    if let Some(system) = system.map(folded).filter(|system| !system.is_empty()) {
        sheet.put(room, &format!("{system}|{value}"));
    }
}

/// An identifier as it is compared: letters and digits alone, upper case (of letters beyond ASCII the folded case, which later versions of Unicode keep).
pub(in crate::search) fn identifier(value: &str) -> String {
    if value.is_ascii() {
        let letters = value.bytes().filter(u8::is_ascii_alphanumeric);
        return letters.map(|byte| char::from(byte.to_ascii_uppercase())).collect();
    }
    // A character that is not assigned is none of these; it goes first, since a later version may decompose it.
    let known = value.chars().filter(|c| fold::is_known(*c));
    let letters = known.nfkd().map(case::folded).flat_map(|(first, second)| [Some(first), second]).flatten();
    letters.nfc().filter(|c| fold::is_letter(*c)).map(|c| c.to_ascii_uppercase()).nfc().collect()
}

/// What is written for a reference.
pub(super) fn write_reference(field: &Field, to: &str, sheet: &mut Sheet) {
    let (Some(room), to) = (field.rooms.own, reference(to)) else { return };
    if !to.is_empty() {
        sheet.put(room, &to);
    }
}

/// A reference as it is compared: of a URL its last two parts, `Encounter/4711`; without the version; `urn:uuid:..` as it is.
pub(in crate::search) fn reference(to: &str) -> String {
    let to = folded(to);
    let to = to.split("/_history/").next().unwrap_or_default();
    let mut parts = to.rsplit('/');
    match (parts.next(), parts.next()) {
        (Some(id), Some(kind)) => format!("{kind}/{id}"),
        _ => to.to_string(),
    }
}

/// What stands above what: a table of codes and those above them, such as the hierarchy of SNOMED CT that somebody has a licence for. `[TEXT-4.3]`
#[derive(Debug, Clone, Default)]
pub struct Ancestors(BTreeMap<(String, String), BTreeSet<String>>);

impl Ancestors {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes that a code of a system stands right below another one of it.
    pub fn add(&mut self, system: &str, code: &str, above: &str) {
        self.0.entry((folded(system), folded(code))).or_default().insert(folded(above));
    }

    /// All codes above one, in no order; each once, in circles too.
    pub fn of(&self, system: &str, code: &str) -> Vec<String> {
        let system = folded(system);
        let mut seen = BTreeSet::new();
        let mut rest = alloc::vec![folded(code)];
        while let Some(code) = rest.pop() {
            let above = self.0.get(&(system.clone(), code)).into_iter().flatten();
            rest.extend(above.filter(|above| seen.insert((*above).clone())).cloned());
        }
        seen.into_iter().collect()
    }

    /// Adds to what a record says the codes above its codes, and the codes themselves, in the field `under`.
    pub fn complete(&self, terms: &mut Terms<'_>) {
        let mut above = Vec::new();
        for value in terms.of("code") {
            if let Value::Code { system: Some(system), code } = value {
                let codes = self.of(system, code);
                if !codes.is_empty() || self.is_known(system, code) {
                    above.extend(codes.into_iter().chain([folded(code)]).map(|code| (folded(system), code)));
                }
            }
        }
        for (system, code) in above {
            terms.add("under", Value::Code { system: Some(Cow::Owned(system)), code: Cow::Owned(code) });
        }
    }

    /// Whether a code stands above another one.
    fn is_known(&self, system: &str, code: &str) -> bool {
        let (system, code) = (folded(system), folded(code));
        self.0.iter().any(|((of, _), above)| *of == system && above.contains(&code))
    }
}
