//! The keywords of a term: those under which every record stands that the term is true of, and those under which no other stands. `[TEXT-8.3]`

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::error::AskReason;
use super::term::{NamePart, Operator, Term, What};
use crate::search::Keyword;
use crate::search::text::date::{self, Fineness};
use crate::search::text::field::room;
use crate::search::text::sheet::{self, CUT, CUT_ALL};
use crate::search::text::words::Word;
use crate::search::text::{Span, code, fold, name, number};

/// Why the index alone finds more than what is asked for. `[TEXT-8.3]`
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Coarse {
    /// Keywords of this field do not say of which system the code is, or say it in a way that other codes share.
    System,
    /// Beginnings and sounds are indexed for all names of a record together.
    AnyName,
    /// No more than eight letters of a beginning are indexed.
    Beginning,
    /// Words are indexed one by one, of all texts of the field together.
    Words,
    /// Days are indexed in pieces that are wider than what is asked: in most fields, months.
    Days,
    /// Numbers are indexed in pieces that are wider than what is asked.
    Pieces,
    /// What is not so cannot be taken away, because no keyword says it exactly.
    Negation,
}

impl fmt::Display for Coarse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "the keyword does not tell the system",
            Self::AnyName => "the keyword is of any name in the record",
            Self::Beginning => "eight letters are indexed",
            Self::Words => "the words may stand apart",
            Self::Days => "days are indexed in wider pieces",
            Self::Pieces => "indexed in pieces of 1.6 %",
            Self::Negation => "no keyword says exactly this",
        })
    }
}

/// One of these keywords, at least.
pub(super) type OneOf = Vec<Keyword>;

/// What a term is in the index.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    /// A record that the term is true of has one of each of these, or a mark instead.
    pub(super) upper: Vec<OneOf>,
    /// The term is true of a record that has one of each of these.
    pub(super) lower: Option<Vec<OneOf>>,
    /// Why `lower` is not the same as `upper`, if it is not.
    pub(super) coarse: Option<Coarse>,
}

impl Keys {
    fn exact(groups: Vec<OneOf>) -> Self {
        Self { lower: Some(groups.clone()), upper: groups, coarse: None }
    }

    fn coarse(groups: Vec<OneOf>, why: Coarse) -> Self {
        Self { upper: groups, lower: None, coarse: Some(why) }
    }

    fn exact_unless(coarse: Option<Coarse>, groups: Vec<OneOf>) -> Self {
        match coarse {
            None => Self::exact(groups),
            Some(why) => Self::coarse(groups, why),
        }
    }

    /// What pieces are found under: `inner` lies within what is asked, `outer` around it.
    fn pieces(outer: OneOf, inner: OneOf, why: Coarse) -> Self {
        let coarse = (outer != inner).then_some(why);
        Self { upper: alloc::vec![outer], lower: (!inner.is_empty()).then(|| alloc::vec![inner]), coarse }
    }
}

/// The marks that a record may have instead of one of these keywords.
pub(super) fn marks(keywords: &[Keyword]) -> Vec<Keyword> {
    let mut rooms: Vec<&str> = keywords.iter().map(Keyword::field).collect();
    rooms.sort_unstable();
    rooms.dedup();
    let marked = rooms.into_iter().filter(|name| room(name).is_some_and(|room| room.marked));
    marked.chain([CUT_ALL]).filter_map(|name| Keyword::new(CUT, name).ok()).collect()
}

/// Whether a keyword is a mark of what was left out, and not of what a record says.
pub(super) fn is_mark(keyword: &Keyword) -> bool {
    keyword.field() == CUT
}

/// A keyword that a record can have.
pub(super) fn keyword(field: &str, value: &str) -> Result<Keyword, AskReason> {
    fold::check(value)?;
    Ok(Keyword::new(field, value)?)
}

fn one(field: &str, value: &str) -> Result<OneOf, AskReason> {
    keyword(field, value).map(|keyword| alloc::vec![keyword])
}

fn all(field: &str, values: impl Iterator<Item = String>) -> Result<OneOf, AskReason> {
    values.map(|value| keyword(field, &value)).collect()
}

/// The keywords of a term that needs no other beside it.
pub(super) fn of(term: &Term) -> Result<Keys, AskReason> {
    let field = term.field.name;
    Ok(match &term.what {
        What::Code { system, code } => coded(field, system.as_deref(), code)?,
        What::System(system) => Keys::exact(alloc::vec![one("code-system", system)?]),
        What::Under { system, code } => under(system.as_deref(), code)?,
        What::Type(name) => Keys::exact(alloc::vec![one("type", name)?]),
        // Beside a type or a code alone: `composite`.
        What::Status(_) => return Err(AskReason::StatusAlone { field, by_code: by_code(field) }),
        What::Identifier { system, value } => {
            let value = format!("{}|{value}", system.as_deref().unwrap_or_default());
            Keys::exact(alloc::vec![one(field, &value)?])
        }
        What::Name { parts, how, .. } => named(field, parts, *how)?,
        What::Date(span) => dated(field, *span)?,
        What::Number { of, operator, number, unit } => {
            let (outer, inner) = measured(of, *operator, *number, unit)?;
            of_code(of, Keys::pieces(outer, inner, Coarse::Pieces))?
        }
        What::Digits { of, digits } => {
            let (mut outer, mut inner) = measured(of, Operator::Is, digits.parse().unwrap_or_default(), "")?;
            let answer = answered(of, digits)?;
            outer.push(answer.clone());
            inner.push(answer);
            of_code(of, Keys::pieces(outer, inner, Coarse::Pieces))?
        }
        What::Answer { of, code } => of_code(of, Keys::exact(alloc::vec![alloc::vec![answered(of, code)?]]))?,
        What::Flag { of, flag } => {
            let value = code::pair(&code::bare(of), flag.letter());
            of_code(of, Keys::exact(alloc::vec![one("code+abnormal", &value)?]))?
        }
        What::Text { words, .. } => {
            let groups = words.iter().map(|word| worded(field, word)).collect::<Result<Vec<_>, _>>()?;
            Keys::exact_unless((words.len() > 1).then_some(Coarse::Words), groups)
        }
        What::Reference(to) => Keys::exact(alloc::vec![one(field, to)?]),
    })
}

/// Whether a status can be asked beside a code.
pub(super) fn by_code(field: &str) -> bool {
    room(&format!("code+{field}")).is_some()
}

fn coded(field: &str, system: Option<&str>, code: &str) -> Result<Keys, AskReason> {
    // Categories are written without their system.
    let written = system.filter(|_| field != "category");
    let groups = alloc::vec![one(field, &format!("{}{}", written.unwrap_or_default(), code::bare(code)))?];
    let shared = system != written || code.contains('|');
    Ok(Keys::exact_unless(shared.then_some(Coarse::System), groups))
}

fn under(system: Option<&str>, code: &str) -> Result<Keys, AskReason> {
    // Prefixes are written without dots, codes of a table as they are.
    let mut values = alloc::vec![code::bare(code)];
    let undotted = code::bare(&code::undotted(code));
    if !values.contains(&undotted) {
        values.push(undotted);
    }
    let groups = alloc::vec![all("under", values.into_iter())?];
    Ok(Keys::exact_unless(system.map(|_| Coarse::System), groups))
}

fn named(field: &str, parts: &[String], how: NamePart) -> Result<Keys, AskReason> {
    let (mut groups, mut coarse) = (Vec::new(), None);
    for (at, part) in parts.iter().enumerate() {
        let is_last = at + 1 == parts.len();
        let any_name = (field != "name").then_some(Coarse::AnyName);
        groups.push(match how {
            NamePart::Start if is_last => {
                let start = name::start(part).ok_or(AskReason::ShortPrefix { least: 2 })?;
                coarse = coarse.or(any_name).or((start != *part).then_some(Coarse::Beginning));
                one("name-start", &start)?
            }
            NamePart::Sound => {
                coarse = coarse.or(any_name);
                one("name-sound", &name::sound(part).ok_or(AskReason::NoSound)?)?
            }
            _ => one(field, part)?,
        });
    }
    Ok(Keys::exact_unless(coarse, groups))
}

fn dated(field: &str, span: Span) -> Result<Keys, AskReason> {
    let cover = date::cover(span, Fineness::of(field));
    let (outer, inner) = (all(field, cover.outer.into_iter())?, all(field, cover.inner.into_iter())?);
    let mut keys = Keys::pieces(outer, inner, Coarse::Days);
    let lasting = all(CUT, cover.lasting.iter().map(|piece| sheet::place(field, piece)))?;
    keys.upper.iter_mut().for_each(|group| group.extend_from_slice(&lasting));
    Ok(keys)
}

/// The keywords around an interval, and within it.
fn measured(of: &str, operator: Operator, number: f64, unit: &str) -> Result<(OneOf, OneOf), AskReason> {
    let amount = operator.amount(number).ok_or(AskReason::NotANumber)?;
    let cover = number::cover(amount);
    let write = |pieces: Vec<String>| {
        all("code+value", pieces.into_iter().map(|piece| number::keyword(of, &piece, unit)))
    };
    Ok((write(cover.outer)?, write(cover.inner)?))
}

fn answered(of: &str, code: &str) -> Result<Keyword, AskReason> {
    keyword("code+answer", &code::pair(&code::bare(of), &code::folded(code)))
}

/// What is answered to a code is in records that have the code: one look-up, after which there may be nothing left to look for.
fn of_code(of: &str, mut keys: Keys) -> Result<Keys, AskReason> {
    keys.upper.insert(0, one("code", &code::bare(of))?);
    Ok(keys)
}

fn worded(field: &str, word: &Word) -> Result<OneOf, AskReason> {
    all(field, [Some(&word.word), word.stem.as_ref()].into_iter().flatten().cloned())
}

/// A type or a code that a record has for certain, beside which a status can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Anchor {
    Type(String),
    /// Without its system.
    Code(String),
}

impl Anchor {
    fn room(&self, field: &str) -> String {
        match self {
            Self::Type(_) => format!("type+{field}"),
            Self::Code(_) => format!("code+{field}"),
        }
    }
}

/// What a record has for certain if a term is true of it.
pub(super) fn anchor(term: &Term) -> Option<Anchor> {
    match &term.what {
        What::Type(name) => Some(Anchor::Type(name.clone())),
        What::Code { code, .. } if term.field.name == "code" => Some(Anchor::Code(code.clone())),
        What::Number { of, .. }
        | What::Digits { of, .. }
        | What::Answer { of, .. }
        | What::Flag { of, .. } => Some(Anchor::Code(of.clone())),
        _ => None,
    }
}

/// The keywords of a status beside one of these types or codes; `None` if there are none of one of them.
pub(super) fn composite(field: &str, word: &str, anchors: &[Anchor]) -> Option<Result<Keys, AskReason>> {
    if anchors.is_empty() || anchors.iter().any(|anchor| room(&anchor.room(field)).is_none()) {
        return None;
    }
    let joined = |anchor: &Anchor| {
        let value = match anchor {
            Anchor::Type(name) => code::pair(name, word),
            Anchor::Code(code) => code::pair(&code::bare(code), word),
        };
        keyword(&anchor.room(field), &value)
    };
    let keywords = anchors.iter().map(joined).collect::<Result<OneOf, _>>();
    Some(keywords.map(|keywords| Keys::exact(alloc::vec![keywords])))
}
