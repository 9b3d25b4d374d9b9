//! The cache of attributes: hash points, and tables of those that are used again and again. `[ABE-3.8]`

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::abe::scheme;
use crate::math::FixedG1;
use crate::policy::Label;

/// Bytes of an entry besides its label and its table: the point, and its places in the map and on the heap.
const ENTRY_BYTES: usize = 256;

/// What is computed once for each attribute that encryption, key generation or validation meets.
///
/// An attribute stands for a point of the curve, which takes longer to find (about 60 µs) than most of what is
/// done with it. The cache keeps the points, and from the fourth use of an attribute on a table of
/// 33 KB that makes its powers several times as fast; where space runs out, what was not used for the
/// longest time goes. It holds nothing secret: attributes and policies are public. It is shared by clones, by realms that
/// are given the same one, and by threads.
///
/// Every [`PublicParameters`](crate::PublicParameters) has one of [`AttributeCache::DEFAULT_CAPACITY`],
/// which takes no memory before it is used.
///
/// ```
/// use hippocrypt::{AttributeCache, setup};
///
/// let (parameters, _) = setup("st-marys", &mut hippocrypt::os_rng())?;
/// let parameters = parameters.with_attribute_cache(AttributeCache::new(64 << 20));
/// assert_eq!(parameters.attribute_cache().capacity(), 64 << 20);
/// # Ok::<(), hippocrypt::IssueError>(())
/// ```
#[derive(Clone)]
pub struct AttributeCache {
    capacity: usize,
    entries: Arc<Mutex<Entries>>,
}

#[derive(Default)]
struct Entries {
    by_label: HashMap<Label, Entry>,
    bytes: usize,
    /// Counts look-ups: a clock for `last_use`.
    now: u64,
}

struct Entry {
    point: Arc<FixedG1>,
    uses: u32,
    last_use: u64,
    bytes: usize,
}

impl fmt::Debug for AttributeCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (len, bytes) = (self.len(), self.bytes());
        let mut output = f.debug_struct("AttributeCache");
        output.field("capacity", &self.capacity).field("len", &len).field("bytes", &bytes).finish()
    }
}

impl Default for AttributeCache {
    fn default() -> Self {
        Self::new(Self::DEFAULT_CAPACITY)
    }
}

impl AttributeCache {
    /// 32 MiB: tables of about 980 attributes.
    pub const DEFAULT_CAPACITY: usize = 32 << 20;
    /// The use of an attribute, counted from 1, from which on it has a table. Making one takes about as
    /// long as it saves in eight uses.
    pub const TABLE_FROM_USE: u32 = 4;

    /// A cache that holds at most about `capacity` bytes; with 0, nothing.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, entries: Arc::default() }
    }

    /// The bound, in bytes.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Bytes in use, labels and bookkeeping included; at most the capacity.
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    /// Attributes in the cache.
    pub fn len(&self) -> usize {
        self.lock().by_label.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets everything.
    pub fn clear(&self) {
        *self.lock() = Entries::default();
    }

    /// H(x) for each label, with tables for those that are hot.
    pub(crate) fn points(&self, labels: &[Label]) -> Vec<Arc<FixedG1>> {
        if self.capacity == 0 {
            return scheme::attribute_points(labels);
        }
        // Under the lock nothing is computed.
        let known: Vec<Option<(Arc<FixedG1>, bool)>> = {
            let mut entries = self.lock();
            labels.iter().map(|label| entries.look_up(label)).collect()
        };
        let unknown = labels.iter().zip(&known).filter(|(_, known)| known.is_none()).map(|(label, _)| label);
        let mut new = scheme::attribute_points(unknown).into_iter();
        let mut changed = Vec::new();
        let mut points = Vec::with_capacity(labels.len());
        for (label, known) in labels.iter().zip(known) {
            let is_new = known.is_none();
            let Some((point, hot)) = known.or_else(|| Some((new.next()?, false))) else { continue };
            let wants_table = hot && point.table_bytes() == 0;
            if wants_table {
                point.prepare();
            }
            if is_new || wants_table {
                changed.push((label, Arc::clone(&point)));
            }
            points.push(point);
        }
        if !changed.is_empty() {
            let mut entries = self.lock();
            for (label, point) in changed {
                entries.store(label, point);
            }
            entries.shrink_to(self.capacity);
        }
        points
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        // No code that can panic runs under the lock; were it to, entries are independent of each other.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    /// The point, and whether it is used often enough for a table.
    fn look_up(&mut self, label: &Label) -> Option<(Arc<FixedG1>, bool)> {
        self.now += 1;
        let entry = self.by_label.get_mut(label)?;
        entry.uses = entry.uses.saturating_add(1);
        entry.last_use = self.now;
        Some((Arc::clone(&entry.point), entry.uses >= AttributeCache::TABLE_FROM_USE))
    }

    /// A new point, or one that has got a table.
    fn store(&mut self, label: &Label, point: Arc<FixedG1>) {
        let bytes = ENTRY_BYTES + label.as_bytes().len() + point.table_bytes();
        let last_use = self.now;
        let entry = self.by_label.entry(label.clone()).or_insert(Entry {
            point: Arc::clone(&point),
            uses: 1,
            last_use,
            bytes: 0,
        });
        // Another thread may have been first with the point; the one that has a table stays.
        if point.table_bytes() >= entry.point.table_bytes() {
            entry.point = point;
            self.bytes = self.bytes - entry.bytes + bytes;
            entry.bytes = bytes;
        }
    }

    /// Drops what was not used for the longest time, down to three quarters of the capacity, so that
    /// the search for it is paid by many entries.
    fn shrink_to(&mut self, capacity: usize) {
        if self.bytes <= capacity {
            return;
        }
        let mut by_age: Vec<(u64, usize)> =
            self.by_label.values().map(|entry| (entry.last_use, entry.bytes)).collect();
        by_age.sort_unstable_by(|a, b| b.cmp(a));
        let mut kept = 0;
        let oldest = by_age.iter().find(|(_, bytes)| {
            kept += bytes;
            kept > capacity / 4 * 3
        });
        let oldest = oldest.map_or(0, |(last_use, _)| *last_use);
        self.by_label.retain(|_, entry| entry.last_use > oldest);
        self.bytes = self.by_label.values().map(|entry| entry.bytes).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{AttributeSet, Schema};

    fn labels(numbers: std::ops::Range<usize>) -> Vec<Label> {
        let names: Vec<String> = numbers.map(|number| format!("attribute-{number}")).collect();
        AttributeSet::parse(&names.join(", "), &Schema::empty()).unwrap().labels()
    }

    fn points_are_right(labels: &[Label], points: &[Arc<FixedG1>]) -> bool {
        labels.len() == points.len()
            && labels
                .iter()
                .zip(points)
                .all(|(label, point)| *point.point() == scheme::attribute_point(label))
    }

    #[test]
    fn the_fourth_use_makes_a_table() {
        let cache = AttributeCache::default();
        let labels = labels(0..3);
        for uses in 1..6 {
            let points = cache.points(&labels);
            assert!(points_are_right(&labels, &points));
            assert!(points.iter().all(|point| (point.table_bytes() > 0) == (uses >= 4)));
        }
        assert_eq!(cache.len(), 3);
        assert!((3 * 33_000..3 * 35_000).contains(&cache.bytes()));
        cache.clear();
        assert_eq!((cache.len(), cache.bytes()), (0, 0));
    }

    #[test]
    fn memory_is_bounded_and_what_is_hot_stays() {
        let cache = AttributeCache::new(200_000);
        let hot = labels(0..2);
        for _ in 0..4 {
            cache.points(&hot);
        }
        for first in (100..4_000).step_by(100) {
            let many = labels(first..first + 100);
            assert!(points_are_right(&many, &cache.points(&many)));
            assert!(cache.bytes() <= 200_000);
            assert!(cache.points(&hot).iter().all(|point| point.table_bytes() > 0));
        }
        // More at once than the cache can hold.
        let many = labels(0..900);
        assert!(points_are_right(&many, &cache.points(&many)));
        assert!(cache.bytes() <= 200_000);
    }

    #[test]
    fn without_capacity_nothing_is_kept() {
        let cache = AttributeCache::new(0);
        let labels = labels(0..2);
        for _ in 0..5 {
            assert!(points_are_right(&labels, &cache.points(&labels)));
        }
        assert!(cache.is_empty());
        assert_eq!(cache.bytes(), 0);
    }

    #[test]
    fn threads_share_it() {
        let cache = AttributeCache::new(300_000);
        let labels = labels(0..20);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (cache, labels) = (cache.clone(), &labels);
                scope.spawn(move || {
                    for round in 0..10 {
                        let part = &labels[(thread + round) % 10..];
                        assert!(points_are_right(part, &cache.points(part)));
                    }
                });
            }
        });
        let entries = cache.lock();
        assert_eq!(entries.bytes, entries.by_label.values().map(|entry| entry.bytes).sum::<usize>());
    }
}
