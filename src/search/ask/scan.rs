//! A question's text, from left to right: words, operators, values. `[TEXT-8.1]`

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::error::{AskError, AskReason};
use super::term::Operator;

/// A value, without its quotes and backslashes.
#[derive(Debug)]
pub(super) struct Value {
    pub(super) text: String,
    pub(super) quoted: bool,
    /// Where the `*` are that have no backslash before them, in `text`.
    pub(super) stars: Vec<usize>,
    /// Where it stands in the question.
    pub(super) at: Range<usize>,
}

/// Words that join terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    And,
    Or,
    Not,
}

/// A place in a question.
#[derive(Debug)]
pub(super) struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

/// Whether a character ends a bare value.
fn ends(c: char) -> bool {
    c.is_whitespace() || c == '(' || c == ')'
}

/// Whether a character stands for itself in a bare value, wherever it stands.
pub(super) fn bare(c: char) -> bool {
    !ends(c) && !matches!(c, '"' | '\\' | '*')
}

/// Whether an operator begins with it.
fn operates(c: char) -> bool {
    matches!(c, ':' | '<' | '>' | '~' | '=' | '!')
}

/// Whether a name of a field may have it.
fn names(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+')
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Stands again where it stood before.
    pub(super) fn back_to(&mut self, at: usize) {
        self.at = at;
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn next(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// What stands here is skipped, if it is this.
    pub(super) fn take(&mut self, c: char) -> bool {
        let taken = self.next() == Some(c);
        if taken {
            self.at += c.len_utf8();
        }
        taken
    }

    /// Skips spaces; what stands behind them.
    pub(super) fn peek(&mut self) -> Option<char> {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
        self.next()
    }

    /// The name of a field, if an operator or, right behind, a parenthesis follows: its place.
    pub(super) fn name(&mut self) -> Option<Range<usize>> {
        let rest = self.rest();
        let length = rest.find(|c| !names(c)).unwrap_or(rest.len());
        let follows = rest.get(length..).and_then(|rest| rest.chars().next());
        // `!` is an operator only before `=`.
        let bang = rest.get(length..).is_some_and(|rest| rest.starts_with('!') && !rest.starts_with("!="));
        let is_name = length > 0 && !bang && follows.is_some_and(operates);
        if !is_name {
            return None;
        }
        self.at += length;
        Some(self.at - length..self.at)
    }

    /// A name with a parenthesis right behind it: its place, and the scanner stands behind the parenthesis.
    pub(super) fn name_of(&mut self, is_field: impl Fn(&str) -> bool) -> Option<Range<usize>> {
        let rest = self.rest();
        let (name, _) = rest.split_once('(')?;
        if name.is_empty() || !name.chars().all(names) || !is_field(name) {
            return None;
        }
        let at = self.at..self.at + name.len();
        self.at = at.end + 1;
        Some(at)
    }

    /// A bare word with an operator in it, where no name stands before that.
    pub(super) fn strays(&self) -> Option<Range<usize>> {
        let mut escaped = false;
        for (at, c) in self.rest().char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                c if ends(c) => return None,
                ':' | '<' | '>' | '~' | '=' => {
                    return Some(self.at..self.at + if at == 0 { c.len_utf8() } else { at });
                }
                _ => {}
            }
        }
        None
    }

    /// The operator that stands here.
    pub(super) fn operator(&mut self) -> Result<Operator, AskError> {
        let rest = self.rest();
        let table = [
            (":", Some(Operator::Is)),
            (">=", Some(Operator::AtLeast)),
            ("<=", Some(Operator::AtMost)),
            (">", Some(Operator::Above)),
            ("<", Some(Operator::Below)),
            ("~", Some(Operator::Sounds)),
            ("=", None),
            ("!=", None),
        ];
        for (sign, operator) in table {
            if rest.starts_with(sign) {
                let at = self.at..self.at + sign.len();
                self.at = at.end;
                return operator.ok_or_else(|| AskError::new(at, AskReason::Equals));
            }
        }
        Err(AskError::new(self.at..self.at, AskReason::NoValue))
    }

    /// `and`, `or`, `not`, if one of them stands here; it is skipped.
    pub(super) fn join(&mut self, wanted: &[Join]) -> Option<Join> {
        self.peek();
        let rest = self.rest();
        let length = rest.find(|c| ends(c) || c == '"').unwrap_or(rest.len());
        let word = rest.get(..length)?;
        let table = [("and", Join::And), ("or", Join::Or), ("not", Join::Not)];
        let (_, join) = table.into_iter().find(|(name, _)| word.eq_ignore_ascii_case(name))?;
        if !wanted.contains(&join) {
            return None;
        }
        self.at += length;
        Some(join)
    }

    /// The value that stands here, bare or in quotes.
    pub(super) fn value(&mut self) -> Result<Value, AskError> {
        let start = self.at;
        let quoted = self.take('"');
        let (mut text, mut stars) = (String::new(), Vec::new());
        loop {
            let here = self.at;
            match self.next() {
                None if quoted => return Err(AskError::new(start..here, AskReason::UnclosedQuotes)),
                None => break,
                Some('"') if quoted => {
                    self.at += 1;
                    if let Some(c) = self.next().filter(|c| !ends(*c)) {
                        return Err(AskError::new(self.at..self.at + c.len_utf8(), AskReason::AfterQuotes));
                    }
                    break;
                }
                Some(c) if !quoted && ends(c) => break,
                Some('\\') => {
                    self.at += 1;
                    let next = self.next();
                    let c = next.ok_or_else(|| AskError::new(here..self.at, AskReason::Backslash))?;
                    self.put(c, &mut text)?;
                }
                Some(c) => {
                    if c == '*' {
                        stars.push(text.len());
                    }
                    self.put(c, &mut text)?;
                }
            }
        }
        if text.trim().is_empty() {
            return Err(AskError::new(start..self.at, AskReason::NoValue));
        }
        Ok(Value { text, quoted, stars, at: start..self.at })
    }

    fn put(&mut self, c: char, text: &mut String) -> Result<(), AskError> {
        let at = self.at..self.at + c.len_utf8();
        self.at = at.end;
        if c.is_control() {
            return Err(AskError::new(at, AskReason::Control));
        }
        text.push(c);
        Ok(())
    }
}
