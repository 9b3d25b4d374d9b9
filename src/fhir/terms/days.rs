//! When it was: days of dates and periods.

use super::super::facts::{OCCURRED, RECORDED};
use super::table::COLLECTED;
use super::tape::Element;
use crate::search::text::Span;

/// The days of a `date`, `dateTime`, `instant` or Period. An end that is not there is open; if one is there and is no date, nothing is known.
pub(super) fn days(element: Element<'_, '_>) -> Option<Span> {
    if !element.is_object() {
        return Span::parse(&element.text()?).ok();
    }
    let end_of = |name| element.get(name).map(|end| end.text().and_then(|text| Span::parse(&text).ok()));
    match (end_of("start"), end_of("end")) {
        (Some(start), None) => start.map(Span::or_later),
        (None, Some(end)) => end.map(Span::or_earlier),
        (Some(Some(start)), Some(Some(end))) => Span::between(start, end).ok(),
        _ => None,
    }
}

/// When it was true of the patient; or else when it was written down.
pub(super) fn date(resource: Element<'_, '_>) -> Option<Span> {
    let first_of = |names: &[&'static str]| {
        let ranked = |(name, element)| Some((names.iter().position(|known| *known == name)?, element));
        let mut found: [Option<Element<'_, '_>>; MOST] = [None; MOST];
        for (rank, element) in resource.members().filter_map(ranked) {
            found.get_mut(rank).into_iter().for_each(|place| *place = Some(element));
        }
        found.into_iter().flatten().find_map(days)
    };
    let nested = || {
        COLLECTED.iter().find_map(|path| {
            let mut found = None;
            resource.each(path, &mut |element| found = found.or_else(|| days(element)));
            found
        })
    };
    first_of(OCCURRED).or_else(nested).or_else(|| first_of(RECORDED))
}

/// Places for the elements of a list.
const MOST: usize = if OCCURRED.len() > RECORDED.len() { OCCURRED.len() } else { RECORDED.len() };
