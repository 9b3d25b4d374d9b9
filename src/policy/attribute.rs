//! Names, attributes, and the labels that are hashed to the curve. (SPEC `[POL-1]`)

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;

use unicode_normalization::UnicodeNormalization;

use super::error::AttributeError;
use super::text;
use super::{MAX_COMPONENT_BYTES, number::NumberType};
use crate::codec::{Decoder, Encoder};
use crate::dyadic;
use crate::error::{DecodeError, DecodeReason};
use crate::math::HashDomain;

/// One part of an attribute: a namespace, a name or a value.
///
/// 1 to 256 bytes of UTF-8 in normalization form C. Upper and lower case differ. The order is that
/// of the encodings: shorter first, then bytewise.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Component(Box<str>);

impl Component {
    /// Normalizes `text` to form C.
    ///
    /// # Errors
    /// [`AttributeError::Empty`] or [`AttributeError::TooLong`] (after normalization).
    pub fn new(text: &str) -> Result<Self, AttributeError> {
        // Normalization shrinks text to a third at most, so that nothing longer can fit.
        if text.len() > 3 * MAX_COMPONENT_BYTES {
            return Err(AttributeError::TooLong { bytes: text.len() });
        }
        let text: String = text.nfc().collect();
        match text.len() {
            0 => Err(AttributeError::Empty),
            bytes if bytes > MAX_COMPONENT_BYTES => Err(AttributeError::TooLong { bytes }),
            _ => Ok(Self(text.into_boxed_str())),
        }
    }

    /// The normalized text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A length of 0 stands for "absent": empty components do not exist.
    fn encode_optional(component: Option<&Self>, encoder: &mut Encoder) {
        encoder.short_bytes(component.map_or(&[], |component| component.0.as_bytes()));
    }

    fn decode_optional(decoder: &mut Decoder<'_>, field: &'static str) -> Result<Option<Self>, DecodeError> {
        let text = decoder.short_text(MAX_COMPONENT_BYTES, field)?;
        Ok((!text.is_empty()).then(|| Self(text.into())))
    }
}

impl Ord for Component {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Component {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What an attribute or a number is called: a name, and whose name it is.
///
/// Names of different namespaces have nothing to do with each other: `st-marys/nurse` is granted by
/// the rules of one hospital, `nurse` by those of the whole realm.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    namespace: Option<Component>,
    name: Component,
}

impl Name {
    /// A name without namespace.
    ///
    /// # Errors
    /// [`AttributeError`] if `name` is empty or too long.
    pub fn new(name: &str) -> Result<Self, AttributeError> {
        Ok(Self { namespace: None, name: Component::new(name)? })
    }

    /// The same name within a namespace.
    ///
    /// # Errors
    /// [`AttributeError`] if `namespace` is empty or too long.
    pub fn in_namespace(self, namespace: &str) -> Result<Self, AttributeError> {
        Ok(Self { namespace: Some(Component::new(namespace)?), name: self.name })
    }

    pub(crate) fn from_parts(namespace: Option<Component>, name: Component) -> Self {
        Self { namespace, name }
    }

    /// The namespace, if there is one.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_ref().map(Component::as_str)
    }

    /// The name without its namespace.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        Component::encode_optional(self.namespace.as_ref(), encoder);
        Component::encode_optional(Some(&self.name), encoder);
    }

    pub(crate) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let namespace = Component::decode_optional(decoder, "namespace")?;
        let at = decoder.position();
        let empty = DecodeReason::OutOfRange { value: 0, min: 1, max: MAX_COMPONENT_BYTES as u64 };
        let name = Component::decode_optional(decoder, "name")?;
        Ok(Self { namespace, name: name.ok_or(Decoder::error_at(at, "name", empty))? })
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(namespace) = &self.namespace {
            text::write_name(f, namespace.as_str())?;
            f.write_str("/")?;
        }
        text::write_name(f, self.name.as_str())
    }
}

/// A plain attribute: a name with or without a value, such as `role:physician` or `board-certified`.
///
/// Its [`Display`](fmt::Display) form quotes whatever needs it, so that it may be put into the text
/// of a policy, whatever it contains.
///
/// ```
/// use hippocrypt::{Attribute, Name};
///
/// let dept = Attribute::new(Name::new("dept")?).with_value("intensive care")?;
/// assert_eq!(dept.to_string(), r#"dept:"intensive care""#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Attribute {
    name: Name,
    value: Option<Component>,
}

impl Attribute {
    /// An attribute without value.
    pub fn new(name: Name) -> Self {
        Self { name, value: None }
    }

    /// The attribute of the same name with `value`.
    ///
    /// # Errors
    /// [`AttributeError`] if `value` is empty or too long.
    pub fn with_value(self, value: &str) -> Result<Self, AttributeError> {
        Ok(Self { name: self.name, value: Some(Component::new(value)?) })
    }

    pub(crate) fn from_parts(name: Name, value: Option<Component>) -> Self {
        Self { name, value }
    }

    /// What it is called.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// Its value, if it has one.
    pub fn value(&self) -> Option<&str> {
        self.value.as_ref().map(Component::as_str)
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        self.name.encode(encoder);
        Component::encode_optional(self.value.as_ref(), encoder);
    }

    pub(crate) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let name = Name::decode(decoder)?;
        Ok(Self { name, value: Component::decode_optional(decoder, "value")? })
    }

    /// What is hashed to the curve for this attribute.
    pub fn label(&self) -> Label {
        let mut encoder = Encoder::bare(64);
        encoder.u8(LABEL_PLAIN);
        self.encode(&mut encoder);
        Label::attribute(encoder.finish())
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)?;
        if let Some(value) = &self.value {
            f.write_str(":")?;
            text::write_value(f, value.as_str())?;
        }
        Ok(())
    }
}

const LABEL_PLAIN: u8 = 1;
const LABEL_NUMERIC: u8 = 2;

/// The bytes that stand for one row of a policy or one component of a key: hashed to the curve.
///
/// Either a plain attribute, `1 ‖ namespace ‖ name ‖ value`, or a node of the tree over a number,
/// `2 ‖ namespace ‖ name ‖ type ‖ bits ‖ prefix length ‖ prefix`. The encoding is injective: no two
/// things share a label. Or else a span of epochs, which is hashed in another domain.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label {
    domain: HashDomain,
    bytes: Box<[u8]>,
}

impl Label {
    fn attribute(bytes: Vec<u8>) -> Self {
        Self { domain: HashDomain::Attribute, bytes: bytes.into_boxed_slice() }
    }

    /// The label of a span of epochs in a tree of this depth. No attribute has it, whatever its name: it is
    /// hashed in a domain of its own. (SPEC `[REV-2.2]`)
    pub(crate) fn time(depth: u8, node: dyadic::Node) -> Self {
        let mut encoder = Encoder::bare(10);
        encoder.u8(depth);
        encoder.u8(node.length);
        encoder.u64(node.prefix);
        Self { domain: HashDomain::Time, bytes: encoder.finish().into_boxed_slice() }
    }

    /// Which hash makes a point of it.
    pub fn domain(&self) -> HashDomain {
        self.domain
    }

    /// The label of a node over the number `name`.
    pub(crate) fn numeric(name: &Name, number: NumberType, node: dyadic::Node) -> Self {
        let mut encoder = Encoder::bare(64);
        encoder.u8(LABEL_NUMERIC);
        name.encode(&mut encoder);
        number.encode(&mut encoder);
        encoder.u8(node.length);
        encoder.u64(node.prefix);
        Self::attribute(encoder.finish())
    }

    /// The bytes to hash.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;
    use alloc::format;
    use alloc::string::ToString;
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::super::strategies;
    use super::*;

    fn attribute(namespace: Option<&str>, name: &str, value: Option<&str>) -> Attribute {
        let mut name = Name::new(name).unwrap();
        if let Some(namespace) = namespace {
            name = name.in_namespace(namespace).unwrap();
        }
        let attribute = Attribute::new(name);
        value.map_or(attribute.clone(), |value| attribute.with_value(value).unwrap())
    }

    #[test]
    fn length_and_emptiness() {
        assert_eq!(Component::new(""), Err(AttributeError::Empty));
        assert!(Component::new(&"a".repeat(256)).is_ok());
        assert_eq!(Component::new(&"a".repeat(257)), Err(AttributeError::TooLong { bytes: 257 }));
        // Three bytes decomposed, two composed: the limit holds for the composed form.
        assert!(Component::new(&"e\u{301}".repeat(128)).is_ok());
        assert!(Component::new(&"e\u{301}".repeat(129)).is_err());
        assert!(Attribute::new(Name::new("a").unwrap()).with_value("").is_err());
        assert!(Name::new("a").unwrap().in_namespace("").is_err());
    }

    /// The worst known contraction is three bytes to one character of at least a third of them.
    #[test]
    fn normalization_never_shrinks_below_a_third() {
        for c in (0..=0x10FFFF).filter_map(char::from_u32) {
            let long: usize = core::iter::once(c).nfd().map(char::len_utf8).sum();
            let short: usize = core::iter::once(c).nfc().map(char::len_utf8).sum();
            assert!(long <= 3 * short && c.len_utf8() <= 3 * short, "{c:?}");
        }
    }

    #[test]
    fn normal_forms_are_one_attribute() {
        let composed = attribute(Some("st-andr\u{e9}"), "r\u{f4}le", Some("m\u{e9}decin"));
        let decomposed = attribute(Some("st-andre\u{301}"), "ro\u{302}le", Some("me\u{301}decin"));
        assert_eq!(composed, decomposed);
        assert_eq!(composed.label(), decomposed.label());
        assert_ne!(composed.label(), attribute(Some("st-andre"), "role", Some("medecin")).label());
    }

    /// Delimiters inside components must not move the borders between them.
    #[test]
    fn delimiters_do_not_collide() {
        let parts = ["a", "a:b", "b", "a/b", "a,b", "\"a\"", "a b", "\u{0}", "1", "a and b"];
        let mut seen = BTreeMap::new();
        let mut naive = BTreeMap::new();
        let mut naive_collides = false;
        let options = || core::iter::once(None).chain(parts.iter().copied().map(Some));
        for namespace in options() {
            for name in parts {
                for value in options() {
                    let twin = (namespace, name, value);
                    let attribute = attribute(namespace, name, value);
                    assert_eq!(seen.insert(attribute.label(), twin), None, "{twin:?}");
                    // Weakened twin: joined by delimiters instead of length prefixes.
                    let namespace = namespace.map_or(String::new(), |namespace| format!("{namespace}/"));
                    let value = value.map_or(String::new(), |value| format!(":{value}"));
                    let joined = format!("{namespace}{name}{value}");
                    naive_collides |= naive.insert(joined, twin).is_some();
                }
            }
        }
        assert!(naive_collides);
    }

    #[test]
    fn numeric_labels_differ_in_every_part() {
        let name = Name::new("clearance").unwrap();
        let node = dyadic::Node { length: 3, prefix: 5 };
        let uint = |bits| NumberType::uint(bits).unwrap();
        let labels = [
            Label::numeric(&name, uint(8), node),
            Label::numeric(&name, uint(32), node),
            Label::numeric(&name, NumberType::DATE, node),
            Label::numeric(&name, uint(8), dyadic::Node { length: 4, prefix: 5 }),
            Label::numeric(&name, uint(8), dyadic::Node { length: 3, prefix: 4 }),
            Label::numeric(&Name::new("clearancf").unwrap(), uint(8), node),
            Label::numeric(&name.clone().in_namespace("x").unwrap(), uint(8), node),
            Attribute::new(name).label(),
        ];
        let distinct: alloc::collections::BTreeSet<_> = labels.iter().collect();
        assert_eq!(distinct.len(), labels.len());
    }

    /// An attribute whose parts spell out a numeric label, or the other way round, stays apart.
    #[test]
    fn a_value_cannot_imitate_a_number() {
        let name = Name::new("n").unwrap();
        let numeric =
            Label::numeric(&name, NumberType::uint(8).unwrap(), dyadic::Node { length: 0, prefix: 0 });
        let spelled: Vec<u8> = numeric.as_bytes()[1..].to_vec();
        let text = core::str::from_utf8(&spelled).unwrap();
        for forged in
            [attribute(None, text, None), attribute(None, "n", Some(text)), attribute(Some(text), "n", None)]
        {
            assert_ne!(forged.label(), numeric);
            assert_ne!(forged.label().as_bytes()[0], numeric.as_bytes()[0]);
        }
    }

    proptest! {
        #[test]
        fn order_and_equality_are_those_of_the_bytes(a in strategies::attribute(), b in strategies::attribute()) {
            prop_assert_eq!(a.cmp(&b), a.label().cmp(&b.label()));
            prop_assert_eq!(a == b, a.to_string() == b.to_string());
        }

        #[test]
        fn encoding_round_trips(a in strategies::attribute()) {
            let label = a.label();
            let mut decoder = Decoder::new(&label.as_bytes()[1..]);
            prop_assert_eq!(Attribute::decode(&mut decoder).unwrap(), a);
            decoder.finish().unwrap();
        }
    }
}
