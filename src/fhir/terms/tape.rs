//! A resource as a row of values, each with the place behind it: a tree without pointers, read in one pass.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::super::json::{Raw, Scanner, Token};

/// Members that say nothing about the resource itself, wherever they stand: they are passed over. So is what begins with `_`, the extensions of a simple
/// value.
const PASSED_OVER: &[&str] = &["contained", "div", "extension", "modifierExtension"];

/// A value, and what is in it up to `end`.
#[derive(Debug)]
struct Node<'a> {
    /// Of which member it is the value; empty in arrays.
    name: Cow<'a, str>,
    json: Json<'a>,
    end: usize,
}

#[derive(Debug, Clone, Copy)]
enum Json<'a> {
    Object,
    Array,
    String(Raw<'a>),
    /// A number, `true`, `false` or `null`.
    Scalar(&'a str),
}

/// All values of a resource in their order.
#[derive(Debug)]
pub(super) struct Tape<'a>(Vec<Node<'a>>);

/// A value on the tape.
#[derive(Debug, Clone, Copy)]
pub(super) struct Element<'t, 'a> {
    nodes: &'t [Node<'a>],
    at: usize,
}

impl<'a> Tape<'a> {
    /// Reads a resource; what is no JSON ends it.
    pub(super) fn read(resource: &'a [u8]) -> Self {
        let mut nodes: Vec<Node<'a>> = Vec::new();
        let Ok(text) = core::str::from_utf8(resource) else { return Self(nodes) };
        // The resource was read before: it is no deeper than it may be.
        let mut scanner = Scanner::new(text, 0, usize::MAX);
        let (mut open, mut name) = (Vec::new(), Cow::Borrowed(""));
        while let Ok(token) = scanner.next() {
            let json = match token {
                Token::Name(next) if PASSED_OVER.contains(&next.as_ref()) || next.starts_with('_') => {
                    if scanner.skip_value().is_err() {
                        break;
                    }
                    continue;
                }
                Token::Name(next) => {
                    name = next;
                    continue;
                }
                Token::ObjectEnd | Token::ArrayEnd => {
                    let end = nodes.len();
                    if let Some(node) = open.pop().and_then(|at: usize| nodes.get_mut(at)) {
                        node.end = end;
                    }
                    if open.is_empty() {
                        break;
                    }
                    continue;
                }
                Token::ObjectStart => Json::Object,
                Token::ArrayStart => Json::Array,
                Token::String(raw) => Json::String(raw),
                Token::Scalar => {
                    Json::Scalar(text.get(scanner.token_at()..scanner.end()).unwrap_or_default())
                }
            };
            if matches!(json, Json::Object | Json::Array) {
                open.push(nodes.len());
            }
            nodes.push(Node { name: core::mem::take(&mut name), json, end: nodes.len() + 1 });
        }
        // What was not closed reaches to the end.
        let end = nodes.len();
        open.into_iter().for_each(|at| nodes.get_mut(at).into_iter().for_each(|node| node.end = end));
        Self(nodes)
    }

    /// The resource.
    pub(super) fn root(&self) -> Element<'_, 'a> {
        Element { nodes: &self.0, at: 0 }
    }
}

impl<'t, 'a> Element<'t, 'a> {
    fn node(self) -> Option<&'t Node<'a>> {
        self.nodes.get(self.at)
    }

    /// What an object or an array holds.
    fn children(self) -> impl Iterator<Item = Self> {
        let end = self.node().map_or(0, |node| node.end);
        let mut at = self.at + 1;
        core::iter::from_fn(move || {
            let child = Self { nodes: self.nodes, at };
            at = child.node().filter(|_| at < end)?.end;
            Some(child)
        })
    }

    /// The members of an object; nothing of anything else.
    pub(super) fn members(self) -> impl Iterator<Item = (&'t str, Self)> {
        let is_object = self.is_object();
        self.children()
            .filter_map(move |child| Some((child.node()?.name.as_ref(), child)))
            .filter(move |_| is_object)
    }

    /// The member of an object.
    pub(super) fn get(self, name: &str) -> Option<Self> {
        self.members().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// What an array holds; of anything else itself: whether an element repeats is not the same in all versions of FHIR.
    pub(super) fn items(self) -> impl Iterator<Item = Self> {
        let is_array = matches!(self.node().map(|node| node.json), Some(Json::Array));
        let alone = (!is_array).then_some(self);
        alone.into_iter().chain(self.children().filter(move |_| is_array))
    }

    /// Whether it is an object.
    pub(super) fn is_object(self) -> bool {
        matches!(self.node().map(|node| node.json), Some(Json::Object))
    }

    /// A string that says something.
    pub(super) fn text(self) -> Option<Cow<'a, str>> {
        match self.node()?.json {
            Json::String(raw) => Some(raw.text()).filter(|text| !text.trim().is_empty()),
            _ => None,
        }
    }

    /// The string of a member.
    pub(super) fn text_of(self, name: &str) -> Option<Cow<'a, str>> {
        self.get(name)?.text()
    }

    /// `true` or `false`.
    pub(super) fn boolean(self) -> Option<bool> {
        match self.node()?.json {
            Json::Scalar("true") => Some(true),
            Json::Scalar("false") => Some(false),
            _ => None,
        }
    }

    /// A number that is not too large to be one.
    pub(super) fn number(self) -> Option<f64> {
        match self.node()?.json {
            // `true`, `false` and `null` are none.
            Json::Scalar(written) => written.parse().ok().filter(|number: &f64| number.is_finite()),
            _ => None,
        }
    }

    /// Every element at the end of a path, items one by one.
    pub(super) fn each(self, path: &[&str], take: &mut dyn FnMut(Self)) {
        for item in self.items() {
            match path.split_first() {
                None => take(item),
                Some((first, rest)) => item.get(first).into_iter().for_each(|value| value.each(rest, take)),
            }
        }
    }
}
