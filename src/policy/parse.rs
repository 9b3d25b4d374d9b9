//! The policy language. (SPEC `[POL-4]`)
//!
//! ```text
//! policy     = all { "or" all }
//! all        = part { "and" part }
//! part       = "(" policy ")" | k "of" "(" policy { "," policy } ")" | attribute | comparison
//! attribute  = name [ ":" value ]
//! comparison = name ( ">=" | ">" | "<=" | "<" | "=" ) number | name "in" number ".." number
//! name       = [ component "/" ] component
//! ```

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::attribute::{Attribute, Name};
use super::cursor::Cursor;
use super::error::{PolicyError, PolicyReason};
use super::lexer::{Comparison, NEGATION_HINT, Sign};
use super::number::Range;
use super::schema::Schema;
use super::text::is_digits;
use super::tree::Node;
use super::{MAX_NESTING, MAX_TEXT_BYTES};

/// Reads a policy into its canonical form. Sizes other than text and nesting are checked by the caller.
pub(crate) fn parse(text: &str, schema: &Schema) -> Result<Node, PolicyError> {
    let mut parser = Parser { cursor: Cursor::new(text, MAX_TEXT_BYTES)?, schema, nesting: 0 };
    if parser.cursor.token.sign == Sign::End {
        return Err(parser.cursor.expected("a policy", "such as `role:physician and dept:cardiology`"));
    }
    let policy = parser.policy()?;
    match parser.cursor.token.sign {
        Sign::End => Ok(policy),
        Sign::Close => Err(parser.cursor.error(PolicyReason::UnopenedParenthesis, "")),
        _ => Err(parser.missing_operator()),
    }
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    schema: &'a Schema,
    /// Open parentheses.
    nesting: usize,
}

impl Parser<'_> {
    fn policy(&mut self) -> Result<Node, PolicyError> {
        let mut alternatives = Vec::from([self.all()?]);
        while self.operator("or")? {
            alternatives.push(self.all()?);
        }
        Ok(Node::any_of(alternatives))
    }

    fn all(&mut self) -> Result<Node, PolicyError> {
        let start = self.cursor.token.start;
        let mut parts = Vec::from([self.part()?]);
        while self.operator("and")? {
            parts.push(self.part()?);
        }
        let all = Node::all_of(parts);
        if let Some((a, b)) = all.contradiction() {
            let hint =
                format!("`{a}` and `{b}` exclude each other, and a key holds one value for each number");
            return Err(self.cursor.error_at(start, PolicyReason::NeverSatisfiable, hint));
        }
        Ok(all)
    }

    /// Goes past `and` or `or` if it is here; something must follow.
    fn operator(&mut self, keyword: &'static str) -> Result<bool, PolicyError> {
        let start = self.cursor.token.start;
        if !self.cursor.eat(&Sign::Keyword(keyword))? {
            return Ok(false);
        }
        match self.cursor.token.sign {
            Sign::End | Sign::Close | Sign::Comma | Sign::Keyword("and" | "or") => {
                let hint = format!(
                    "something is missing after this `{keyword}`; an attribute of this name is quoted: \"{keyword}\""
                );
                Err(self.cursor.error_at(start, PolicyReason::DanglingOperator(keyword.into()), hint))
            }
            _ => Ok(true),
        }
    }

    fn part(&mut self) -> Result<Node, PolicyError> {
        let cursor = &mut self.cursor;
        let start = cursor.token.start;
        match cursor.token.sign {
            Sign::Open => {
                self.open()?;
                if self.cursor.token.sign == Sign::Close {
                    return Err(self.cursor.expected("a policy between the parentheses", ""));
                }
                let policy = self.policy()?;
                self.close(start)?;
                Ok(policy)
            }
            Sign::Word(word) if is_digits(word) => {
                cursor.advance()?;
                self.threshold(word, start)
            }
            Sign::Word(_) | Sign::Quoted(_) => self.leaf(),
            Sign::Keyword("not") => Err(cursor.error(PolicyReason::Negation, NEGATION_HINT)),
            Sign::Keyword(keyword @ ("and" | "or")) => {
                let hint = format!(
                    "something is missing before this `{keyword}`; an attribute of this name is quoted: \"{keyword}\""
                );
                Err(cursor.error(PolicyReason::DanglingOperator(keyword.into()), hint))
            }
            Sign::Keyword("of") => Err(cursor.expected("a number before `of`", "write `2 of (a, b, c)`")),
            Sign::Keyword("in") => Err(cursor.expected("a name before `in`", "write `clearance in 3..5`")),
            Sign::Close if self.nesting == 0 => Err(cursor.error(PolicyReason::UnopenedParenthesis, "")),
            _ => Err(cursor.expected("an attribute, a comparison or a group", "")),
        }
    }

    fn open(&mut self) -> Result<(), PolicyError> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err(self.cursor.error(PolicyReason::TooDeep, ""));
        }
        self.cursor.advance()
    }

    /// Goes past the parenthesis that closes the one at `start`.
    fn close(&mut self, start: usize) -> Result<(), PolicyError> {
        self.nesting -= 1;
        if self.cursor.eat(&Sign::Close)? {
            return Ok(());
        }
        if self.cursor.token.sign == Sign::End {
            return Err(self.cursor.error_at(start, PolicyReason::UnclosedParenthesis, "add `)`"));
        }
        Err(self.missing_operator())
    }

    /// `k of (...)`, after its number.
    fn threshold(&mut self, word: &str, start: usize) -> Result<Node, PolicyError> {
        let cursor = &mut self.cursor;
        if !cursor.eat(&Sign::Keyword("of"))? {
            let hint = match cursor.token.sign {
                Sign::Comparison(_) => "a comparison begins with the name: `clearance >= 3`".into(),
                _ => {
                    format!("write `{word} of (a, b, c)`; an attribute of digits alone is quoted: \"{word}\"")
                }
            };
            return Err(cursor.expected("`of` after a number", hint));
        }
        let open = cursor.token.start;
        if cursor.token.sign != Sign::Open {
            let hint = match cursor.token.sign {
                Sign::Word(n) if is_digits(n) => {
                    format!("write `{word} of (a, b, c)`: the alternatives are counted, not announced")
                }
                _ => format!("write `{word} of (a, b, c)`"),
            };
            return Err(cursor.expected("`(` after `of`", hint));
        }
        self.open()?;
        let mut children = Vec::from([self.policy()?]);
        while self.cursor.eat(&Sign::Comma)? {
            children.push(self.policy()?);
        }
        self.close(open)?;
        let (k, n) = (word.parse::<u64>().unwrap_or(u64::MAX), children.len());
        match u16::try_from(k) {
            Ok(small) if (1..=n).contains(&usize::from(small)) => Ok(Node::at_least(small, children)),
            _ => {
                let hint = format!("ask for 1 to {n} of them");
                Err(self.cursor.error_at(start, PolicyReason::ImpossibleThreshold { k, n }, hint))
            }
        }
    }

    /// An attribute or a comparison.
    fn leaf(&mut self) -> Result<Node, PolicyError> {
        let start = self.cursor.token.start;
        let name = self.cursor.name()?;
        match self.cursor.token.sign {
            Sign::Comparison(comparison) => self.comparison(name, start, comparison),
            Sign::Keyword("in") => {
                let number = self.cursor.declared(&name, start, self.schema)?;
                self.cursor.advance()?;
                let (lo, hi, at) = self.cursor.range(&name, number)?;
                let range = Range::new(name, number, lo, hi);
                range.map(Node::Range).ok_or_else(|| {
                    self.cursor.error_at(
                        at,
                        PolicyReason::NeverSatisfiable,
                        "the range ends before it begins: exchange its ends",
                    )
                })
            }
            _ => {
                let attribute = Attribute::from_parts(name, self.cursor.value()?);
                self.cursor.plain(attribute.name(), start, self.schema)?;
                if let Sign::Comparison(_) = self.cursor.token.sign {
                    return Err(self.cursor.expected(
                        "no comparison of a plain attribute",
                        "compare a declared number: `clearance >= 3`",
                    ));
                }
                Ok(Node::Attribute(attribute))
            }
        }
    }

    fn comparison(&mut self, name: Name, start: usize, comparison: Comparison) -> Result<Node, PolicyError> {
        let number = self.cursor.declared(&name, start, self.schema)?;
        self.cursor.advance()?;
        let (first, last, at) = self.cursor.number(&name, number)?;
        let (lo, hi) = match comparison {
            Comparison::AtLeast => (Some(first), Some(number.max_value())),
            Comparison::Above => (last.checked_add(1), Some(number.max_value())),
            Comparison::AtMost => (Some(0), Some(last)),
            Comparison::Below => (Some(0), first.checked_sub(1)),
            Comparison::Equal => (Some(first), Some(last)),
        };
        let range = lo.zip(hi).and_then(|(lo, hi)| Range::new(name.clone(), number, lo, hi));
        range.map(Node::Range).ok_or_else(|| {
            let hint = format!("`{name}` is {number}: {} to {}", least(number), greatest(number));
            self.cursor.error_at(at, PolicyReason::NeverSatisfiable, hint)
        })
    }

    /// What follows a complete part and neither joins it with another nor ends it.
    fn missing_operator(&self) -> PolicyError {
        let found = self.cursor.found();
        let hint = match &self.cursor.token.sign {
            Sign::Comma => {
                "alternatives with commas belong into `k of (a, b)`; elsewhere write `and` or `or`".into()
            }
            Sign::Keyword("of") => "only a number can stand before `of`: `2 of (a, b, c)`".into(),
            Sign::Comparison(_) => {
                "compare one name with one number; for a range write `clearance in 3..5`".into()
            }
            Sign::Keyword("not") => String::from(NEGATION_HINT),
            Sign::Colon | Sign::Slash => "an attribute is `namespace/name:value`".into(),
            _ => "write `and` or `or` between two attributes; quote names with spaces: \"intensive care\""
                .to_string(),
        };
        self.cursor.error(PolicyReason::MissingOperator(found), hint)
    }
}

fn least(number: super::NumberType) -> String {
    Shown(number, 0).to_string()
}

fn greatest(number: super::NumberType) -> String {
    Shown(number, number.max_value()).to_string()
}

/// A value as its type spells it.
struct Shown(super::NumberType, u64);

impl core::fmt::Display for Shown {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.write_value(f, self.1)
    }
}
