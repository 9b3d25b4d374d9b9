//! Whether a question is true of a record. `[TEXT-8.2]`

use alloc::string::String;
use alloc::vec::Vec;

use super::term::{NamePart, Operator, Term, What};
use super::{MAX_DEPTH, Node, Question};
use crate::search::text::words::{self, Word};
use crate::search::text::{Amount, Terms, Value, code, name, number};

/// Letters of a code that its beginning has, at least.
const SHORTEST_PREFIX: usize = 3;

impl Question {
    /// Whether it is true of a record; `None` if what the record says does not tell, and the record is to be shown. `[TEXT-8.2]`
    ///
    /// What stands above a code by a table, a record does not say: `under:..` is true or not told.
    pub fn holds(&self, terms: &Terms<'_>) -> Option<bool> {
        holds(&self.0, terms, 0)
    }
}

fn holds(node: &Node, terms: &Terms<'_>, depth: usize) -> Option<bool> {
    match node {
        _ if depth > MAX_DEPTH => None,
        Node::Term(term) => of_term(term, terms),
        Node::Not(inner) => holds(inner, terms, depth + 1).map(|so| !so),
        Node::All(parts) => join(parts, terms, depth, false),
        Node::Any(parts) => join(parts, terms, depth, true),
    }
}

/// Of one that is `decisive`, the others do not matter.
fn join(parts: &[Node], terms: &Terms<'_>, depth: usize, decisive: bool) -> Option<bool> {
    let mut told = Some(!decisive);
    for part in parts {
        match holds(part, terms, depth + 1) {
            Some(so) if so == decisive => return Some(decisive),
            Some(_) => {}
            None => told = None,
        }
    }
    told
}

/// One that is true is enough; if there is none, one that is not told leaves all of them so.
fn some(each: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut told = Some(false);
    for one in each {
        match one {
            Some(true) => return one,
            Some(false) => {}
            None => told = None,
        }
    }
    told
}

fn of_term(term: &Term, terms: &Terms<'_>) -> Option<bool> {
    let field = term.field.name;
    let values = || terms.of(field);
    let any = |is: &dyn Fn(&Value<'_>) -> bool| Some(values().any(is));
    match &term.what {
        What::Code { system, code } => any(&|value| is_code(value, system.as_deref(), code)),
        What::System(system) => any(&|value| {
            let Value::Code { system: Some(of), code } = value else { return false };
            code::folded(of) == *system && !code::folded(code).is_empty()
        }),
        What::Under { system, code } => {
            let is = is_under(terms, system.as_deref(), code);
            if is { Some(true) } else { None }
        }
        What::Type(name) => any(&|value| matches!(value, Value::Status(word) if code::folded(word) == *name)),
        What::Status(word) => any(&|value| matches!(value, Value::Status(of) if code::status(of) == *word)),
        What::Identifier { system, value } => any(&|of| {
            let Value::Identifier { system: by, value: of } = of else { return false };
            let by = by.as_deref().map(code::folded);
            code::identifier(of) == *value && (system.is_none() || by == *system)
        }),
        What::Name { parts, how, .. } => is_named(terms, field, parts, *how),
        What::Date(asked) => any(&|value| matches!(value, Value::Date(span) if span.touches(*asked))),
        What::Number { of, operator, number, unit } => {
            let asked = operator.amount(*number)?;
            any(&|value| is_number(value, of, asked, unit))
        }
        What::Digits { of, digits } => {
            let asked = Operator::Is.amount(digits.parse().ok()?)?;
            any(&|value| is_number(value, of, asked, "") || is_answer(value, of, digits))
        }
        What::Answer { of, code } => any(&|value| is_answer(value, of, code)),
        What::Flag { of, flag } => any(
            &|value| matches!(value, Value::Flag { of: by, flag: is } if code::folded(by) == *of && is == flag),
        ),
        What::Text { words, phrase, .. } => some(values().map(|value| is_text(value, words, *phrase))),
        What::Reference(to) => {
            any(&|value| matches!(value, Value::Reference(of) if code::reference(of) == *to))
        }
    }
}

fn is_code(value: &Value<'_>, system: Option<&str>, asked: &str) -> bool {
    let Value::Code { system: of, code } = value else { return false };
    let by_system = || of.as_deref().map(code::folded).as_deref() == system;
    code::folded(code) == asked && (system.is_none() || by_system())
}

/// By its prefixes, or by what a table has added to what the record says.
fn is_under(terms: &Terms<'_>, system: Option<&str>, asked: &str) -> bool {
    let undotted = code::undotted(asked);
    let by_system = |of: Option<&str>| system.is_none() || of.map(code::folded).as_deref() == system;
    let by_prefix = |value: &Value<'_>| {
        let Value::Code { system: Some(of), code } = value else { return false };
        let code = code::undotted(code);
        let begins = |start: &str| start.chars().count() >= SHORTEST_PREFIX && code.starts_with(start);
        code::has_prefixes(&code::folded(of)) && by_system(Some(of)) && (begins(&undotted) || begins(asked))
    };
    let by_table = |value: &Value<'_>| {
        let Value::Code { system: of, code } = value else { return false };
        let code = code::folded(code);
        by_system(of.as_deref()) && (code == asked || code == undotted)
    };
    terms.of("code").any(by_prefix) || terms.of("under").any(by_table)
}

fn is_named(terms: &Terms<'_>, field: &str, asked: &[String], how: NamePart) -> Option<bool> {
    let fields: &[&str] = if field == "name" { &["name", "family", "given"] } else { &[field] };
    let (mut parts, mut told) = (Vec::new(), Some(false));
    for value in fields.iter().flat_map(|field| terms.of(field)) {
        if let Value::Name(name) = value {
            match name::parts(name) {
                Ok(more) => parts.extend(more),
                Err(_) => told = None,
            }
        }
    }
    let last = asked.len().saturating_sub(1);
    let all = asked.iter().enumerate().all(|(number, asked)| match how {
        NamePart::Start if number == last => parts.iter().any(|part| part.starts_with(asked.as_str())),
        NamePart::Sound => {
            let sound = name::sound(asked);
            sound.is_some() && parts.iter().any(|part| name::sound(part) == sound)
        }
        _ => parts.contains(asked),
    });
    if all { Some(true) } else { told }
}

fn is_number(value: &Value<'_>, of: &str, asked: Amount, unit: &str) -> bool {
    let Value::Number { of: by, amount, unit: is } = value else { return false };
    code::folded(by) == of && number::unit(is) == unit && amount.touches(asked)
}

fn is_answer(value: &Value<'_>, of: &str, asked: &str) -> bool {
    let Value::Answer { of: by, code } = value else { return false };
    code::folded(by) == of && code::folded(code) == asked
}

fn is_text(value: &Value<'_>, asked: &[Word], phrase: bool) -> Option<bool> {
    let Value::Text { text, language } = value else { return Some(false) };
    let words = words::words(text, *language).ok()?;
    let same =
        |is: &Word, asked: &Word| is.word == asked.word || (is.stem.is_some() && is.stem == asked.stem);
    Some(match phrase {
        true => {
            words.windows(asked.len()).any(|run| run.iter().zip(asked).all(|(is, asked)| same(is, asked)))
        }
        false => asked.iter().all(|asked| words.iter().any(|is| same(is, asked))),
    })
}
