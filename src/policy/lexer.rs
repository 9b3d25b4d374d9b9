//! Text into words and signs, one at a time, with hints for what other languages would write.

use alloc::borrow::Cow;
use alloc::string::String;

use unicode_normalization::char::is_combining_mark;

use super::error::{PolicyError, PolicyReason, quoted};
use super::text;

/// A word or sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sign<'a> {
    /// A word without quotes that is no keyword.
    Word(&'a str),
    /// The inside of quotation marks, escapes resolved.
    Quoted(String),
    /// A keyword in lower case.
    Keyword(&'static str),
    Open,
    Close,
    Comma,
    Colon,
    Slash,
    Comparison(Comparison),
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    AtLeast,
    Above,
    AtMost,
    Below,
    Equal,
}

/// A sign and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Token<'a> {
    pub(crate) sign: Sign<'a>,
    /// Byte offset of its first character.
    pub(crate) start: usize,
    /// Whether a line break comes between the token before and this one.
    pub(crate) new_line: bool,
}

impl Token<'_> {
    /// The token as a message shows it.
    pub(crate) fn describe(&self, text: &str) -> String {
        match &self.sign {
            Sign::End => "the end".into(),
            Sign::Word(word) => quoted(word),
            Sign::Quoted(inside) => quoted(inside),
            Sign::Keyword(word) => quoted(word),
            Sign::Comparison(_) => {
                let rest = text.get(self.start..).unwrap_or_default();
                let end = rest.find(|c| !matches!(c, '<' | '=' | '>')).unwrap_or(rest.len());
                quoted(rest.get(..end).unwrap_or_default())
            }
            Sign::Open => "`(`".into(),
            Sign::Close => "`)`".into(),
            Sign::Comma => "`,`".into(),
            Sign::Colon => "`:`".into(),
            Sign::Slash => "`/`".into(),
        }
    }
}

/// Reads tokens off a text.
pub(crate) struct Lexer<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Lexer<'a> {
    /// # Errors
    /// A text above `max` bytes, before anything is read.
    pub(crate) fn new(text: &'a str, max: usize) -> Result<Self, PolicyError> {
        let lexer = Self { text, position: 0 };
        if text.len() > max {
            return Err(lexer.error(0, PolicyReason::TextTooLong { bytes: text.len(), max }, ""));
        }
        Ok(lexer)
    }

    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    pub(crate) fn error(&self, at: usize, reason: PolicyReason, hint: impl Into<String>) -> PolicyError {
        PolicyError::new(self.text, at, reason, hint)
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.position..).unwrap_or_default()
    }

    /// Skips `prefix` if it comes next.
    pub(crate) fn eat(&mut self, prefix: &str) -> bool {
        let found = self.rest().starts_with(prefix);
        if found {
            self.position += prefix.len();
        }
        found
    }

    /// Takes characters while `keep` holds.
    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !keep(c)).unwrap_or(rest.len());
        self.position += end;
        rest.get(..end).unwrap_or_default()
    }

    /// The next token.
    pub(crate) fn next(&mut self) -> Result<Token<'a>, PolicyError> {
        let new_line = self.take_while(char::is_whitespace).contains('\n');
        let start = self.position;
        let sign = self.sign(start)?;
        Ok(Token { sign, start, new_line })
    }

    fn sign(&mut self, start: usize) -> Result<Sign<'a>, PolicyError> {
        const SIGNS: [(&str, Sign<'static>); 10] = [
            ("(", Sign::Open),
            (")", Sign::Close),
            (",", Sign::Comma),
            (":", Sign::Colon),
            ("/", Sign::Slash),
            (">=", Sign::Comparison(Comparison::AtLeast)),
            (">", Sign::Comparison(Comparison::Above)),
            ("<=", Sign::Comparison(Comparison::AtMost)),
            ("<", Sign::Comparison(Comparison::Below)),
            ("=", Sign::Comparison(Comparison::Equal)),
        ];
        let Some(first) = self.rest().chars().next() else { return Ok(Sign::End) };
        if text::is_word_char(first) && !is_combining_mark(first) {
            let word = self.take_while(text::is_word_char);
            return Ok(text::keyword(word).map_or(Sign::Word(word), Sign::Keyword));
        }
        if first == '"' {
            return self.quotation(start).map(Sign::Quoted);
        }
        if let Some((reason, hint)) = near_miss(self.rest()) {
            return Err(self.error(start, reason.unwrap_or(PolicyReason::UnexpectedCharacter(first)), hint));
        }
        for (spelling, sign) in SIGNS {
            if self.eat(spelling) {
                return Ok(sign);
            }
        }
        let hint = "names and values with other characters than letters, digits and - _ . @ are quoted: \"intensive care\"";
        Err(self.error(start, PolicyReason::UnexpectedCharacter(first), hint))
    }

    /// The inside of a quotation, whose opening mark comes next.
    fn quotation(&mut self, start: usize) -> Result<String, PolicyError> {
        self.eat("\"");
        let mut inside = String::new();
        loop {
            inside.push_str(self.take_while(|c| c != '"' && c != '\\'));
            if self.eat("\"") {
                return Ok(inside);
            }
            let at = self.position;
            if !self.eat("\\") {
                return Err(self.error(start, PolicyReason::UnclosedQuote, "end it with \""));
            }
            match self.escape() {
                Some(c) => inside.push(c),
                None => {
                    let hint = r#"the escapes are \" for a quotation mark, \\ for a backslash and \u{e9} for a character by its number"#;
                    return Err(self.error(at, PolicyReason::BadEscape, hint));
                }
            }
        }
    }

    /// The character that an escape stands for, after its backslash.
    fn escape(&mut self) -> Option<char> {
        if self.eat("\"") {
            return Some('"');
        }
        if self.eat("\\") {
            return Some('\\');
        }
        if !self.eat("u{") {
            return None;
        }
        let digits = self.take_while(|c| c.is_ascii_hexdigit());
        let plausible = (1..=6).contains(&digits.len()) && self.eat("}");
        plausible.then(|| u32::from_str_radix(digits, 16).ok()).flatten().and_then(char::from_u32)
    }

    /// The number or date from byte `start` on: what follows a comparison, up to `..` or a delimiter.
    pub(crate) fn literal(&mut self, start: usize) -> (&'a str, usize) {
        self.position = start;
        self.take_while(char::is_whitespace);
        let start = self.position;
        let rest = self.rest();
        let word = self.take_while(|c| text::is_word_char(c) || matches!(c, ':' | '+'));
        let end = word.find("..").unwrap_or(word.len());
        self.position = start + end;
        (rest.get(..end).unwrap_or_default(), start)
    }
}

/// A sign from elsewhere, and what it is called here.
fn near_miss(rest: &str) -> Option<(Option<PolicyReason>, Cow<'static, str>)> {
    const ELSEWHERE: [(&str, &str); 20] = [
        ("&", "write `and`"),
        ("|", "write `or`"),
        ("\u{2227}", "write `and`"),
        ("\u{2228}", "write `or`"),
        ("==", "write `=`"),
        ("=>", "write `>=`"),
        ("=<", "write `<=`"),
        ("\u{2265}", "write `>=`"),
        ("\u{2264}", "write `<=`"),
        ("'", "quote with \""),
        ("\u{2018}", "quote with \" (these are typographic marks)"),
        ("\u{2019}", "quote with \" (these are typographic marks)"),
        ("\u{201c}", "quote with \" (these are typographic marks)"),
        ("\u{201d}", "quote with \" (these are typographic marks)"),
        ("\u{201e}", "quote with \" (these are typographic marks)"),
        ("`", "quote with \""),
        (";", "write `,` within `k of (...)`, `and` or `or` elsewhere"),
        ("[", "group with `(` and `)`"),
        ("{", "group with `(` and `)`"),
        ("#", "the language has no comments"),
    ];
    for negation in ["!", "\u{ac}", "~", "<>", "\u{2260}"] {
        if rest.starts_with(negation) {
            return Some((Some(PolicyReason::Negation), NEGATION_HINT.into()));
        }
    }
    let (_, hint) = ELSEWHERE.into_iter().find(|(sign, _)| rest.starts_with(sign))?;
    Some((None, hint.into()))
}

/// What to do instead of negation.
pub(crate) const NEGATION_HINT: &str = "a key could drop an attribute to satisfy it; issue the opposite as an attribute of its own \
     and ask for that: instead of `not status:inactive` write `status:active`";
