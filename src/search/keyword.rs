//! Keywords: canonical bytes, the same on both sides. `[SRCH-2]`

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use unicode_normalization::is_nfc;
use zeroize::Zeroize;

use super::error::KeywordError;

/// Longest name of a field, in bytes.
pub const MAX_FIELD_BYTES: usize = 64;
/// Longest value of a keyword, in bytes.
pub const MAX_VALUE_BYTES: usize = 512;
/// What stands between field and value: a field has no such byte.
const SEPARATOR: u8 = 0x1f;
/// The version of this form.
const VERSION: u8 = 1;

/// What is looked for: a field and a value, as canonical bytes. `[SRCH-2.1]`
///
/// The index compares keywords byte by byte. Whoever makes them out of records makes them the same way as whoever makes them out of
/// a question: that is what the pipeline version in the [`Context`](super::Context) is for.
///
/// ```
/// # use hippocrypt::search::Keyword;
/// let keyword = Keyword::new("code", "http://loinc.org|4548-4")?;
/// assert_eq!((keyword.field(), keyword.value()), ("code", "http://loinc.org|4548-4"));
/// assert!(Keyword::new("code", "").is_err());
/// # Ok::<(), hippocrypt::search::KeywordError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Keyword(Box<[u8]>);

impl Keyword {
    /// The keyword of a field and a value.
    ///
    /// A field is 1 to 64 of a-z, 0-9, `-` and `+` (which joins the fields of a composite), and does not begin with `-` or `+`. A value is 1 to 512 bytes of text
    /// in normalization form C without control characters.
    ///
    /// # Errors
    /// [`KeywordError`] says what is wrong with it. A field that begins with `_` is reserved.
    pub fn new(field: &str, value: &str) -> Result<Self, KeywordError> {
        if field.starts_with('_') {
            return Err(KeywordError::Reserved);
        }
        let fits = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-' || c == b'+';
        let begins = field.bytes().next().is_some_and(|c| c != b'-' && c != b'+');
        if !begins || field.len() > MAX_FIELD_BYTES || !field.bytes().all(fits) {
            return Err(KeywordError::Field);
        }
        if value.is_empty() {
            return Err(KeywordError::Empty);
        }
        if value.len() > MAX_VALUE_BYTES {
            return Err(KeywordError::TooLong { bytes: value.len() });
        }
        if value.chars().any(char::is_control) {
            return Err(KeywordError::Control);
        }
        if !value.is_ascii() && !is_nfc(value) {
            return Err(KeywordError::NotNormalized);
        }
        let mut bytes = Vec::with_capacity(2 + field.len() + value.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(field.as_bytes());
        bytes.push(SEPARATOR);
        bytes.extend_from_slice(value.as_bytes());
        Ok(Self(bytes.into()))
    }

    /// Decodes a keyword.
    ///
    /// # Errors
    /// [`KeywordError`], as [`Keyword::new`]; [`KeywordError::Field`] if the bytes have another form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeywordError> {
        let (&version, rest) = bytes.split_first().ok_or(KeywordError::Field)?;
        let mut parts = rest.splitn(2, |byte| *byte == SEPARATOR);
        let (Some(field), Some(value)) = (parts.next(), parts.next()) else {
            return Err(KeywordError::Field);
        };
        match (core::str::from_utf8(field), core::str::from_utf8(value)) {
            (Ok(field), Ok(value)) if version == VERSION => Self::new(field, value),
            _ => Err(KeywordError::Field),
        }
    }

    /// The bytes: version, field, 0x1f, value.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The field.
    pub fn field(&self) -> &str {
        self.part(0)
    }

    /// The value.
    pub fn value(&self) -> &str {
        self.part(1)
    }

    fn part(&self, number: usize) -> &str {
        let parts = self.0.get(1..).unwrap_or_default();
        let part = parts.splitn(2, |byte| *byte == SEPARATOR).nth(number).unwrap_or_default();
        core::str::from_utf8(part).unwrap_or_default()
    }
}

// What somebody looks for says something about a patient: it is wiped, and not printed.
impl Drop for Keyword {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Keyword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyword({}: ..)", self.field())
    }
}
