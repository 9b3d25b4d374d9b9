//! What an index gives away, as data: how segments are padded, how many records they mix, how much of a record is indexed, how often keys
//! change. `[SRCH-11]`

use alloc::boxed::Box;

use super::segment::MAX_SLOTS;
use super::slot::SLOT_BYTES;

/// The knobs of leakage, and their prices: more padding and more mixing hide more, take more bytes, and hold entries back longer. `[SRCH-11.1]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeakageProfile {
    /// Its name.
    pub name: Box<str>,
    /// Slots of the smallest segment: a power of two.
    pub smallest: u32,
    /// Slots of the largest segment: a power of two.
    pub largest: u32,
    /// A segment is written when this much of a bucket is full, in percent; the rest is padding.
    pub fullness: u8,
    /// Records that a segment mixes, at least, unless the writer cannot wait.
    pub records_per_segment: u32,
    /// Keywords of a record, at most, unless those that are written always are more ([`Terms::keywords`](super::text::Terms::keywords)): each is an
    /// entry, and what is left out is found by coarser keywords, with more that is not meant.
    pub keywords_per_record: u32,
    /// Days after which the owner begins a new index epoch.
    pub epoch_days: u32,
    /// Whether readers may have the server match tags for them.
    pub remote_search: bool,
}

impl LeakageProfile {
    /// The default: buckets of 32 to 4,096 slots, 75 % full, eight records in a segment, 40 keywords of a record, a new epoch twice a year.
    pub fn standard() -> Self {
        Self {
            name: "standard".into(),
            smallest: 32,
            largest: 4096,
            fullness: 75,
            records_per_segment: 8,
            keywords_per_record: 40,
            epoch_days: 182,
            remote_search: true,
        }
    }

    /// Everything at once and little padding: for bulk loads of what is not sensitive in its volumes.
    pub fn lean() -> Self {
        Self {
            name: "lean".into(),
            smallest: 8,
            fullness: 90,
            records_per_segment: 1,
            keywords_per_record: 40,
            epoch_days: 365,
            ..Self::standard()
        }
    }

    /// One size of segment, many records in each, no remote search, a new epoch every month.
    pub fn strict() -> Self {
        Self {
            name: "strict".into(),
            smallest: 1024,
            largest: 1024,
            fullness: 75,
            records_per_segment: 32,
            keywords_per_record: 24,
            epoch_days: 30,
            remote_search: false,
        }
    }

    /// The three above.
    pub fn all() -> [Self; 3] {
        [Self::lean(), Self::standard(), Self::strict()]
    }

    /// The budget of a record's keywords.
    pub fn budget(&self) -> usize {
        usize::try_from(self.keywords_per_record).unwrap_or(usize::MAX)
    }

    /// The sizes as they are used: powers of two in the range of the format, whatever was written into the fields.
    fn sizes(&self) -> (usize, usize) {
        let power =
            |slots: u32| usize::try_from(slots).unwrap_or(MAX_SLOTS).clamp(1, MAX_SLOTS).next_power_of_two();
        let smallest = power(self.smallest);
        (smallest, power(self.largest).max(smallest))
    }

    /// Slots of the segment that holds so many entries: the bucket.
    pub fn bucket(&self, entries: usize) -> usize {
        let (smallest, largest) = self.sizes();
        entries.next_power_of_two().clamp(smallest, largest)
    }

    /// How many of `entries` that wait, of `records` records, go into a segment now; `None` if they should wait for more. `[SRCH-11.2]`
    pub fn ready(&self, entries: usize, records: usize) -> Option<usize> {
        let (_, largest) = self.sizes();
        if entries >= largest {
            return Some(largest);
        }
        let mixed = records >= usize::try_from(self.records_per_segment).unwrap_or(usize::MAX);
        let full = entries * 100 >= self.bucket(entries) * usize::from(self.fullness.min(100));
        (entries > 0 && mixed && full).then_some(entries)
    }

    /// How many of `entries` go into the next segment if nothing waits any longer.
    pub fn forced(&self, entries: usize) -> Option<usize> {
        let (_, largest) = self.sizes();
        (entries > 0).then(|| entries.min(largest))
    }

    /// Bytes of a segment of so many slots, for a domain name of seven bytes.
    pub fn segment_bytes(slots: usize) -> usize {
        7 + 16 + 2 + 7 + 4 + 2 + 16 + 8 + 8 + 32 + 12 + 4 + slots * SLOT_BYTES + 64
    }
}

impl Default for LeakageProfile {
    fn default() -> Self {
        Self::standard()
    }
}
