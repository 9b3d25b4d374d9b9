//! Random schemas, attributes, sets and policies. Few names, so that they meet.
#![allow(clippy::cast_possible_truncation)]

use alloc::string::String;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

/// Components: common words, and all that could confuse a parser.
fn component() -> impl Strategy<Value = Component> {
    let text = prop_oneof![
        4 => "[a-c]{1,2}".boxed(),
        1 => "[ab:/,()=<>\"\\\\ .0-9-]{1,4}".boxed(),
        1 => prop::sample::select(&["and", "OR", "not", "of", "in", "2", "..", "intensive care", "été", "e\u{301}", "\u{301}", "日本", "\n", "\u{202e}", "\u{0}"][..])
            .prop_map(String::from).boxed(),
        1 => "\\PC{1,3}".boxed(),
    ];
    text.prop_map(|text| Component::new(&text).unwrap())
}

pub(crate) fn name() -> impl Strategy<Value = Name> {
    (prop::option::weighted(0.2, component()), component())
        .prop_map(|(namespace, name)| Name::from_parts(namespace, name))
}

pub(crate) fn attribute() -> impl Strategy<Value = Attribute> {
    (name(), prop::option::of(component())).prop_map(|(name, value)| Attribute::from_parts(name, value))
}

pub(crate) fn number_type() -> impl Strategy<Value = NumberType> {
    prop_oneof![
        2 => (1..=6u8).prop_map(|bits| NumberType::uint(bits).unwrap()),
        1 => (1..=64u8).prop_map(|bits| NumberType::uint(bits).unwrap()),
        1 => Just(NumberType::DATE),
    ]
}

pub(crate) fn schema() -> impl Strategy<Value = Schema> {
    prop::collection::vec((name(), number_type()), 0..5).prop_map(|declarations| {
        let mut schema = Schema::empty();
        for (name, number) in declarations {
            let _ = schema.declare(name, number);
        }
        schema
    })
}

/// A range of `number`: any, one that touches an end, a single value, a whole day.
fn range_of(name: Name, number: NumberType) -> impl Strategy<Value = Range> {
    (any::<u64>(), any::<u64>(), 0..6u8).prop_map(move |(a, b, form)| {
        let max = number.max_value();
        let (lo, hi) = ((a & max).min(b & max), (a & max).max(b & max));
        let day = lo - lo % 1440;
        let (lo, hi) = match form {
            0 => (0, hi),
            1 => (lo, max),
            2 => (lo, lo),
            3 if number.is_date() => (day, (day + 1439).min(max)),
            4 if number.is_date() => (day, (hi - hi % 1440 + 1439).min(max)),
            _ => (lo, hi),
        };
        Range::new(name.clone(), number, lo, hi).unwrap()
    })
}

pub(crate) fn range() -> impl Strategy<Value = Range> {
    (name(), number_type()).prop_flat_map(|(name, number)| range_of(name, number))
}

/// Names that small policies and sets share: a to e are plain, x and y small numbers.
pub(crate) fn small_schema() -> Schema {
    Schema::parse("x: uint(3), y: uint(2)").unwrap()
}

fn small_leaf() -> impl Strategy<Value = Node> {
    let schema = small_schema();
    let numbers: Vec<_> = schema.iter().map(|(name, number)| (name.clone(), number)).collect();
    let plain = prop::sample::select(&["a", "b", "c", "d", "e"][..])
        .prop_map(|name| Node::Attribute(Attribute::new(Name::new(name).unwrap())));
    let range = prop::sample::select(numbers)
        .prop_flat_map(|(name, number)| range_of(name, number))
        .prop_map(Node::Range);
    prop_oneof![5 => plain, 1 => range]
}

fn tree(
    leaf: impl Strategy<Value = Node> + 'static,
    depth: u32,
    leaves: u32,
    width: usize,
) -> impl Strategy<Value = Node> {
    leaf.prop_recursive(depth, leaves, 3, move |child| {
        (prop::collection::vec(child, 1..=width), 0..3u8, any::<prop::sample::Index>()).prop_map(
            |(nodes, gate, k)| match gate {
                0 => Node::all_of(nodes),
                1 => Node::any_of(nodes),
                _ => Node::at_least(1 + k.index(nodes.len()) as u16, nodes),
            },
        )
    })
}

fn policy_of(node: impl Strategy<Value = Node>, id: [u8; 32]) -> impl Strategy<Value = Policy> {
    node.prop_filter_map("limits", move |node| Policy::within_limits(node, id).ok())
}

/// Policies over few small names, for comparing with exhaustive search.
pub(crate) fn small_policy() -> impl Strategy<Value = Policy> {
    policy_of(tree(small_leaf(), 3, 10, 4), small_schema().id())
}

/// The attributes that `small_policy` can ask for, some of them.
pub(crate) fn small_set() -> impl Strategy<Value = AttributeSet> {
    (any::<[bool; 5]>(), prop::option::of(0..8u64), prop::option::of(0..4u64)).prop_map(|(held, x, y)| {
        let (mut set, schema) = (AttributeSet::new(), small_schema());
        for (name, _) in ["a", "b", "c", "d", "e"].iter().zip(held).filter(|(_, held)| *held) {
            set.insert(Attribute::new(Name::new(name).unwrap()), &schema).unwrap();
        }
        for (name, value) in [("x", x), ("y", y)] {
            if let Some(value) = value {
                set.insert_number(Name::new(name).unwrap(), value, &schema).unwrap();
            }
        }
        set
    })
}

/// A schema, and a policy with arbitrary names and ranges that fits it.
pub(crate) fn schema_and_policy() -> impl Strategy<Value = (Schema, Policy)> {
    schema().prop_flat_map(|schema| {
        let numbers: Vec<_> = schema.iter().map(|(name, number)| (name.clone(), number)).collect();
        let declared = schema.clone();
        let plain = attribute()
            .prop_filter("declared", move |attribute| declared.number_type(attribute.name()).is_none())
            .prop_map(Node::Attribute);
        let leaf = if numbers.is_empty() {
            plain.boxed()
        } else {
            let range = prop::sample::select(numbers).prop_flat_map(|(name, number)| range_of(name, number));
            prop_oneof![2 => plain, 1 => range.prop_map(Node::Range)].boxed()
        };
        let policy = policy_of(tree(leaf, 5, 30, 6), schema.id());
        (Just(schema), policy)
    })
}

/// A schema, and a set with arbitrary names that fits it.
pub(crate) fn schema_and_set() -> impl Strategy<Value = (Schema, AttributeSet)> {
    (
        schema(),
        prop::collection::vec(attribute(), 0..6),
        prop::collection::vec(prop::option::of(any::<u64>()), 5),
    )
        .prop_map(|(schema, plain, values)| {
            let mut set = AttributeSet::new();
            for attribute in plain {
                let _ = set.insert(attribute, &schema);
            }
            for ((name, number), value) in schema.iter().zip(values) {
                if let Some(value) = value {
                    set.insert_number(name.clone(), value & number.max_value(), &schema).unwrap();
                }
            }
            (schema, set)
        })
}
