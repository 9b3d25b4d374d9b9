//! Names: exact, by their beginning, by their sound. `[TEXT-7.2]`

use alloc::string::String;
use alloc::vec::Vec;

use super::fold::{self, Unassigned};
use super::terms::Sheet;

/// The parts of a name as they are compared: folded, taken apart at what is no letter.
///
/// # Errors
/// [`Unassigned`].
pub(in crate::search) fn parts(name: &str) -> Result<Vec<String>, Unassigned> {
    Ok(fold::fold(name)?
        .split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .map(Into::into)
        .collect())
}

/// The longest beginning of a part that is indexed, of at most eight letters; `None` of what is shorter than two.
pub(in crate::search) fn start(part: &str) -> Option<String> {
    let start: String = part.chars().take(8).collect();
    (start.chars().count() >= 2).then_some(start)
}

/// How a part of a name sounds; `None` if it has no sound, such as a number.
pub(in crate::search) fn sound(part: &str) -> Option<String> {
    let _ = part;
    None
}

/// What is written for a name: its parts in `name` and in the field itself, their beginnings, their sounds.
pub(super) fn write(field: &str, name: &str, sheet: &mut Sheet) {
    let Ok(parts) = parts(name) else { return sheet.refuse(field) };
    for part in parts {
        sheet.put("name", &part);
        sheet.put(field, &part);
    }
}
