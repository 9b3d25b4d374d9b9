//! Which text may stand without quotes, and how everything else is quoted. (SPEC `[POL-4]`)

use core::fmt::{self, Write as _};

use unicode_normalization::char::is_combining_mark;

/// Words of the language; as a name or value they must be quoted.
const KEYWORDS: [&str; 5] = ["and", "or", "not", "of", "in"];

/// Characters of unquoted words: letters and digits of every script, and `-` `_` `.` `@`.
pub(crate) fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '@') || is_combining_mark(c)
}

/// The keyword that `word` is, in whatever case.
pub(crate) fn keyword(word: &str) -> Option<&'static str> {
    KEYWORDS.into_iter().find(|keyword| keyword.eq_ignore_ascii_case(word))
}

pub(crate) fn is_digits(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether `text` can stand as a value without quotes.
fn is_plain(text: &str) -> bool {
    text.chars().all(is_word_char)
        && !text.starts_with(is_combining_mark)
        && !text.is_empty()
        && keyword(text).is_none()
}

/// Writes a name or namespace. One of digits alone is quoted: it would look like the `2` of `2 of`.
pub(crate) fn write_name(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    if is_digits(name) { write_quoted(f, name) } else { write_value(f, name) }
}

/// Writes a value, in quotes where it needs them.
pub(crate) fn write_value(f: &mut fmt::Formatter<'_>, value: &str) -> fmt::Result {
    if is_plain(value) { f.write_str(value) } else { write_quoted(f, value) }
}

/// What could make a printed policy look like another one is escaped: control characters, and the
/// invisible ones that reorder or join text.
pub(crate) fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(f, "\\{c}")?,
            c if is_deceptive(c) => write!(f, "{}", c.escape_unicode())?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}
