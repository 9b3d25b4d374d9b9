//! What can be asked for: fields, what they hold, and under which keywords that stands. `[TEXT-2]`

/// What a field holds, and so how it is written and asked. `[TEXT-2.1]`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A code of a system: `http://loinc.org|4548-4`.
    Code,
    /// One of a few words, such as `final`: it says too little to stand alone, and is indexed together with type and code.
    Status,
    /// A number of a patient, of a record, a telephone: exact, without its separators.
    Identifier,
    /// The name of somebody: exact, by its beginning, by its sound.
    Name,
    /// A day, a month, a year, or a span of days.
    Date,
    /// What was answered to the question of a code: a number with a unit, a code, high or low.
    Answer,
    /// Words.
    Text,
    /// Another record: `Encounter/4711`.
    Reference,
}

/// A field that can be asked for.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Field {
    /// Its name: where FHIR has a search parameter for it, that one's.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What it is, for people.
    pub about: &'static str,
    /// Where it is written.
    pub(super) rooms: OfField,
}

/// The rooms of a field, as places in [`ROOMS`].
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct OfField {
    /// That of the same name.
    pub(super) own: Option<u8>,
    /// That of the record's type and this field.
    pub(super) with_type: Option<u8>,
    /// That of a code and this field.
    pub(super) with_code: Option<u8>,
}

/// A field of keywords: what [`Keyword::field`](crate::search::Keyword::field) says. A field that can be asked for has one or more of them. `[TEXT-2.2]`
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Room {
    /// Its name.
    pub name: &'static str,
    /// Whether all of it is written, whatever the budget.
    pub whole: bool,
    /// Whether a record may have less of it than it says, and a mark instead: who asks for a keyword asks for the mark as well.
    pub marked: bool,
    /// A usual keyword of it stands in one record of so many: a guess for the order of search, measured over a corpus.
    pub one_in: u32,
}

const fn field(name: &'static str, kind: Kind, about: &'static str) -> Field {
    let rooms =
        OfField { own: place("", name), with_type: place("type+", name), with_code: place("code+", name) };
    Field { name, kind, about, rooms }
}

/// All fields that can be asked for.
pub const FIELDS: &[Field] = &[
    field("abatement-date", Kind::Date, "when it was over"),
    field("abnormal", Kind::Status, "interpretation of a result: high, low, normal, abnormal, critical"),
    field("address", Kind::Text, "street, city, postal code, state, country"),
    field("authored-on", Kind::Date, "when it was ordered or prescribed"),
    field("birthdate", Kind::Date, "day of birth"),
    field("body-site", Kind::Code, "where on the body"),
    field(
        "category",
        Kind::Code,
        "kind of record: lab-result, medication, or a code of the resource's category",
    ),
    field("class", Kind::Status, "class of an encounter: AMB, EMER, IMP"),
    field("clinical-status", Kind::Status, "of a condition or allergy: active, resolved"),
    field("code", Kind::Code, "what it is about: a diagnosis, a test, a drug, a procedure, a document"),
    field("criticality", Kind::Status, "of an allergy: low, high"),
    field("date", Kind::Date, "when it was true of the patient"),
    field("death-date", Kind::Date, "day of death"),
    field("encounter", Kind::Reference, "the visit that it belongs to"),
    field("end", Kind::Date, "the last day of what lasted"),
    field("family", Kind::Name, "family name"),
    field("given", Kind::Name, "given name"),
    field("identifier", Kind::Identifier, "an identifier of patient or record"),
    field("intent", Kind::Status, "of an order or plan: order, plan, proposal"),
    field("issued", Kind::Date, "when it was written down or made available"),
    field("language", Kind::Status, "a language of the patient"),
    field("location", Kind::Reference, "where it was"),
    field("method", Kind::Code, "how it was done"),
    field("name", Kind::Name, "any part of any name"),
    field("note", Kind::Text, "notes and conclusions"),
    field("onset-date", Kind::Date, "when it began"),
    field("performer", Kind::Reference, "who did, ordered, wrote or answers for it"),
    field("phone", Kind::Identifier, "telephone, e-mail"),
    field("priority", Kind::Status, "of an order: routine, urgent, stat"),
    field("reaction", Kind::Code, "how an allergy shows"),
    field("reason", Kind::Code, "why it was done"),
    field("related", Kind::Reference, "another record that it rests on, is part of, or came of"),
    field("role", Kind::Code, "role or specialty of somebody"),
    field("route", Kind::Code, "how a drug is given"),
    field("severity", Kind::Status, "mild, moderate, severe"),
    field("sex", Kind::Status, "administrative gender"),
    field("status", Kind::Status, "state of the record: final, completed, cancelled"),
    field("text", Kind::Text, "names of codes, titles, descriptions, answers in words"),
    field("type", Kind::Status, "type of resource: Observation, Patient"),
    field("under", Kind::Code, "a code, or one that stands above it: E11 is above E11.9"),
    field("value", Kind::Answer, "what was measured or answered: value(4548-4)>9 %"),
    field("verification-status", Kind::Status, "of a condition or allergy: confirmed, refuted"),
];

const fn whole(name: &'static str, one_in: u32) -> Room {
    Room { name, whole: true, marked: false, one_in }
}

const fn cut(name: &'static str, one_in: u32) -> Room {
    Room { name, whole: false, marked: true, one_in }
}

/// All fields of keywords, in the order in which they are written as long as the budget lasts: what is asked for most, and selects most, first. `[TEXT-2.2]`
pub const ROOMS: &[Room] = &[
    whole("identifier", 500),
    whole("code", 40),
    whole("type", 5),
    whole("category", 5),
    whole("date", 20),
    whole("type+status", 5),
    cut("birthdate", 200),
    cut("name", 200),
    cut("family", 200),
    cut("given", 200),
    cut("code+value", 100),
    cut("code+answer", 100),
    cut("code+status", 50),
    cut("code+abnormal", 100),
    cut("code+clinical-status", 100),
    cut("type+clinical-status", 50),
    cut("type+verification-status", 50),
    cut("type+abnormal", 50),
    cut("type+severity", 100),
    cut("type+criticality", 100),
    cut("type+class", 20),
    cut("type+intent", 20),
    cut("type+priority", 50),
    cut("type+sex", 100),
    cut("type+language", 100),
    cut("phone", 500),
    cut("name-start", 100),
    cut("name-sound", 200),
    cut("reason", 100),
    cut("reaction", 100),
    cut("under", 50),
    cut("text", 30),
    cut("note", 30),
    cut("encounter", 20),
    cut("onset-date", 50),
    cut("abatement-date", 100),
    cut("end", 50),
    cut("authored-on", 50),
    cut("death-date", 500),
    cut("performer", 20),
    cut("body-site", 100),
    cut("method", 100),
    cut("route", 100),
    cut("role", 200),
    cut("location", 50),
    cut("related", 50),
    cut("issued", 50),
    cut("address", 200),
    cut("code-system", 5),
];

/// The field of this name.
pub fn named(name: &str) -> Option<&'static Field> {
    FIELDS.binary_search_by_key(&name, |field| field.name).ok().and_then(|at| FIELDS.get(at))
}

/// The room of this name.
pub(in crate::search) fn room(name: &str) -> Option<&'static Room> {
    ROOMS.iter().find(|room| room.name == name)
}

/// The place of a room in [`ROOMS`]. To be called where this is compiled only: an unknown name is an error there.
pub(super) const fn at(name: &str) -> u8 {
    let place = place("", name);
    assert!(place.is_some(), "no such room");
    match place {
        Some(place) => place,
        None => u8::MAX,
    }
}

/// The place of the room whose name is made of two parts. For constants: it compares byte by byte.
#[allow(clippy::indexing_slicing, clippy::cast_possible_truncation)] // where this is compiled; and there are less than 64 rooms
const fn place(first: &str, second: &str) -> Option<u8> {
    let (first, second) = (first.as_bytes(), second.as_bytes());
    let mut room = 0;
    while room < ROOMS.len() {
        let name = ROOMS[room].name.as_bytes();
        let mut fits = name.len() == first.len() + second.len();
        let mut at = 0;
        while fits && at < name.len() {
            fits = name[at] == if at < first.len() { first[at] } else { second[at - first.len()] };
            at += 1;
        }
        if fits {
            return Some(room as u8);
        }
        room += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_in_order_and_rooms_have_one_name() {
        assert!(FIELDS.is_sorted_by(|a, b| a.name < b.name));
        for known in FIELDS {
            assert_eq!(named(known.name), Some(known));
        }
        for (at, known) in ROOMS.iter().enumerate() {
            assert_eq!(ROOMS.iter().position(|room| room.name == known.name), Some(at));
            assert_eq!(room(known.name), Some(known));
        }
        assert_eq!(named("cut"), None);
    }

    #[test]
    fn a_field_knows_its_rooms() {
        let name = |place: Option<u8>| place.map(|place| ROOMS[usize::from(place)].name);
        let status = &named("status").unwrap().rooms;
        assert_eq!((name(status.own), name(status.with_type)), (None, Some("type+status")));
        assert_eq!(name(status.with_code), Some("code+status"));
        assert_eq!(name(named("date").unwrap().rooms.own), Some("date"));
        // Everything that can be asked is written somewhere.
        for field in FIELDS {
            let rooms = &field.rooms;
            let written = rooms.own.or(rooms.with_type).is_some() || field.kind == Kind::Answer;
            assert!(written, "{}", field.name);
        }
    }

    /// What can be cut off is marked, so that nothing is missed.
    #[test]
    fn what_is_not_whole_is_marked() {
        assert!(ROOMS.iter().all(|room| room.whole || room.marked));
        assert!(ROOMS.len() < 64);
    }
}
