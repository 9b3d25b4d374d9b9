//! Reads JSON token by token, with the place of each in the input.
//!
//! Strict (RFC 8259) and without recursion: nesting costs a few bytes of heap a level, up to a limit. An object that
//! names a member twice is refused wherever it stands: of two readers one would take the first, one the last, and
//! what was labelled would not be what is shown.

#[cfg(test)]
mod tests;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use std::collections::HashSet;

use super::error::{FhirReason, Stop};

/// From this many members on, an object's names are looked up in a table instead of one after the other.
const MANY_MEMBERS: usize = 32;

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `{`
    ObjectStart,
    /// `}`
    ObjectEnd,
    /// `[`
    ArrayStart,
    /// `]`
    ArrayEnd,
    /// The name of a member, and the colon behind it.
    Name(Cow<'a, str>),
    /// A string.
    String(Raw<'a>),
    /// A number, `true`, `false` or `null`.
    Scalar,
}

/// A string as it is written, without its quotation marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Raw<'a>(&'a str);

impl<'a> Raw<'a> {
    /// What the string says. A lone surrogate becomes U+FFFD.
    pub(super) fn text(self) -> Cow<'a, str> {
        if self.0.contains('\\') { Cow::Owned(unescape(self.0)) } else { Cow::Borrowed(self.0) }
    }
}

/// Undoes the escapes of a string that the scanner has passed.
fn unescape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((plain, escape)) = rest.split_once('\\') {
        text.push_str(plain);
        let mut chars = escape.chars();
        match chars.next() {
            Some('b') => text.push('\u{8}'),
            Some('f') => text.push('\u{c}'),
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some('u') => {
                let first = unit(chars.as_str());
                chars = chars.as_str().get(4..).unwrap_or_default().chars();
                let second = chars.as_str().strip_prefix("\\u").map(unit);
                let pair = [first, second.unwrap_or_default()];
                match char::decode_utf16(pair).next() {
                    Some(Ok(char)) => {
                        text.push(char);
                        if char.len_utf16() == 2 {
                            chars = chars.as_str().get(6..).unwrap_or_default().chars();
                        }
                    }
                    _ => text.push(char::REPLACEMENT_CHARACTER),
                }
            }
            Some(char) => text.push(char), // `"`, `\` and `/` stand for themselves
            None => {}
        }
        rest = chars.as_str();
    }
    text.push_str(rest);
    text
}

/// The UTF-16 unit that four hexadecimal digits write.
fn unit(digits: &str) -> u16 {
    digits.get(..4).and_then(|digits| u16::from_str_radix(digits, 16).ok()).unwrap_or_default()
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Value,
    ValueOrEnd,
    NameOrEnd,
    CommaOrEnd,
    Nothing,
}

/// An object or an array that is open.
#[derive(Debug)]
enum Open<'a> {
    Array,
    Object {
        /// Where its names begin among all names of open objects.
        names: usize,
        /// Its names once more, when there are many.
        table: Option<HashSet<Cow<'a, str>>>,
    },
}

/// Reads one JSON value after the other.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    token_at: usize,
    expected: Expected,
    open: Vec<Open<'a>>,
    names: Vec<Cow<'a, str>>,
    max_depth: usize,
}

impl<'a> Scanner<'a> {
    /// Reads the value that begins at `at`; what is nested deeper than `max_depth` is refused.
    pub(super) fn new(text: &'a str, at: usize, max_depth: usize) -> Self {
        let (open, names) = (Vec::new(), Vec::new());
        Self { text, at, token_at: at, expected: Expected::Value, open, names, max_depth }
    }

    /// Reads the value that begins at `at`, whatever was read before.
    pub(super) fn restart(&mut self, at: usize) {
        self.open.clear();
        self.names.clear();
        (self.at, self.token_at, self.expected) = (at, at, Expected::Value);
    }

    /// Where the next token begins.
    pub(super) fn peek_at(&mut self) -> usize {
        self.skip_whitespace();
        self.at
    }

    /// The byte that the next token begins with.
    pub(super) fn peek(&mut self) -> Option<u8> {
        self.skip_whitespace();
        self.byte()
    }

    /// Where the last token began.
    pub(super) fn token_at(&self) -> usize {
        self.token_at
    }

    /// Where the last token ended.
    pub(super) fn end(&self) -> usize {
        self.at
    }

    /// How many objects and arrays are open.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Passes over the next value.
    pub(super) fn skip_value(&mut self) -> Result<(), Stop> {
        let depth = self.depth();
        loop {
            self.next()?;
            if self.depth() <= depth {
                return Ok(());
            }
        }
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Result<Token<'a>, Stop> {
        self.skip_whitespace();
        if self.expected == Expected::CommaOrEnd && self.byte() == Some(b',') {
            self.at += 1;
            self.skip_whitespace();
            self.expected = match self.open.last() {
                Some(Open::Object { .. }) => {
                    self.token_at = self.at;
                    return self.name();
                }
                _ => Expected::Value,
            };
        }
        self.token_at = self.at;
        let Some(byte) = self.byte() else { return Err(self.stop(FhirReason::Truncated)) };
        match (self.expected, byte) {
            (Expected::NameOrEnd, b'"') => self.name(),
            (Expected::NameOrEnd | Expected::CommaOrEnd, b'}') => self.close(Token::ObjectEnd),
            (Expected::ValueOrEnd | Expected::CommaOrEnd, b']') => self.close(Token::ArrayEnd),
            (Expected::NameOrEnd, _) => Err(self.syntax("the name of a member, in quotation marks, or `}`")),
            (Expected::CommaOrEnd, _) => Err(self.syntax("a comma, or the end of the object or array")),
            (Expected::Nothing, _) => Err(self.syntax("the end")),
            (Expected::Value | Expected::ValueOrEnd, _) => self.value(byte),
        }
    }

    fn value(&mut self, byte: u8) -> Result<Token<'a>, Stop> {
        match byte {
            b'{' => {
                let names = self.names.len();
                self.push(Open::Object { names, table: None }, Expected::NameOrEnd)?;
                Ok(Token::ObjectStart)
            }
            b'[' => {
                self.push(Open::Array, Expected::ValueOrEnd)?;
                Ok(Token::ArrayStart)
            }
            b'"' => {
                let raw = self.string()?;
                self.after_value();
                Ok(Token::String(raw))
            }
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            _ => Err(self.syntax("a value")),
        }
    }

    fn push(&mut self, open: Open<'a>, expected: Expected) -> Result<(), Stop> {
        if self.open.len() >= self.max_depth {
            return Err(self.stop(FhirReason::TooDeep { limit: self.max_depth }));
        }
        self.at += 1;
        self.open.push(open);
        self.expected = expected;
        Ok(())
    }

    /// The end of an object or array, if that is what is open.
    fn close(&mut self, token: Token<'a>) -> Result<Token<'a>, Stop> {
        match (self.open.last(), &token) {
            (Some(Open::Object { names, .. }), Token::ObjectEnd) => self.names.truncate(*names),
            (Some(Open::Array), Token::ArrayEnd) => {}
            _ => return Err(self.syntax("the other kind of bracket")),
        }
        self.open.pop();
        self.at += 1;
        self.after_value();
        Ok(token)
    }

    fn after_value(&mut self) {
        self.expected = if self.open.is_empty() { Expected::Nothing } else { Expected::CommaOrEnd };
    }

    fn name(&mut self) -> Result<Token<'a>, Stop> {
        match self.byte() {
            Some(b'"') => {}
            Some(_) => return Err(self.syntax("the name of a member, in quotation marks")),
            None => return Err(self.stop(FhirReason::Truncated)),
        }
        let name = self.string()?.text();
        if !self.remember(name.clone()) {
            return Err(self.stop(FhirReason::DuplicateName));
        }
        self.skip_whitespace();
        match self.byte() {
            Some(b':') => self.at += 1,
            Some(_) => return Err(Stop { at: self.at, reason: FhirReason::Syntax { expected: "a colon" } }),
            None => return Err(self.truncated()),
        }
        self.expected = Expected::Value;
        Ok(Token::Name(name))
    }

    /// False if the open object has a member of this name already.
    fn remember(&mut self, name: Cow<'a, str>) -> bool {
        let Some(Open::Object { names, table }) = self.open.last_mut() else { return true };
        let known = self.names.get(*names..).unwrap_or_default();
        let new = match table {
            Some(table) => table.insert(name.clone()),
            None if known.len() >= MANY_MEMBERS => {
                table.insert(known.iter().cloned().collect()).insert(name.clone())
            }
            None => !known.contains(&name),
        };
        if table.is_none() {
            self.names.push(name);
        }
        new
    }

    /// A string; stands at its first quotation mark.
    fn string(&mut self) -> Result<Raw<'a>, Stop> {
        let start = self.at + 1;
        let mut at = start;
        loop {
            let rest = self.text.as_bytes().get(at..).unwrap_or_default();
            let Some(length) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..0x20)) else {
                return Err(self.truncated());
            };
            at += length;
            match rest.get(length) {
                Some(b'"') => break,
                Some(b'\\') => at += self.escape(at)?,
                _ => return Err(Stop { at, reason: FhirReason::ControlCharacter }),
            }
        }
        self.at = at + 1;
        Ok(Raw(self.text.get(start..at).unwrap_or_default()))
    }

    /// The length of the escape that begins at `at`.
    fn escape(&self, at: usize) -> Result<usize, Stop> {
        let bytes = self.text.as_bytes();
        let wrong = Stop {
            at,
            reason: FhirReason::Syntax { expected: "one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX" },
        };
        match bytes.get(at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(2),
            Some(b'u') => {
                let digits = bytes.get(at + 2..).unwrap_or_default();
                match digits.iter().take(4).position(|digit| !digit.is_ascii_hexdigit()) {
                    Some(_) => Err(wrong),
                    None if digits.len() < 4 => Err(self.truncated()),
                    None => Ok(6),
                }
            }
            Some(_) => Err(wrong),
            None => Err(self.truncated()),
        }
    }

    fn literal(&mut self, literal: &'static str) -> Result<Token<'a>, Stop> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        if rest.starts_with(literal) {
            self.at += literal.len();
            self.after_value();
            Ok(Token::Scalar)
        } else if literal.starts_with(rest) {
            Err(self.truncated())
        } else {
            Err(self.syntax("a value"))
        }
    }

    fn number(&mut self) -> Result<Token<'a>, Stop> {
        self.skip_one(b"-");
        if !self.skip_one(b"0") {
            self.digits()?;
        }
        if self.skip_one(b".") {
            self.digits()?;
        }
        if self.skip_one(b"eE") {
            self.skip_one(b"+-");
            self.digits()?;
        }
        self.after_value();
        Ok(Token::Scalar)
    }

    fn digits(&mut self) -> Result<(), Stop> {
        let start = self.at;
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        match self.byte() {
            _ if self.at > start => Ok(()),
            Some(_) => Err(Stop { at: self.at, reason: FhirReason::Syntax { expected: "a digit" } }),
            None => Err(self.truncated()),
        }
    }

    fn skip_one(&mut self, of: &[u8]) -> bool {
        let found = self.byte().is_some_and(|byte| of.contains(&byte));
        self.at += usize::from(found);
        found
    }

    fn skip_whitespace(&mut self) {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let blank = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\t' | b'\r');
        self.at += rest.iter().position(|byte| !blank(byte)).unwrap_or(rest.len());
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn stop(&self, reason: FhirReason) -> Stop {
        Stop { at: self.token_at, reason }
    }

    fn syntax(&self, expected: &'static str) -> Stop {
        self.stop(FhirReason::Syntax { expected })
    }

    fn truncated(&self) -> Stop {
        Stop { at: self.text.len(), reason: FhirReason::Truncated }
    }
}
