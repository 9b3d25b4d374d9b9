//! The attributes of a key. (SPEC `[POL-5]`)

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;

use super::attribute::{Attribute, Label, Name};
use super::cursor::Cursor;
use super::error::{AttributeError, PolicyError, PolicyReason};
use super::lexer::{Comparison, Sign};
use super::number::NumberType;
use super::schema::Schema;
use super::{MAX_LABELS, MAX_LIST_BYTES};
use crate::codec::{Decoder, Encoder};
use crate::dyadic;
use crate::error::{DecodeError, DecodeReason};

/// The attributes and numbers that a key holds.
///
/// A set: sorted, without duplicates, at most one value for each number. A plain attribute is one
/// label, a number of n bits is n+1 labels; together they are at most 1,024.
///
/// ```
/// use hippocrypt::{AttributeSet, Schema};
///
/// let schema = Schema::parse("clearance: uint(4), shift-end: date")?;
/// let set = AttributeSet::parse("role:cardiologist, clearance = 3", &schema)?;
/// assert_eq!(set.labels().len(), 1 + 5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttributeSet {
    plain: BTreeSet<Attribute>,
    numbers: BTreeMap<Name, (NumberType, u64)>,
    labels: usize,
}

impl AttributeSet {
    /// The empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a list such as `role:cardiologist, clearance = 3, shift-end = 2026-12-01T08:00Z`,
    /// separated by commas or line breaks.
    ///
    /// # Errors
    /// [`PolicyError`] with place, reason and hint.
    pub fn parse(text: &str, schema: &Schema) -> Result<Self, PolicyError> {
        let mut set = Self::new();
        Cursor::new(text, MAX_LIST_BYTES)?.list(|cursor| set.parse_entry(cursor, schema))?;
        Ok(set)
    }

    fn parse_entry(&mut self, cursor: &mut Cursor<'_>, schema: &Schema) -> Result<(), PolicyError> {
        let start = cursor.token.start;
        let name = cursor.name()?;
        let inserted = if cursor.eat(&Sign::Comparison(Comparison::Equal))? {
            let number = cursor.declared(&name, start, schema)?;
            let (first, last, at) = cursor.number(&name, number)?;
            if first != last {
                let reason = PolicyReason::Expected { expected: "a minute", found: "a whole day".into() };
                return Err(cursor.error_at(
                    at,
                    reason,
                    "add a time of day: T00:00Z for the begin of the day, T23:59Z for its end",
                ));
            }
            self.insert_typed(name, number, first)
        } else {
            let attribute = Attribute::from_parts(name, cursor.value()?);
            cursor.plain(attribute.name(), start, schema)?;
            self.insert_plain(attribute)
        };
        inserted.map_err(|error| cursor.error_at(start, error, ""))
    }

    /// Adds a plain attribute; one that is there already changes nothing.
    ///
    /// # Errors
    /// [`AttributeError::Declared`] if `schema` declares its name as a number,
    /// [`AttributeError::TooManyLabels`].
    pub fn insert(&mut self, attribute: Attribute, schema: &Schema) -> Result<(), AttributeError> {
        match schema.number_type(attribute.name()) {
            Some(_) => Err(AttributeError::Declared(attribute.name().to_string())),
            None => self.insert_plain(attribute),
        }
    }

    /// Adds a number, or a date in minutes (see [`super::minutes`]).
    ///
    /// # Errors
    /// [`AttributeError::Undeclared`], [`AttributeError::TooWide`],
    /// [`AttributeError::SecondValue`] or [`AttributeError::TooManyLabels`].
    pub fn insert_number(&mut self, name: Name, value: u64, schema: &Schema) -> Result<(), AttributeError> {
        match schema.number_type(&name) {
            Some(number) => self.insert_typed(name, number, value),
            None => Err(AttributeError::Undeclared(name.to_string())),
        }
    }

    fn insert_plain(&mut self, attribute: Attribute) -> Result<(), AttributeError> {
        if !self.plain.contains(&attribute) {
            self.add_labels(1)?;
            self.plain.insert(attribute);
        }
        Ok(())
    }

    pub(crate) fn insert_typed(
        &mut self,
        name: Name,
        number: NumberType,
        value: u64,
    ) -> Result<(), AttributeError> {
        if value > number.max_value() {
            return Err(AttributeError::TooWide { name: name.to_string(), value, max: number.max_value() });
        }
        match self.numbers.get(&name) {
            Some(held) if *held == (number, value) => Ok(()),
            Some(_) => Err(AttributeError::SecondValue(name.to_string())),
            None => {
                self.add_labels(label_count(number))?;
                self.numbers.insert(name, (number, value));
                Ok(())
            }
        }
    }

    fn add_labels(&mut self, added: usize) -> Result<(), AttributeError> {
        let labels = self.labels + added;
        if labels > MAX_LABELS {
            return Err(AttributeError::TooManyLabels { labels });
        }
        self.labels = labels;
        Ok(())
    }

    /// Takes a plain attribute away; whether it was there.
    pub fn remove(&mut self, attribute: &Attribute) -> bool {
        let removed = self.plain.remove(attribute);
        self.labels -= usize::from(removed);
        removed
    }

    /// Takes a number away, as a whole; whether it was there.
    pub fn remove_number(&mut self, name: &Name) -> bool {
        let removed = self.numbers.remove(name);
        self.labels -= removed.map_or(0, |(number, _)| label_count(number));
        removed.is_some()
    }

    /// This set and `other`.
    ///
    /// # Errors
    /// [`AttributeError::SecondValue`] if they have different values for a number,
    /// [`AttributeError::TooManyLabels`] if together they are too large.
    pub fn union(&self, other: &Self) -> Result<Self, AttributeError> {
        let mut union = self.clone();
        for attribute in &other.plain {
            union.insert_plain(attribute.clone())?;
        }
        for (name, number, value) in other.numbers() {
            union.insert_typed(name.clone(), number, value)?;
        }
        Ok(union)
    }

    /// Whether this set and `other` have anything in common. A number counts as what its name is, whatever its value.
    pub fn meets(&self, other: &Self) -> bool {
        self.plain.iter().any(|attribute| other.plain.contains(attribute))
            || self.numbers.keys().any(|name| other.numbers.contains_key(name))
    }

    /// What of this set is not in `other`. A number counts as what its name is, whatever its value.
    pub fn without(&self, other: &Self) -> Self {
        let mut rest = self.clone();
        for attribute in &other.plain {
            rest.remove(attribute);
        }
        for name in other.numbers.keys() {
            rest.remove_number(name);
        }
        rest
    }

    /// Whether every attribute and number is, with the same value, in `other` too.
    pub fn is_subset(&self, other: &Self) -> bool {
        let same = |(name, value): (&Name, _)| other.numbers.get(name) == Some(value);
        self.plain.is_subset(&other.plain) && self.numbers.iter().all(same)
    }

    /// Whether the plain attribute is in the set.
    pub fn contains(&self, attribute: &Attribute) -> bool {
        self.plain.contains(attribute)
    }

    /// The type and value of a number.
    pub fn number(&self, name: &Name) -> Option<(NumberType, u64)> {
        self.numbers.get(name).copied()
    }

    /// The plain attributes, ascending.
    pub fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.plain.iter()
    }

    /// The numbers, ascending by name, with type and value.
    pub fn numbers(&self) -> impl Iterator<Item = (&Name, NumberType, u64)> {
        self.numbers.iter().map(|(name, (number, value))| (name, *number, *value))
    }

    /// How many attributes and numbers there are.
    pub fn len(&self) -> usize {
        self.plain.len() + self.numbers.len()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many labels [`Self::labels`] returns.
    pub fn label_count(&self) -> usize {
        self.labels
    }

    /// The labels of all attributes and, root first, of the path to each number: strictly ascending.
    pub fn labels(&self) -> Vec<Label> {
        let mut labels = Vec::with_capacity(self.labels);
        labels.extend(self.plain.iter().map(Attribute::label));
        for (name, number, value) in self.numbers() {
            let path = dyadic::path(value, number.bits());
            labels.extend(path.into_iter().map(|node| Label::numeric(name, number, node)));
        }
        labels
    }

    /// Count and attributes, count and numbers.
    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        let count = |length: usize| u16::try_from(length).unwrap_or(u16::MAX);
        encoder.u16(count(self.plain.len()));
        for attribute in &self.plain {
            attribute.encode(encoder);
        }
        encoder.u16(count(self.numbers.len()));
        for (name, number, value) in self.numbers() {
            name.encode(encoder);
            number.encode(encoder);
            encoder.u64(value);
        }
    }

    pub(crate) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let mut set = Self::new();
        for _ in 0..count(decoder, "attributes")? {
            let at = decoder.position();
            let attribute = Attribute::decode(decoder)?;
            if set.plain.last().is_some_and(|last| *last >= attribute) {
                return Err(Decoder::error_at(at, "attribute", DecodeReason::NotAscending));
            }
            set.insert_plain(attribute).map_err(|_| too_many_labels(at))?;
        }
        for _ in 0..count(decoder, "numbers")? {
            let at = decoder.position();
            let name = Name::decode(decoder)?;
            let number = NumberType::decode(decoder)?;
            let value_at = decoder.position();
            let value = decoder.u64("number value")?;
            Decoder::checked(value, value_at, "number value", 0, number.max_value())?;
            if set.numbers.last_key_value().is_some_and(|(last, _)| *last >= name) {
                return Err(Decoder::error_at(at, "number", DecodeReason::NotAscending));
            }
            set.insert_typed(name, number, value).map_err(|_| too_many_labels(at))?;
        }
        Ok(set)
    }
}

fn label_count(number: NumberType) -> usize {
    usize::from(number.bits()) + 1
}

fn count(decoder: &mut Decoder<'_>, field: &'static str) -> Result<u16, DecodeError> {
    let at = decoder.position();
    let count = decoder.u16(field)?;
    Decoder::checked(count.into(), at, field, 0, MAX_LABELS as u64)?;
    Ok(count)
}

fn too_many_labels(at: usize) -> DecodeError {
    let (value, max) = (MAX_LABELS as u64 + 1, MAX_LABELS as u64);
    Decoder::error_at(at, "labels", DecodeReason::OutOfRange { value, min: 0, max })
}

/// The list that [`AttributeSet::parse`] reads, in one line.
impl fmt::Display for AttributeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for attribute in &self.plain {
            write!(f, "{separator}{attribute}")?;
            separator = ", ";
        }
        for (name, number, value) in self.numbers() {
            write!(f, "{separator}{name} = ")?;
            number.write_value(f, value)?;
            separator = ", ";
        }
        Ok(())
    }
}
