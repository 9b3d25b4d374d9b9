//! Questions as text: what is written here is read as the same question. `[TEXT-8.1]`

use alloc::string::String;
use core::fmt::{self, Write};

use super::scan::bare;
use super::term::{NamePart, Operator, Term, What, flag_name};
use super::{MAX_DEPTH, Node, Question};
use crate::search::text::Span;

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        node(&self.0, 0, f)
    }
}

/// What somebody asks says something about a patient: it is not printed by accident.
impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Question({} terms)", self.0.terms())
    }
}

impl fmt::Debug for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Term({}: ..)", self.field.name)
    }
}

fn node(of: &Node, depth: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (parts, join) = match of {
        _ if depth > MAX_DEPTH => return f.write_str("(..)"),
        Node::Term(term) => return write!(f, "{term}"),
        Node::Not(inner) => {
            f.write_str("not ")?;
            return within(inner, !matches!(**inner, Node::Term(_)), depth, f);
        }
        Node::All(parts) => (parts, " and "),
        Node::Any(parts) => (parts, " or "),
    };
    for (number, part) in parts.iter().enumerate() {
        if number > 0 {
            f.write_str(join)?;
        }
        within(part, matches!((of, part), (Node::All(_), Node::Any(_))), depth, f)?;
    }
    Ok(())
}

fn within(of: &Node, parentheses: bool, depth: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if !parentheses {
        return node(of, depth + 1, f);
    }
    f.write_char('(')?;
    node(of, depth + 1, f)?;
    f.write_char(')')
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = self.field.name;
        let of_system = |system: &Option<String>, code: &str| match system {
            Some(system) => [system, "|", code].concat(),
            None if code.contains('|') => ["|", code].concat(),
            None => code.into(),
        };
        let asked = |of: &str| of_system(&None, of);
        match &self.what {
            What::Code { system, code } => write!(f, "{field}:{}", Exact(&of_system(system, code))),
            What::System(system) => write!(f, "{field}:{}", Exact(&of_system(&Some(system.clone()), ""))),
            What::Under { system, code } => write!(f, "under:{}", Exact(&of_system(system, code))),
            What::Identifier { system, value } => write!(f, "{field}:{}", Exact(&of_system(system, value))),
            What::Type(word) | What::Status(word) | What::Reference(word) => {
                write!(f, "{field}:{}", Exact(word))
            }
            What::Name { name, how, .. } => {
                let operator = if *how == NamePart::Sound { '~' } else { ':' };
                write!(f, "{field}{operator}{}", Words(name))?;
                if *how == NamePart::Start { f.write_char('*') } else { Ok(()) }
            }
            What::Date(span) => dated(field, *span, f),
            What::Number { of, operator, number, unit } => {
                write!(f, "{field}({}){}", Exact(&asked(of)), operator.sign())?;
                numbered(*number, *operator == Operator::Is && unit.is_empty(), f)?;
                if unit.is_empty() { Ok(()) } else { write!(f, " {}", Exact(unit)) }
            }
            What::Digits { of, digits } => write!(f, "{field}({}):{digits}", Exact(&asked(of))),
            What::Answer { of, code } => write!(f, "{field}({}):{}", Exact(&asked(of)), Quoted(code)),
            What::Flag { of, flag } => write!(f, "{field}({}):{}", Exact(&asked(of)), flag_name(*flag)),
            What::Text { text, phrase: true, .. } => write!(f, "{field}:{}", Quoted(text)),
            What::Text { text, .. } => write!(f, "{field}:{}", Words(text)),
        }
    }
}

impl Operator {
    fn sign(self) -> &'static str {
        match self {
            Self::Is => ":",
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Sounds => "~",
        }
    }
}

fn dated(field: &str, span: Span, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (first, last) = (Span::ALWAYS.first(), Span::ALWAYS.last());
    match (span.first() == first, span.last() == last) {
        (false, true) => write!(f, "{field}>={}", Span::day(span.first()).unwrap_or(span)),
        (true, false) => write!(f, "{field}<={}", Span::day(span.last()).unwrap_or(span)),
        _ => write!(f, "{field}:{span}"),
    }
}

/// A number so that it is read as one, and not as a code in digits.
fn numbered(number: f64, marked: bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let size = number.abs();
    if size >= 1e16 || (size < 1e-5 && size > 0.0) {
        return write!(f, "{number:e}");
    }
    if marked && size.fract() == 0.0 && !number.is_sign_negative() {
        return write!(f, "{number}.0");
    }
    write!(f, "{number}")
}

/// A value in which `*` is itself when it is quoted.
struct Exact<'t>(&'t str);

impl fmt::Display for Exact<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joins = ["and", "or", "not"].iter().any(|word| self.0.eq_ignore_ascii_case(word));
        if !joins && !self.0.is_empty() && self.0.chars().all(bare) {
            return f.write_str(self.0);
        }
        Quoted(self.0).fmt(f)
    }
}

/// In quotes.
struct Quoted<'t>(&'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        escaped(self.0, |c| matches!(c, '"' | '\\'), f)?;
        f.write_char('"')
    }
}

/// Words that are no phrase: without quotes.
struct Words<'t>(&'t str);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escaped(self.0, |c| c.is_whitespace() || matches!(c, '"' | '\\' | '*' | '(' | ')'), f)
    }
}

fn escaped(text: &str, special: impl Fn(char) -> bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for c in text.chars() {
        if special(c) {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    Ok(())
}
