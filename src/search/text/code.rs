//! Codes, identifiers and references: exact, in one spelling. `[TEXT-4]`

use alloc::borrow::Cow;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use unicode_normalization::UnicodeNormalization;

use super::terms::{Sheet, Terms, Value};

/// Levels of a hierarchical code below which its prefixes are not indexed.
const SHORTEST_PREFIX: usize = 3;

/// A code as it is compared: trimmed, in normalization form C.
pub(in crate::search) fn folded(code: &str) -> String {
    code.trim().nfc().collect()
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
    folded(word).to_lowercase()
}

/// What is written for a code in a field: with its system, without it, and in the field `code` its system and what stands above it.
pub(super) fn write(field: &str, system: Option<&str>, code: &str, sheet: &mut Sheet) {
    if folded(code).is_empty() {
        return;
    }
    if field == "under" {
        return sheet.put("under", &bare(code));
    }
    sheet.put(field, &bare(code));
    if field == "category" {
        return;
    }
    if let Some(system) = system.filter(|system| !system.trim().is_empty()) {
        let system = folded(system);
        sheet.put(field, &format!("{system}{}", bare(code)));
        if field == "code" {
            sheet.put("code-system", &system);
            prefixes(&system, code).for_each(|prefix| sheet.put("under", &bare(&prefix)));
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

/// A code of a hierarchy by prefixes as it is compared: upper case, without dots.
pub(in crate::search) fn undotted(code: &str) -> String {
    folded(code).to_uppercase().replace('.', "")
}

/// What is written for an identifier.
pub(super) fn write_identifier(field: &str, system: Option<&str>, value: &str, sheet: &mut Sheet) {
    let value = identifier(value);
    if value.is_empty() {
        return;
    }
    sheet.put(field, &format!("|{value}"));
    if let Some(system) = system.filter(|system| !system.trim().is_empty()) {
        sheet.put(field, &format!("{}|{value}", folded(system)));
    }
}

/// An identifier as it is compared: upper case, letters and digits alone.
pub(in crate::search) fn identifier(value: &str) -> String {
    let letters = value.nfkc().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_uppercase).collect()
}

/// What is written for a reference.
pub(super) fn write_reference(field: &str, to: &str, sheet: &mut Sheet) {
    let to = reference(to);
    if !to.is_empty() {
        sheet.put(field, &to);
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
