//! The questions, as somebody types them, and what they mean.

mod codes;
mod joined;
mod people;
mod results;
mod texts;
mod times;

use crate::expression::Means;

/// A question.
pub struct Question {
    /// The kind of field that it asks for.
    pub kind: &'static str,
    /// What somebody types.
    pub text: &'static str,
    /// What it means.
    pub means: Means,
}

/// Questions of one kind.
type Rows = Vec<(&'static str, Means)>;

/// All questions.
pub fn all() -> Vec<Question> {
    let kinds: [(&'static str, Rows); 15] = [
        ("code", codes::codes()),
        ("code above", codes::above()),
        ("other codes", codes::others()),
        ("type", codes::types()),
        ("status", codes::states()),
        ("identifier", people::identifiers()),
        ("name", people::names()),
        ("sound of a name", people::sounds()),
        ("date", times::days()),
        ("other dates", times::others()),
        ("amount", results::amounts()),
        ("answer and flag", results::answers()),
        ("text", texts::words()),
        ("reference", texts::references()),
        ("several joined", joined::joined()),
    ];
    let of = |(kind, rows): (&'static str, Rows)| {
        rows.into_iter().map(move |(text, means)| Question { kind, text, means })
    };
    kinds.into_iter().flat_map(of).collect()
}
