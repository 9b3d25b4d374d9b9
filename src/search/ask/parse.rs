//! The grammar of questions. `[TEXT-8.1]`
//!
//! ```text
//! question = all { "or" all }
//! all      = one { ["and"] one }
//! one      = { "not" } ( "(" question ")" | term )
//! term     = field operator value | "value(" code ")" operator value [unit] | word
//! ```

use alloc::vec::Vec;
use core::ops::Range;

use super::error::{AskError, AskReason};
use super::scan::{Join, Scanner, Value};
use super::term::{self, Operator, Term, What};
use super::{MAX_DEPTH, MAX_TERMS, MAX_TEXT_BYTES, Node};
use crate::error::did_you_mean;
use crate::search::text::sheet::CUT;
use crate::search::text::{FIELDS, Field, Kind, Language, named};

/// Reads a question.
pub(super) fn parse(text: &str, language: Language) -> Result<Node, AskError> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(AskError::new(0..0, AskReason::TooLong { bytes: text.len() }));
    }
    let mut parser = Parser { text, scanner: Scanner::new(text), language, terms: 0 };
    if parser.scanner.peek().is_none() {
        return Err(AskError::new(0..0, AskReason::Empty));
    }
    let node = parser.question(0)?;
    match parser.scanner.peek() {
        None => Ok(node),
        // All else would have been the next term.
        Some(_) => Err(parser.here(AskReason::Unopened)),
    }
}

struct Parser<'t> {
    text: &'t str,
    scanner: Scanner<'t>,
    language: Language,
    terms: usize,
}

impl Parser<'_> {
    /// An error about the character that stands here.
    fn here(&mut self, reason: AskReason) -> AskError {
        let length = self.scanner.peek().map_or(0, char::len_utf8);
        AskError::new(self.scanner.at()..self.scanner.at() + length, reason)
    }

    fn question(&mut self, depth: usize) -> Result<Node, AskError> {
        let mut all = self.all(depth)?;
        while self.scanner.join(&[Join::Or]).is_some() {
            all = all.or(self.all(depth)?);
        }
        Ok(all)
    }

    fn all(&mut self, depth: usize) -> Result<Node, AskError> {
        let mut all = self.one(depth)?;
        loop {
            let joined = self.scanner.join(&[Join::And]).is_some();
            if !joined {
                if matches!(self.scanner.peek(), None | Some(')')) {
                    return Ok(all);
                }
                let before = self.scanner.at();
                if self.scanner.join(&[Join::Or]).is_some() {
                    self.scanner.back_to(before);
                    return Ok(all);
                }
            }
            all = all.and(self.one(depth)?);
        }
    }

    fn one(&mut self, depth: usize) -> Result<Node, AskError> {
        let mut negated = false;
        while self.scanner.join(&[Join::Not]).is_some() {
            negated = !negated;
        }
        let node = match self.scanner.peek() {
            None | Some(')') => return Err(self.here(AskReason::NoTerm)),
            Some('(') if depth == MAX_DEPTH => return Err(self.here(AskReason::TooDeep)),
            Some('(') => {
                let open = self.scanner.at();
                self.scanner.take('(');
                let node = self.question(depth + 1)?;
                self.scanner.peek();
                if !self.scanner.take(')') {
                    return Err(AskError::new(open..open + 1, AskReason::Unclosed));
                }
                node
            }
            Some(_) => {
                let before = self.scanner.at();
                if self.scanner.join(&[Join::And, Join::Or]).is_some() {
                    return Err(AskError::new(before..self.scanner.at(), AskReason::NoTerm));
                }
                self.term()?
            }
        };
        Ok(if negated { node.negated() } else { node })
    }

    /// A term; a word without a field is one of two.
    fn term(&mut self) -> Result<Node, AskError> {
        let start = self.scanner.at();
        let node = if let Some(name) = self.scanner.name_of(is_field) {
            let field = self.field(&name)?;
            self.answer(field, name)?
        } else if let Some(name) = self.scanner.name() {
            let field = self.field(&name)?;
            self.compared(field, name)?
        } else if let Some(at) = self.scanner.strays() {
            return Err(AskError::new(at, AskReason::UnknownField { near: None }));
        } else {
            let value = self.scanner.value()?;
            let place = |reason| AskError::new(value.at.clone(), reason);
            let words = |field| match named(field) {
                Some(field) => term::read(field, Operator::Is, &value, self.language).map_err(place),
                None => Err(place(AskReason::Impossible)),
            };
            Node::Term(words("text")?).or(Node::Term(words("note")?))
        };
        let node = node.placed(start..self.scanner.at());
        self.terms += node.terms();
        if self.terms > MAX_TERMS {
            return Err(AskError::new(start..self.scanner.at(), AskReason::TooManyTerms));
        }
        Ok(node)
    }

    fn field(&self, at: &Range<usize>) -> Result<&'static Field, AskError> {
        let name = self.text.get(at.clone()).unwrap_or_default().to_ascii_lowercase();
        let reason = match named(&name) {
            Some(field) => return Ok(field),
            None if name.starts_with('_') || name == CUT => AskReason::Reserved,
            None if name.contains('+') => AskReason::Composite,
            None => {
                let names = FIELDS.iter().map(|field| field.name.into());
                let near = did_you_mean(&name, names);
                AskReason::UnknownField { near: near.and_then(|near| named(&near)).map(|field| field.name) }
            }
        };
        Err(AskError::new(at.clone(), reason))
    }

    /// What follows the name of a field.
    fn compared(&mut self, field: &'static Field, name: Range<usize>) -> Result<Node, AskError> {
        let at = self.scanner.at();
        let operator = self.scanner.operator()?;
        let sign = at..self.scanner.at();
        if field.kind == Kind::Answer {
            return Err(AskError::new(name, AskReason::OfWhichCode));
        }
        let ordered = !matches!(operator, Operator::Is | Operator::Sounds);
        let fits = match field.kind {
            Kind::Date => operator != Operator::Sounds,
            Kind::Name => !ordered,
            _ => operator == Operator::Is,
        };
        if !fits {
            return Err(AskError::new(sign, AskReason::Operator { field: field.name, kind: field.kind }));
        }
        let value = self.scanner.value()?;
        let read = term::read(field, operator, &value, self.language);
        read.map(Node::Term).map_err(|reason| AskError::new(value.at, reason))
    }

    /// What follows `value(`.
    fn answer(&mut self, field: &'static Field, name: Range<usize>) -> Result<Node, AskError> {
        if field.kind != Kind::Answer {
            return Err(AskError::new(name, AskReason::NoCodes { field: field.name }));
        }
        if self.scanner.peek() == Some(')') {
            return Err(AskError::new(name, AskReason::OfWhichCode));
        }
        let of = self.scanner.value()?;
        self.scanner.peek();
        if !self.scanner.take(')') {
            return Err(AskError::new(name.end..name.end + 1, AskReason::Unclosed));
        }
        let at = self.scanner.at();
        let operator = self.scanner.operator()?;
        if operator == Operator::Sounds {
            let reason = AskReason::Operator { field: field.name, kind: field.kind };
            return Err(AskError::new(at..self.scanner.at(), reason));
        }
        let code = term::of_code(&of.text).map_err(|reason| AskError::new(of.at, reason))?;
        let value = self.scanner.value()?;
        let place = |reason| AskError::new(value.at.clone(), reason);
        let mut what = term::answer(code, operator, &value).map_err(place)?;
        if let What::Number { unit, .. } = &mut what
            && unit.is_empty()
            && let Some(follows) = self.unit()?
        {
            *unit = term::unit(&follows.text);
        } else if let What::Digits { .. } = &what
            && let Some(follows) = self.unit()?
        {
            what = what.with_unit(&follows.text);
        }
        Term::new(field, what).map(Node::Term).map_err(place)
    }

    /// The word that follows a number, unless a term or the end does.
    fn unit(&mut self) -> Result<Option<Value>, AskError> {
        let before = self.scanner.at();
        let is_word = !matches!(self.scanner.peek(), None | Some('(' | ')'));
        let stands = is_word && {
            let at = self.scanner.at();
            let joins = self.scanner.join(&[Join::And, Join::Or, Join::Not]).is_some();
            let names = self.scanner.name().is_some() || self.scanner.name_of(is_field).is_some();
            self.scanner.back_to(at);
            !joins && !names
        };
        if stands {
            return self.scanner.value().map(Some);
        }
        self.scanner.back_to(before);
        Ok(None)
    }
}

fn is_field(name: &str) -> bool {
    named(&name.to_ascii_lowercase()).is_some()
}

impl Node {
    /// All terms have the same place.
    fn placed(mut self, at: Range<usize>) -> Self {
        let mut rest: Vec<&mut Node> = alloc::vec![&mut self];
        while let Some(node) = rest.pop() {
            match node {
                Node::Term(term) => term.at = at.clone().into(),
                Node::All(parts) | Node::Any(parts) => rest.extend(parts),
                Node::Not(inner) => rest.push(inner),
            }
        }
        self
    }
}
