//! What an index would cost and give away under a leakage profile: by building it. `[SRCH-11]`

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::context::{Domain, Handle, IndexEpoch};
use super::error::{HeadError, SyncError, WriteError};
use super::head::HeadContents;
use super::keyword::Keyword;
use super::owner::IndexOwner;
use super::profile::LeakageProfile;
use super::segment::Segment;

/// Bytes of a mirror in memory, for each slot and each segment.
const MIRRORED_SLOT_BYTES: u64 = 30;
const MIRRORED_SEGMENT_BYTES: u64 = 320;

/// The smallest, the middle and the largest of some numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spread {
    /// The smallest.
    pub min: u64,
    /// The middle one; of an even number the upper of the two.
    pub median: u64,
    /// The largest.
    pub max: u64,
}

/// What the indexes of some patients came to under a profile, each written by one device of its owner, in one go. `[SRCH-11]`
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Plan {
    /// The profile.
    pub profile: LeakageProfile,
    /// Patients, each with an index.
    pub patients: u64,
    /// Records of all of them.
    pub records: u64,
    /// Pairs of a keyword and a record.
    pub pairs: u64,
    /// Segments.
    pub segments: u64,
    /// Slots of all segments, padding included.
    pub slots: u64,
    /// Bytes of all segments, as they are stored and synced.
    pub bytes: u64,
    /// Keywords, each once in every index it is in: each costs its writer an exponentiation, once.
    pub new_keywords: u64,
    /// Keywords, each once over all indexes.
    pub distinct_keywords: u64,
    /// The time that it took to compute the keys of keywords, on the clock that was given.
    pub cold_time: u64,
    /// The time that it took to write all pairs when the keys were there.
    pub warm_time: u64,
    /// What the server sees of a patient: segments.
    pub segments_of_patient: Spread,
    /// What the server sees of a patient: slots, padding included.
    pub slots_of_patient: Spread,
    /// Patients who have as many slots as another one.
    pub alike: u64,
    /// The chance that two remote searches in one index are seen to be the same, if keywords are looked for as often as they were written;
    /// over all patients in the mean. Zero if the profile has no remote search.
    pub repeats: f64,
    /// The keyword with the most records in one index, and how many: the most that one search shows.
    pub most_frequent: Option<(Keyword, u64)>,
}

impl Plan {
    /// Bytes of the index for each pair, in the mean.
    pub fn bytes_per_pair(&self) -> f64 {
        ratio(self.bytes, self.pairs)
    }

    /// The share of slots that is padding.
    pub fn padding(&self) -> f64 {
        ratio(self.slots.saturating_sub(self.pairs), self.slots)
    }

    /// Bytes that the mirrors of all indexes take in memory, roughly.
    pub fn mirror_bytes(&self) -> u64 {
        MIRRORED_SLOT_BYTES * self.slots + MIRRORED_SEGMENT_BYTES * self.segments
    }
}

#[allow(clippy::cast_precision_loss)] // a share, for people
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Why an index could not be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The head of an index could not be signed.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// A record could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A segment that was written is none.
    #[error(transparent)]
    Segment(#[from] SyncError),
}

/// Builds the index of every patient under `profile`, and tells what came of it. A patient is the keywords of each of her records, in
/// the order of their coming.
///
/// `clock` yields a time that does not go back, in any unit: times of the plan are in that unit. Nothing is kept of what was built.
///
/// ```
/// # use hippocrypt::{os_rng, search::*};
/// let code = |code: &str| Keyword::new("code", code);
/// let patients = [vec![vec![code("|4548-4")?, code("|2339-0")?]; 20], vec![vec![code("|4548-4")?]]];
/// let plan = plan(&LeakageProfile::standard(), patients.iter().map(Vec::as_slice), || 0, &mut os_rng())?;
/// assert_eq!((plan.pairs, plan.slots, plan.segments), (41, 3 * 32, 3));
/// assert_eq!(plan.most_frequent, Some((code("|4548-4")?, 20)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`PlanError`].
pub fn plan<'k>(
    profile: &LeakageProfile,
    patients: impl IntoIterator<Item = &'k [Vec<Keyword>]>,
    mut clock: impl FnMut() -> u64,
    rng: &mut impl CryptoRng,
) -> Result<Plan, PlanError> {
    let mut plan = Plan::nothing(profile);
    let (mut segments, mut slots, mut known) = (Vec::new(), Vec::new(), BTreeSet::new());
    for records in patients {
        let counts = counted(records);
        let built = Built::of(profile, records, &counts, &mut clock, rng)?;
        let pairs: u64 = counts.values().sum();
        plan.patients += 1;
        plan.records += records.len() as u64;
        plan.pairs += pairs;
        plan.bytes += built.bytes;
        plan.new_keywords += counts.len() as u64;
        plan.cold_time += built.cold_time;
        plan.warm_time += built.warm_time;
        if profile.remote_search {
            plan.repeats += counts.values().map(|count| squared(ratio(*count, pairs))).sum::<f64>();
        }
        let most = counts.iter().max_by_key(|(_, count)| **count);
        if let Some((keyword, count)) = most
            && plan.most_frequent.as_ref().is_none_or(|(_, most)| count > most)
        {
            plan.most_frequent = Some(((*keyword).clone(), *count));
        }
        known.extend(counts.into_keys());
        segments.push(built.segments);
        slots.push(built.slots);
    }
    plan.distinct_keywords = known.len() as u64;
    plan.repeats = if plan.patients == 0 { 0.0 } else { plan.repeats * ratio(1, plan.patients) };
    plan.segments = segments.iter().sum();
    plan.slots = slots.iter().sum();
    plan.alike = alike(&slots);
    plan.segments_of_patient = spread(segments);
    plan.slots_of_patient = spread(slots);
    Ok(plan)
}

fn squared(value: f64) -> f64 {
    value * value
}

/// Records under each keyword. A keyword that a record has twice counts once.
fn counted(records: &[Vec<Keyword>]) -> BTreeMap<&Keyword, u64> {
    let mut counts = BTreeMap::new();
    for record in records {
        for keyword in record.iter().collect::<BTreeSet<_>>() {
            *counts.entry(keyword).or_insert(0) += 1;
        }
    }
    counts
}

/// How many share their number with another.
fn alike(numbers: &[u64]) -> u64 {
    let mut counts = BTreeMap::<u64, u64>::new();
    numbers.iter().for_each(|number| *counts.entry(*number).or_default() += 1);
    counts.into_values().filter(|count| *count > 1).sum()
}

fn spread(mut numbers: Vec<u64>) -> Spread {
    numbers.sort_unstable();
    let at = |place: usize| numbers.get(place).copied().unwrap_or(0);
    Spread { min: at(0), median: at(numbers.len() / 2), max: at(numbers.len().saturating_sub(1)) }
}

/// The index of one patient.
struct Built {
    segments: u64,
    slots: u64,
    bytes: u64,
    cold_time: u64,
    warm_time: u64,
}

impl Built {
    fn of(
        profile: &LeakageProfile,
        records: &[Vec<Keyword>],
        counts: &BTreeMap<&Keyword, u64>,
        clock: &mut impl FnMut() -> u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, PlanError> {
        let owner = IndexOwner::generate(rng);
        let Ok(domain) = Domain::new("general") else { return Ok(Self::nothing()) };
        let context = owner.context(&domain, IndexEpoch::FIRST, 1);
        let (mut writer, entry) = owner.writer(&context, rng);
        let scopes = alloc::vec![owner.scope(&domain, IndexEpoch::FIRST, 1)];
        let contents = HeadContents { scopes, writers: alloc::vec![entry], policies: Vec::new() };
        let head = owner.sign(1, 0, 0, contents)?;
        let keywords: Vec<Keyword> = counts.keys().map(|keyword| (*keyword).clone()).collect();
        let begin = clock();
        writer.prepare(&keywords);
        let prepared = clock();
        for record in records {
            writer.add(Handle::random(rng), [0; 3], record);
            writer.flush(&head, profile, rng)?;
        }
        writer.finish(&head, profile, rng)?;
        let (cold_time, warm_time) = (prepared.saturating_sub(begin), clock().saturating_sub(prepared));
        let mut built = Self { cold_time, warm_time, ..Self::nothing() };
        for (_, bytes) in writer.outbox() {
            let segment = Segment::from_bytes(bytes).map_err(SyncError::from)?;
            built.segments += 1;
            built.slots += u64::from(segment.header().slots());
            built.bytes += bytes.len() as u64;
        }
        Ok(built)
    }

    fn nothing() -> Self {
        Self { segments: 0, slots: 0, bytes: 0, cold_time: 0, warm_time: 0 }
    }
}

impl Plan {
    fn nothing(profile: &LeakageProfile) -> Self {
        Self {
            profile: profile.clone(),
            patients: 0,
            records: 0,
            pairs: 0,
            segments: 0,
            slots: 0,
            bytes: 0,
            new_keywords: 0,
            distinct_keywords: 0,
            cold_time: 0,
            warm_time: 0,
            segments_of_patient: Spread::default(),
            slots_of_patient: Spread::default(),
            alike: 0,
            repeats: 0.0,
            most_frequent: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestRng;

    fn word(number: usize) -> Keyword {
        Keyword::new("code", &alloc::format!("|{number}")).unwrap()
    }

    fn planned(profile: &LeakageProfile, patients: &[Vec<Vec<Keyword>>]) -> Plan {
        let mut time = 0;
        let clock = || {
            time += 5;
            time
        };
        plan(profile, patients.iter().map(Vec::as_slice), clock, &mut TestRng::new("plan")).unwrap()
    }

    #[test]
    fn what_is_planned_is_counted() {
        // Ten records of four keywords, one of them in all; the same again; one record.
        let many: Vec<Vec<Keyword>> =
            (0..10).map(|n| [0, 3 * n + 1, 3 * n + 2, 3 * n + 3].map(word).into()).collect();
        let one = vec![vec![word(0), word(0)]];
        let plan = planned(&LeakageProfile::standard(), &[many.clone(), many, one]);
        assert_eq!((plan.patients, plan.records, plan.pairs), (3, 21, 81));
        assert_eq!((plan.new_keywords, plan.distinct_keywords), (63, 31));
        // Eight records fill 32 slots; the rest is padded to 32; and so is the one.
        assert_eq!((plan.segments, plan.slots), (5, 160));
        assert_eq!(plan.segments_of_patient, Spread { min: 1, median: 2, max: 2 });
        assert_eq!(plan.slots_of_patient, Spread { min: 32, median: 64, max: 64 });
        assert_eq!(plan.alike, 2);
        assert_eq!(plan.most_frequent, Some((word(0), 10)));
        assert_eq!((plan.cold_time, plan.warm_time), (15, 15));
        let twice = (30.0 + 100.0) / 1600.0;
        assert!((plan.repeats - (2.0 * twice + 1.0) / 3.0).abs() < 1e-9, "{}", plan.repeats);
        assert!((plan.padding() - 79.0 / 160.0).abs() < 1e-9);
        assert!(
            plan.bytes > 160 * 28 && plan.bytes_per_pair() > 28.0 && plan.mirror_bytes() > plan.slots * 28
        );
    }

    #[test]
    fn a_strict_profile_hides_more_and_takes_more() {
        let patients = vec![vec![vec![word(1), word(2)]; 3], vec![vec![word(1), word(2)]; 40]];
        let [lean, _, strict] = LeakageProfile::all().map(|profile| planned(&profile, &patients));
        assert!(lean.bytes < strict.bytes && lean.padding() < strict.padding());
        assert_eq!((lean.alike, strict.alike), (0, 2));
        assert!(lean.repeats > 0.0 && strict.repeats == 0.0);
        assert_eq!(planned(&LeakageProfile::standard(), &[]).bytes_per_pair(), 0.0);
    }
}
