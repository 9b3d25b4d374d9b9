//! Keywords as they are gathered, and what of them is kept. `[TEXT-3.2]`

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::field::{ROOMS, Room};
use super::fold;
use crate::search::Keyword;

/// Most keywords of one record, whatever it says: beyond them nothing is written, and the record is found by every question. `[TEXT-3.3]`
const MAX_KEYWORDS: usize = 1024;
/// So many are gathered, repetitions included, before the same is done.
const MAX_GATHERED: usize = 16 * MAX_KEYWORDS;
/// The field of the marks for what was left out.
pub(in crate::search) const CUT: &str = "cut";
/// The mark of a record that has more keywords than any may have.
pub(in crate::search) const CUT_ALL: &str = "all";

/// Keywords of a record on their way.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    gathered: Vec<Gathered>,
    /// Rooms in which something could not be written.
    refused: Rooms,
    /// Marks that say where in a room something lies that is not written.
    marks: Vec<Keyword>,
    /// Whether there was more than is gathered.
    is_full: bool,
}

#[derive(Debug)]
struct Gathered {
    /// The place of its room.
    room: u8,
    /// Which it was.
    number: usize,
    keyword: Keyword,
}

/// Some rooms: a bit for each.
#[derive(Debug, Clone, Copy, Default)]
struct Rooms(u64);

impl Rooms {
    fn add(&mut self, room: u8) {
        self.0 |= 1u64.checked_shl(u32::from(room)).unwrap_or_default();
    }

    fn has(self, room: u8) -> bool {
        self.0.checked_shr(u32::from(room)).unwrap_or_default() & 1 == 1
    }
}

fn room_at(place: u8) -> Option<&'static Room> {
    ROOMS.get(usize::from(place))
}

impl Sheet {
    /// Writes a keyword into a room. What cannot be one, such as a code of 600 bytes, makes the room incomplete; and so does what another version of Unicode might
    /// spell in another way.
    pub(super) fn put(&mut self, room: u8, value: &str) {
        if self.gathered.len() >= MAX_GATHERED {
            self.is_full = true;
            return;
        }
        let Some(name) = room_at(room).map(|room| room.name) else { return };
        let is_known = value.is_ascii() || fold::check(value).is_ok();
        match Keyword::new(name, value) {
            Ok(keyword) if is_known => {
                self.gathered.push(Gathered { room, number: self.gathered.len(), keyword });
            }
            _ => self.refuse(room),
        }
    }

    /// Says that not all of a room is written.
    pub(super) fn refuse(&mut self, room: u8) {
        self.refused.add(room);
    }

    /// Says that something lies in a piece of a room, and is not written more finely.
    pub(super) fn mark(&mut self, room: u8, piece: &str) {
        let Some(name) = room_at(room).map(|room| room.name) else { return };
        self.marks.extend(Keyword::new(CUT, &place(name, piece)).ok());
    }

    /// What is kept of it. A place of the budget is set aside for each room that needs one at least, be it for its only keyword or for its mark; the others go to the
    /// rooms in their order: to all of a room, or to the next one. A part of a room would serve nobody, since the mark is found by every question.
    pub(super) fn within(mut self, budget: usize) -> Vec<Keyword> {
        self.drop_repeated();
        let Self { gathered, mut refused, mut marks, is_full } = self;
        marks.sort_unstable();
        marks.dedup();
        let mut counts = [0usize; 64];
        for kept in &gathered {
            if let Some(count) = counts.get_mut(usize::from(kept.room)) {
                *count += 1;
            }
        }
        let count = |room: u8| counts.get(usize::from(room)).copied().unwrap_or_default();
        let taken: usize =
            rooms().map(|(room, of)| if of.whole { count(room) } else { usize::from(count(room) > 0) }).sum();
        let bare = rooms().filter(|(room, of)| refused.has(*room) && of.marked && count(*room) == 0);
        let mut left = budget.min(MAX_KEYWORDS).saturating_sub(taken + marks.len() + bare.count());
        // How many of each room are kept.
        let mut kept = counts;
        for (room, _) in rooms().filter(|(_, room)| !room.whole) {
            let (all, is_refused) = (count(room), refused.has(room));
            // The place that is set aside is for the last keyword, or for the mark.
            let wanted = if is_refused { all } else { all.saturating_sub(1) };
            if wanted > left {
                refused.add(room);
                kept.get_mut(usize::from(room)).into_iter().for_each(|kept| *kept = 0);
            } else {
                left -= wanted;
            }
        }
        let mut keywords = Vec::with_capacity(budget.min(gathered.len()) + 1);
        let mut is_cut = is_full;
        for Gathered { room, keyword, .. } in gathered {
            let Some(kept) = kept.get_mut(usize::from(room)).filter(|kept| **kept > 0) else { continue };
            *kept -= 1;
            if keywords.len() < MAX_KEYWORDS {
                keywords.push(keyword);
            } else {
                is_cut = true;
            }
        }
        // What is no keyword cannot be asked for, and needs no mark where there is nothing but single values.
        let cut =
            rooms().filter(|(place, room)| room.marked && refused.has(*place)).map(|(_, room)| room.name);
        keywords.extend(cut.chain(is_cut.then_some(CUT_ALL)).filter_map(|name| Keyword::new(CUT, name).ok()));
        keywords.extend(marks);
        keywords
    }

    /// Each keyword once, in the order of rooms and then of writing.
    fn drop_repeated(&mut self) {
        self.gathered
            .sort_unstable_by(|a, b| (a.room, &a.keyword, a.number).cmp(&(b.room, &b.keyword, b.number)));
        self.gathered.dedup_by(|later, first| later.room == first.room && later.keyword == first.keyword);
        self.gathered.sort_unstable_by_key(|kept| (kept.room, kept.number));
    }
}

/// The value of a mark that says where: a room, and a piece of it.
pub(in crate::search) fn place(room: &str, piece: &str) -> String {
    format!("{room} {piece}")
}

fn rooms() -> impl Iterator<Item = (u8, &'static Room)> {
    (0u8..).zip(ROOMS)
}
