//! What the three texts have in common: names, numbers and lists. (SPEC `[POL-4]`)

use alloc::format;
use alloc::string::{String, ToString};

use super::attribute::{Component, Name};
use super::date;
use super::error::{AttributeError, PolicyError, PolicyReason, did_you_mean, quoted};
use super::lexer::{Lexer, Sign, Token};
use super::number::NumberType;
use super::schema::Schema;

/// A place in a text, one token ahead.
pub(crate) struct Cursor<'a> {
    lexer: Lexer<'a>,
    pub(crate) token: Token<'a>,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str, max_bytes: usize) -> Result<Self, PolicyError> {
        let mut lexer = Lexer::new(text, max_bytes)?;
        let token = lexer.next()?;
        Ok(Self { lexer, token })
    }

    /// Goes one token ahead.
    pub(crate) fn advance(&mut self) -> Result<(), PolicyError> {
        self.token = self.lexer.next()?;
        Ok(())
    }

    /// Goes past `sign` if it is here.
    pub(crate) fn eat(&mut self, sign: &Sign<'_>) -> Result<bool, PolicyError> {
        let here = self.token.sign == *sign;
        if here {
            self.advance()?;
        }
        Ok(here)
    }

    pub(crate) fn error_at(
        &self,
        at: usize,
        reason: impl Into<PolicyReason>,
        hint: impl Into<String>,
    ) -> PolicyError {
        self.lexer.error(at, reason.into(), hint)
    }

    pub(crate) fn error(&self, reason: impl Into<PolicyReason>, hint: impl Into<String>) -> PolicyError {
        self.error_at(self.token.start, reason, hint)
    }

    /// The token here, as a message shows it.
    pub(crate) fn found(&self) -> String {
        self.token.describe(self.lexer.text())
    }

    pub(crate) fn expected(&self, expected: &'static str, hint: impl Into<String>) -> PolicyError {
        self.error(PolicyReason::Expected { expected, found: self.found() }, hint)
    }

    /// A namespace, name or value.
    pub(crate) fn component(&mut self, expected: &'static str) -> Result<Component, PolicyError> {
        let component = match &self.token.sign {
            Sign::Word(word) => Component::new(word),
            Sign::Quoted(inside) => Component::new(inside),
            Sign::Keyword(keyword) => {
                let hint = format!("to use it as a name or value, quote it: \"{keyword}\"");
                return Err(self.error(PolicyReason::Keyword((*keyword).into()), hint));
            }
            _ => return Err(self.expected(expected, "")),
        };
        let component = component.map_err(|error| self.error(error, ""))?;
        self.advance()?;
        Ok(component)
    }

    /// A name, with its namespace if there is one.
    pub(crate) fn name(&mut self) -> Result<Name, PolicyError> {
        let first = self.component("a name")?;
        if !self.eat(&Sign::Slash)? {
            return Ok(Name::from_parts(None, first));
        }
        let name = Name::from_parts(Some(first), self.component("a name after the namespace")?);
        if self.token.sign == Sign::Slash {
            return Err(self.expected("a single namespace", "quote names that contain `/`: \"a/b\""));
        }
        Ok(name)
    }

    /// The `:value` of an attribute, if it is here.
    pub(crate) fn value(&mut self) -> Result<Option<Component>, PolicyError> {
        if !self.eat(&Sign::Colon)? {
            return Ok(None);
        }
        let value = self.component("a value after `:`")?;
        if self.token.sign == Sign::Colon {
            return Err(self.expected("a single value", "quote values that contain `:`: \"08:00\""));
        }
        Ok(Some(value))
    }

    /// The type of `name`, which stands at `start` and is compared.
    pub(crate) fn declared(
        &self,
        name: &Name,
        start: usize,
        schema: &Schema,
    ) -> Result<NumberType, PolicyError> {
        schema.number_type(name).ok_or_else(|| {
            let names = schema.iter().map(|(name, _)| name.to_string());
            let hint = match did_you_mean(&name.to_string(), names) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!(
                    "declare it in the schema (`{name}: uint(8)` or `{name}: date`), or write `{name}:value`"
                ),
            };
            self.error_at(start, AttributeError::Undeclared(name.to_string()), hint)
        })
    }

    /// Refuses `name`, which stands at `start`, as a plain attribute if it is declared as a number.
    pub(crate) fn plain(&self, name: &Name, start: usize, schema: &Schema) -> Result<(), PolicyError> {
        let Some(number) = schema.number_type(name) else { return Ok(()) };
        let example = if number.is_date() { "2026-12-01" } else { "3" };
        let hint = format!("compare it: `{name} = {example}` (in policies also >=, >, <=, < and in)");
        Err(self.error_at(start, AttributeError::Declared(name.to_string()), hint))
    }

    /// A number or date as the interval it stands for (a bare day is a whole day), and its place.
    ///
    /// The token here must be its first. Afterwards `..` may follow: see [`Self::dots`].
    fn literal(&mut self, name: &Name, number: NumberType) -> Result<(u64, u64, usize), PolicyError> {
        let (text, at) = self.lexer.literal(self.token.start);
        if text.is_empty() {
            let expected = if number.is_date() { "a date" } else { "a whole number" };
            return Err(self.expected(expected, ""));
        }
        if number.is_date() {
            let why = |why| PolicyReason::NotADate { text: text.into(), why };
            let (first, last) = date::parse(text).map_err(|error| self.error_at(at, why(error), ""))?;
            return Ok((first, last, at));
        }
        let not_a_number = |hint| self.error_at(at, PolicyReason::NotANumber(text.into()), hint);
        if !super::text::is_digits(text) {
            let dated = date::parse(text).is_ok();
            let hint = if dated {
                format!("`{name}` is declared as {number}, not as a date")
            } else {
                String::new()
            };
            return Err(not_a_number(hint));
        }
        let largest = format!("the largest value of `{name}: {number}` is {}", number.max_value());
        let value = text.parse::<u64>().map_err(|_| not_a_number(largest.clone()))?;
        if value > number.max_value() {
            let error = AttributeError::TooWide { name: name.to_string(), value, max: number.max_value() };
            return Err(self.error_at(at, error, largest));
        }
        Ok((value, value, at))
    }

    /// A single number or date, after a comparison sign.
    pub(crate) fn number(
        &mut self,
        name: &Name,
        number: NumberType,
    ) -> Result<(u64, u64, usize), PolicyError> {
        let literal = self.literal(name, number)?;
        if self.lexer.eat("..") {
            let hint = format!("for a range write `{name} in 5..9`");
            return Err(self.error(
                PolicyReason::Expected { expected: "a single value", found: "a range".into() },
                hint,
            ));
        }
        self.advance()?;
        Ok(literal)
    }

    /// Two numbers or dates with `..` between them, after `in`: the interval from the begin of the first to
    /// the end of the second.
    pub(crate) fn range(
        &mut self,
        name: &Name,
        number: NumberType,
    ) -> Result<(u64, u64, usize), PolicyError> {
        let (lo, _, at) = self.literal(name, number)?;
        let dots = self.lexer.eat("..");
        self.advance()?;
        // `5 .. 9`: the dots are a word of their own.
        if !dots {
            match self.token.sign {
                Sign::Word("..") => self.advance()?,
                Sign::Word(word) if word.starts_with("..") => self.token.start += 2,
                _ => {
                    return Err(self.expected(
                        "`..`",
                        format!("write a range as `{name} in 5..9`; both ends belong to it"),
                    ));
                }
            }
        }
        let (_, hi, _) = self.literal(name, number)?;
        self.advance()?;
        Ok((lo, hi, at))
    }

    /// Entries separated by commas or line breaks, up to the end.
    pub(crate) fn list(
        &mut self,
        mut entry: impl FnMut(&mut Self) -> Result<(), PolicyError>,
    ) -> Result<(), PolicyError> {
        while self.token.sign != Sign::End {
            entry(self)?;
            let comma = self.eat(&Sign::Comma)?;
            if !comma && !self.token.new_line && self.token.sign != Sign::End {
                return Err(self.expected("`,`, a new line or the end", list_hint(&self.token.sign)));
            }
        }
        Ok(())
    }
}

fn list_hint(sign: &Sign<'_>) -> String {
    match sign {
        Sign::Keyword(keyword @ ("and" | "or")) => {
            format!("this is a list, not a policy: separate with `,` instead of {}", quoted(keyword))
        }
        Sign::Comparison(_) => "a key holds one exact value for each number: `clearance = 3`".into(),
        _ => "separate entries with `,`; quote names and values with spaces: \"intensive care\"".into(),
    }
}
