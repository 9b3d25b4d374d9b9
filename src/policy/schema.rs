//! Which names are numbers. (SPEC `[POL-3]`)

use alloc::collections::BTreeMap;
use alloc::string::ToString;
use core::fmt;

use super::attribute::Name;
use super::cursor::Cursor;
use super::error::{AttributeError, PolicyError, PolicyReason};
use super::lexer::Sign;
use super::number::NumberType;
use super::{MAX_DECLARATIONS, MAX_LIST_BYTES};
use crate::codec::{Decoder, Encoder};
use crate::error::{DecodeError, DecodeReason};
use crate::hash::{Label as HashLabel, hash};

/// The declarations of a realm: which names hold integers or dates instead of plain attributes.
///
/// ```
/// use hippocrypt::Schema;
///
/// let schema = Schema::parse("clearance: uint(8), shift-end: date")?;
/// assert_eq!(schema.len(), 2);
/// assert_eq!(Schema::parse(&schema.to_string())?, schema);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema {
    declarations: BTreeMap<Name, NumberType>,
}

impl Schema {
    /// The schema that declares nothing.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Reads declarations such as `clearance: uint(8)` or `shift-end: date`, separated by commas or
    /// line breaks.
    ///
    /// # Errors
    /// [`PolicyError`] with place, reason and hint.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let mut schema = Self::empty();
        Cursor::new(text, MAX_LIST_BYTES)?.list(|cursor| {
            let start = cursor.token.start;
            let name = cursor.name()?;
            if !cursor.eat(&Sign::Colon)? {
                return Err(cursor
                    .expected("`:` and a type", "declare as in `clearance: uint(8)` or `shift-end: date`"));
            }
            let number = number_type(cursor)?;
            schema.declare(name, number).map_err(|error| cursor.error_at(start, error, ""))
        })?;
        Ok(schema)
    }

    /// Declares one more name.
    ///
    /// # Errors
    /// [`AttributeError::DeclaredTwice`] or [`AttributeError::TooManyDeclarations`] (above 1,024).
    pub fn declare(&mut self, name: Name, number: NumberType) -> Result<(), AttributeError> {
        if self.declarations.contains_key(&name) {
            return Err(AttributeError::DeclaredTwice(name.to_string()));
        }
        if self.declarations.len() >= MAX_DECLARATIONS {
            return Err(AttributeError::TooManyDeclarations);
        }
        self.declarations.insert(name, number);
        Ok(())
    }

    /// What `name` is declared as.
    pub fn number_type(&self, name: &Name) -> Option<NumberType> {
        self.declarations.get(name).copied()
    }

    /// The declarations, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, NumberType)> {
        self.declarations.iter().map(|(name, number)| (name, *number))
    }

    /// How many names are declared.
    pub fn len(&self) -> usize {
        self.declarations.len()
    }

    /// Whether nothing is declared.
    pub fn is_empty(&self) -> bool {
        self.declarations.is_empty()
    }

    /// H(schema), 32 bytes. (SPEC `[ABE-5.4]`)
    pub fn id(&self) -> [u8; 32] {
        let mut encoder = Encoder::bare(0);
        self.encode_body(&mut encoder);
        hash(HashLabel::SchemaId, &[&encoder.finish()])
    }

    /// Count, then the declarations.
    pub(crate) fn encode_body(&self, encoder: &mut Encoder) {
        encoder.u16(u16::try_from(self.declarations.len()).unwrap_or(u16::MAX));
        for (name, number) in &self.declarations {
            name.encode(encoder);
            number.encode(encoder);
        }
    }

    pub(crate) fn decode_body(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let at = decoder.position();
        let count = decoder.u16("declarations")?;
        Decoder::checked(count.into(), at, "declarations", 0, MAX_DECLARATIONS as u64)?;
        let mut schema = Self::empty();
        for _ in 0..count {
            let at = decoder.position();
            let name = Name::decode(decoder)?;
            let number = NumberType::decode(decoder)?;
            if schema.declarations.last_key_value().is_some_and(|(last, _)| *last >= name) {
                return Err(Decoder::error_at(at, "declaration", DecodeReason::NotAscending));
            }
            schema.declarations.insert(name, number);
        }
        Ok(schema)
    }
}

/// `uint(8)` or `date`.
fn number_type(cursor: &mut Cursor<'_>) -> Result<NumberType, PolicyError> {
    const HINT: &str = "the types are `uint(1)` to `uint(64)`, the number of bits, and `date`";
    let unknown = |cursor: &Cursor<'_>, at, text: &str| {
        cursor.error_at(at, PolicyReason::UnknownType(text.into()), HINT)
    };
    let start = cursor.token.start;
    let Sign::Word(word) = cursor.token.sign else { return Err(cursor.expected("a type", HINT)) };
    cursor.advance()?;
    if word.eq_ignore_ascii_case("date") {
        return Ok(NumberType::DATE);
    }
    if !word.eq_ignore_ascii_case("uint") {
        return Err(unknown(cursor, start, word));
    }
    if !cursor.eat(&Sign::Open)? {
        return Err(cursor.expected("`(` and the number of bits", HINT));
    }
    let at = cursor.token.start;
    let Sign::Word(bits) = cursor.token.sign else { return Err(cursor.expected("the number of bits", HINT)) };
    let number = bits.parse().ok().filter(|_| super::text::is_digits(bits)).and_then(NumberType::uint);
    let number = number.ok_or_else(|| unknown(cursor, at, &alloc::format!("uint({bits})")))?;
    cursor.advance()?;
    if !cursor.eat(&Sign::Close)? {
        return Err(cursor.expected("`)`", HINT));
    }
    Ok(number)
}

/// One declaration on each line.
impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, number)) in self.declarations.iter().enumerate() {
            let line_break = if index == 0 { "" } else { "\n" };
            write!(f, "{line_break}{name}: {number}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::strategies;
    use super::*;

    fn encode(schema: &Schema) -> alloc::vec::Vec<u8> {
        let mut encoder = Encoder::bare(0);
        schema.encode_body(&mut encoder);
        encoder.finish()
    }

    fn decode(bytes: &[u8]) -> Result<Schema, DecodeError> {
        let mut decoder = Decoder::new(bytes);
        let schema = Schema::decode_body(&mut decoder)?;
        decoder.finish()?;
        Ok(schema)
    }

    #[test]
    fn order_and_spelling_do_not_matter() {
        let a = Schema::parse("clearance: uint(8)\nshift-end: date\nx/\"year of birth\": uint(16)").unwrap();
        let b =
            Schema::parse(" \"shift-end\" :DATE,x / \"year of birth\":UINT ( 16 ),\n\nclearance:uint(8),")
                .unwrap();
        assert_eq!(a, b);
        assert_eq!(encode(&a), encode(&b));
        assert_eq!(Schema::parse("").unwrap(), Schema::empty());
        assert_eq!(a.number_type(&Name::new("shift-end").unwrap()), Some(NumberType::DATE));
    }

    #[test]
    fn every_error_has_its_place() {
        for (text, at, message) in [
            ("clearance uint(8)", 10, "expected `:` and a type, found `uint`"),
            ("clearance: int", 11, "`int` is not a type"),
            ("clearance: uint", 15, "expected `(`"),
            ("clearance: uint(0)", 16, "`uint(0)` is not a type"),
            ("clearance: uint(65)", 16, "`uint(65)` is not a type"),
            ("clearance: uint(+8)", 16, "unexpected character '+'"),
            ("clearance: uint(8", 17, "expected `)`, found the end"),
            ("clearance: (8)", 11, "expected a type"),
            ("a: date a: date", 8, "expected `,`, a new line or the end, found `a`"),
            ("a: date, a: uint(3)", 9, "`a` is declared twice"),
            ("a: date and b: date", 8, "expected `,`"),
            ("and: date", 0, "`and` is a keyword"),
            ("\"\": date", 0, "is empty"),
        ] {
            let error = Schema::parse(text).unwrap_err();
            assert_eq!(error.position(), at, "{text}: {error}");
            assert!(error.to_string().contains(message), "{text}: {error}");
        }
    }

    #[test]
    fn refuses_what_is_not_canonical() {
        let schema = Schema::parse("a: date, b: uint(8), cc: uint(64)").unwrap();
        let bytes = encode(&schema);
        assert_eq!(decode(&bytes).unwrap(), schema);
        for end in 0..bytes.len() {
            assert!(decode(&bytes[..end]).is_err());
        }
        assert_eq!(decode(&[&bytes[..], &[0]].concat()).unwrap_err().reason, DecodeReason::TrailingBytes(1));
        // a: date = 00 00 00 01 'a' 02 20
        let entry = |name: u8, tag: u8, bits: u8| [0, 0, 0, 1, name, tag, bits];
        let two = |first: [u8; 7], second: [u8; 7]| [&[0, 2][..], &first, &second].concat();
        assert!(decode(&two(entry(b'a', 2, 32), entry(b'b', 1, 1))).is_ok());
        let reason = |bytes: &[u8]| decode(bytes).unwrap_err().reason;
        assert_eq!(reason(&two(entry(b'b', 2, 32), entry(b'a', 2, 32))), DecodeReason::NotAscending);
        assert_eq!(reason(&two(entry(b'a', 2, 32), entry(b'a', 1, 32))), DecodeReason::NotAscending);
        for (tag, bits) in [(0, 32), (3, 32), (1, 0), (1, 65), (2, 31), (2, 33)] {
            let reason = reason(&two(entry(b'a', tag, bits), entry(b'b', 1, 1)));
            assert!(matches!(reason, DecodeReason::OutOfRange { .. }), "{reason}");
        }
        assert!(matches!(reason(&[4, 1]), DecodeReason::OutOfRange { value: 1025, .. }));
        assert!(matches!(reason(&[4, 0]), DecodeReason::Truncated { .. }));
        assert!(matches!(
            reason(&[0, 1, 0, 0, 0, 0, 1, 1]),
            DecodeReason::OutOfRange { value: 0, min: 1, .. }
        ));
        assert_eq!(
            reason(&[&[0, 1, 0, 0, 0, 3][..], "e\u{301}".as_bytes(), &[1, 1]].concat()),
            DecodeReason::NotNormalized
        );
    }

    #[test]
    fn a_schema_has_an_end() {
        let mut schema = Schema::empty();
        for index in 0..MAX_DECLARATIONS {
            schema.declare(Name::new(&alloc::format!("n{index}")).unwrap(), NumberType::DATE).unwrap();
        }
        assert_eq!(decode(&encode(&schema)).unwrap(), schema);
        let one_more = schema.declare(Name::new("m").unwrap(), NumberType::DATE);
        assert_eq!(one_more, Err(AttributeError::TooManyDeclarations));
    }

    proptest! {
        #[test]
        fn round_trips(schema in strategies::schema()) {
            prop_assert_eq!(&decode(&encode(&schema)).unwrap(), &schema);
            prop_assert_eq!(&Schema::parse(&schema.to_string()).unwrap(), &schema);
        }

        #[test]
        fn what_decodes_encodes_to_the_same(schema in strategies::schema(), at: prop::sample::Index, flip in 1..=255u8) {
            let mut bytes = encode(&schema);
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            if let Ok(other) = decode(&bytes) {
                prop_assert_eq!(encode(&other), bytes);
                prop_assert_ne!(other, schema);
            }
        }
    }
}
