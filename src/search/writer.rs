//! Writers of an index: devices of the owner, and labs, which add and can read nothing back but their own. `[SRCH-4]` `[SRCH-5]`

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use core::mem;

use once_cell::race::OnceBox;
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroize;

use super::card::{WriterCard, decode_scalar};
use super::context::{Context, Handle, WriterId};
use super::error::WriteError;
use super::head::{Head, decode_g2};
use super::keyword::{Keyword, MAX_FIELD_BYTES, MAX_VALUE_BYTES};
use super::profile::LeakageProfile;
use super::scheme::{self, LabKeys};
use super::segment::{Segment, SegmentHeader};
use super::slot::{ENTRY_BYTES, Entry, EntryKey, Nonce, Op, SLOT_BYTES, Slot};
use super::trapdoor::decode_keyword;
use crate::codec::{Decoder, Encoder, Kind};
use crate::error::{DecodeError, DecodeReason};
use crate::hash::{Label, Xof};
use crate::math::{G1, G2, PreparedG2, Scalar};
use crate::merkle::Hash;
use crate::secret::{Secret, SecretBytes, opaque_debug};
use crate::sign::{SigningKey, VerifyingKey};

/// Keywords whose keys are remembered, at 300 bytes each; then it begins anew.
const CACHED: usize = 1 << 16;

/// The highest number of a segment in a saved writer: from there on nobody writes as many as there are numbers left.
const LAST_SEGMENT: u64 = u64::MAX >> 1;

/// What a lab keeps.
struct LabRole {
    y: Secret<Scalar>,
    y_point: G2,
    x_point: G2,
    /// The lines of X^y.
    lines: OnceBox<PreparedG2>,
}

/// How a writer comes to the keys of its entries.
enum Role {
    /// A device of the owner's: x.
    Owner { x: Secret<Scalar> },
    /// A lab.
    Lab(Box<LabRole>),
}

/// The key of a keyword's entries, and what stands for it in the nonce.
struct Cached {
    key: EntryKey,
    keyword: [u8; 32],
}

/// An entry that is in no segment yet.
#[derive(Clone, Copy)]
struct Pending {
    /// Its place in `keys`.
    key: usize,
    entry: Entry,
}

/// A writer of an index, in one context: adds entries, makes segments of them, and keeps these until the server has confirmed them.
///
/// *Save it* ([`to_bytes`](Self::to_bytes)) *before a segment is sent.* A writer that has forgotten a segment which the server has would make another one with its
/// number, which is refused as a fork. Throw it away when its epoch is closed: then nobody can open what it has written with what it knew.
///
/// ```
/// # use hippocrypt::{os_rng, search::*};
/// # let now = 1_800_000_000;
/// let owner = IndexOwner::generate(&mut os_rng());
/// let domain = Domain::new("general")?;
/// let context = owner.context(&domain, IndexEpoch::FIRST, 1);
/// let (mut writer, entry) = owner.writer(&context, &mut os_rng());
/// let contents = HeadContents {
///     scopes: vec![owner.scope(&domain, IndexEpoch::FIRST, 1)],
///     writers: vec![entry],
///     ..HeadContents::default()
/// };
/// let head = owner.sign(1, now, now + 86_400, contents)?;
///
/// let record = Handle::random(&mut os_rng());
/// writer.add(record, [0; 3], &[Keyword::new("code", "4548-4")?, Keyword::new("month", "2026-05")?]);
/// writer.finish(&head, &LeakageProfile::standard(), &mut os_rng())?;
/// for (sequence, segment) in writer.outbox() {
///     // save the writer, send the segment, and then `writer.confirm(sequence)`
/// #   assert!(sequence == 0 && segment.len() > 32 * 28);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct IndexWriter {
    context: Context,
    context_bytes: Vec<u8>,
    id: WriterId,
    key: SigningKey,
    role: Role,
    nonce_secret: Secret<[u8; 32]>,
    next: u64,
    first: u64,
    previous: Hash,
    /// Entries in the segments from `first` on, padding left out.
    written: u64,
    pending: Vec<Pending>,
    records: usize,
    outbox: VecDeque<(u64, Vec<u8>)>,
    known: BTreeMap<Keyword, usize>,
    keys: Vec<Cached>,
}

opaque_debug!(IndexWriter);

impl IndexWriter {
    fn new(context: Context, role: Role, rng: &mut impl CryptoRng) -> Self {
        let mut secrets = [(); 2].map(|()| Secret::new([0; 32]));
        secrets.iter_mut().for_each(|secret| rng.fill_bytes(secret.expose_secret_mut()));
        let [signing, nonce_secret] = secrets;
        let key = SigningKey::from_seed(&signing);
        Self::with(context, WriterId::random(rng), key, role, nonce_secret)
    }

    fn with(
        context: Context,
        id: WriterId,
        key: SigningKey,
        role: Role,
        nonce_secret: Secret<[u8; 32]>,
    ) -> Self {
        Self {
            context_bytes: context.to_bytes(),
            context,
            id,
            key,
            role,
            nonce_secret,
            next: 0,
            first: 0,
            previous: Hash::default(),
            written: 0,
            pending: Vec::new(),
            records: 0,
            outbox: VecDeque::new(),
            known: BTreeMap::new(),
            keys: Vec::new(),
        }
    }

    pub(super) fn of_owner(context: Context, x: Secret<Scalar>, rng: &mut impl CryptoRng) -> Self {
        Self::new(context, Role::Owner { x }, rng)
    }

    /// A lab that wants to write into an index, in one context, and the card that it sends to the owner. Its keys are of this context alone. `[SRCH-3.7]`
    ///
    /// # Errors
    /// [`WriteError::EpochClosed`] if the head does not say that the context is live.
    pub fn lab(
        head: &Head,
        context: &Context,
        rng: &mut impl CryptoRng,
    ) -> Result<(Self, Vec<u8>), WriteError> {
        let closed = WriteError::EpochClosed { epoch: context.epoch.number() };
        let x_point = head.scope(context).ok_or(closed)?.x_point;
        let y = Secret::<Scalar>::random_nonzero(rng);
        let y_point = scheme::public_point(&y);
        let role = Role::Lab(Box::new(LabRole { y, y_point, x_point, lines: OnceBox::new() }));
        let writer = Self::new(context.clone(), role, rng);
        let Role::Lab(lab) = &writer.role else { return Err(WriteError::NotOwner) };
        let card = WriterCard::make(context, &writer.id, &writer.key, &lab.y, rng).to_bytes();
        Ok((writer, card))
    }

    /// Its name in the index.
    pub fn id(&self) -> &WriterId {
        &self.id
    }

    /// Where it writes.
    pub fn context(&self) -> &Context {
        &self.context
    }

    pub(super) fn verifying_key(&self) -> VerifyingKey {
        self.key.verifying_key()
    }

    /// Segments that it has made, confirmed or not.
    pub fn segments(&self) -> u64 {
        self.next
    }

    /// Entries that are in no segment yet.
    pub fn waiting(&self) -> usize {
        self.pending.len()
    }

    /// Adds a record under its keywords; a keyword that is given twice counts once. New keywords cost an exponentiation each, a pairing in a lab.
    pub fn add(&mut self, handle: Handle, meta: [u8; 3], keywords: &[Keyword]) {
        self.push(Entry { handle, op: Op::Add, meta }, keywords);
    }

    /// Lets a record be found under these keywords no more, for good. It counts for what this writer has added, and for everything if this writer is the owner's.
    pub fn delete(&mut self, handle: Handle, keywords: &[Keyword]) {
        self.push(Entry { handle, op: Op::Delete, meta: [0; 3] }, keywords);
    }

    fn push(&mut self, entry: Entry, keywords: &[Keyword]) {
        self.prepare(keywords);
        let start = self.pending.len();
        for keyword in keywords {
            let Some(&key) = self.known.get(keyword) else { continue };
            if self.pending.iter().skip(start).all(|pending| pending.key != key) {
                self.pending.push(Pending { key, entry });
            }
        }
        self.records += 1;
    }

    /// Computes the keys of keywords that are new, all together: faster than one by one as records come. Nothing is added.
    pub fn prepare(&mut self, keywords: &[Keyword]) {
        if self.pending.is_empty() && self.keys.len() >= CACHED {
            self.known.clear();
            self.keys.clear();
        }
        let new: BTreeSet<&Keyword> =
            keywords.iter().filter(|keyword| !self.known.contains_key(keyword)).collect();
        if new.is_empty() {
            return;
        }
        let new: Vec<&Keyword> = new.into_iter().collect();
        let h = scheme::hash_keywords(&self.context, &new);
        let keys = self.entry_keys(&new, h.expose_secret());
        for (keyword, key) in new.into_iter().zip(keys) {
            self.known.insert(keyword.clone(), self.keys.len());
            let keyword = Sha256::digest(keyword.as_bytes()).into();
            self.keys.push(Cached { key, keyword });
        }
    }

    fn entry_keys(&self, keywords: &[&Keyword], h: &[G1]) -> Vec<EntryKey> {
        let context = &self.context_bytes;
        match &self.role {
            Role::Owner { x } => {
                let d = scheme::own_trapdoors(h, x);
                let pairs = keywords.iter().zip(d.expose_secret());
                pairs
                    .map(|(keyword, d)| EntryKey::new(&scheme::own_entry_key(context, &self.id, keyword, d)))
                    .collect()
            }
            Role::Lab(lab) => {
                let LabRole { y, y_point, x_point, lines } = lab.as_ref();
                let lines = lines.get_or_init(|| {
                    let mut power = x_point.pow(y);
                    let lines = Box::new(PreparedG2::new(&power));
                    power.zeroize();
                    lines
                });
                let (y_point, x_point) = (y_point.to_bytes(), x_point.to_bytes());
                let bound = LabKeys { context, writer: &self.id, y_point: &y_point, x_point: &x_point };
                let pairs = keywords.iter().zip(h);
                pairs
                    .map(|(keyword, h)| EntryKey::new(&scheme::lab_entry_key(&bound, keyword, h, lines)))
                    .collect()
            }
        }
    }

    /// The head must name this writer, with its key, in an epoch that is live.
    fn check(&self, head: &Head) -> Result<(), WriteError> {
        if head.scope(&self.context).is_none() {
            return Err(WriteError::EpochClosed { epoch: self.context.epoch.number() });
        }
        let entry = head.writer(&self.context, &self.id).filter(|entry| entry.key == self.verifying_key());
        match entry {
            Some(_) => Ok(()),
            None => Err(WriteError::NotInHead {
                domain: self.context.domain.as_str().into(),
                epoch: self.context.epoch.number(),
            }),
        }
    }

    /// Makes segments of what waits, as far as the profile finds them full enough; how many.
    ///
    /// # Errors
    /// [`WriteError::EpochClosed`], [`WriteError::NotInHead`]: read the newest head before you write.
    pub fn flush(
        &mut self,
        head: &Head,
        profile: &LeakageProfile,
        rng: &mut impl CryptoRng,
    ) -> Result<usize, WriteError> {
        self.seal_while(head, profile, rng, LeakageProfile::ready)
    }

    /// Makes segments of all that waits, padded as the profile says; how many.
    ///
    /// # Errors
    /// As [`flush`](Self::flush).
    pub fn finish(
        &mut self,
        head: &Head,
        profile: &LeakageProfile,
        rng: &mut impl CryptoRng,
    ) -> Result<usize, WriteError> {
        self.seal_while(head, profile, rng, |profile, entries, _| profile.forced(entries))
    }

    fn seal_while(
        &mut self,
        head: &Head,
        profile: &LeakageProfile,
        rng: &mut impl CryptoRng,
        take: impl Fn(&LeakageProfile, usize, usize) -> Option<usize>,
    ) -> Result<usize, WriteError> {
        if self.pending.is_empty() {
            return Ok(0);
        }
        self.check(head)?;
        let (mut made, mut done) = (0, 0);
        while let Some(count) = take(profile, self.pending.len() - done, self.records) {
            let pending: Vec<Pending> = self.pending.iter().skip(done).take(count).copied().collect();
            self.seal(pending, profile.bucket(count), self.first, rng);
            done += count;
            made += 1;
        }
        self.pending.drain(..done);
        if self.pending.is_empty() {
            self.records = 0;
        }
        Ok(made)
    }

    /// One segment. `[SRCH-5]`
    fn seal(&mut self, mut pending: Vec<Pending>, bucket: usize, first: u64, rng: &mut impl CryptoRng) {
        // Occurrences of a keyword are counted in the order of their coming.
        pending.sort_by_key(|pending| pending.key);
        let nonce = self.nonce(&pending, rng);
        let mut slots: Vec<Slot> = Vec::with_capacity(bucket.max(pending.len()));
        let (mut occurrence, mut before) = (0, None);
        for Pending { key, entry } in &pending {
            occurrence = if before == Some(key) { occurrence + 1 } else { 0 };
            before = Some(key);
            if let Some(cached) = self.keys.get(*key) {
                slots.push(cached.key.seal(&nonce, occurrence, *entry));
            }
        }
        self.written = self.written.saturating_add(slots.len() as u64);
        let mut padding = alloc::vec![0u8; bucket.saturating_sub(slots.len()) * SLOT_BYTES];
        rng.fill_bytes(&mut padding);
        slots.extend_from_slice(padding.as_chunks::<SLOT_BYTES>().0);
        slots.sort_unstable();
        let header = SegmentHeader {
            context: self.context.clone(),
            writer: self.id,
            sequence: self.next,
            first,
            previous: self.previous,
            nonce,
            count: u32::try_from(slots.len()).unwrap_or(u32::MAX),
            root: Hash::default(),
        };
        let segment = Segment::sign(header, slots.into(), &self.key);
        self.previous = segment.header().id();
        self.outbox.push_back((self.next, segment.to_bytes()));
        self.next = self.next.saturating_add(1);
    }

    /// Repeats only for equal contents in an equal place, even if a generator was cloned: from a secret of the writer's, fresh randomness,
    /// and all that the segment says. `[SRCH-5.2]`
    fn nonce(&self, pending: &[Pending], rng: &mut impl CryptoRng) -> Nonce {
        let mut contents = Sha256::new();
        contents.update(self.next.to_be_bytes());
        contents.update(self.previous);
        for Pending { key, entry } in pending {
            if let Some(cached) = self.keys.get(*key) {
                contents.update(cached.keyword);
            }
            contents.update(entry.to_bytes());
        }
        let contents = Secret::new(<[u8; 32]>::from(contents.finalize()));
        let mut fresh = [0; 32];
        rng.fill_bytes(&mut fresh);
        let parts: [&[u8]; 3] = [self.nonce_secret.expose_secret(), &fresh, contents.expose_secret()];
        *Xof::new(Label::IndexNonce, &parts).take().expose_secret()
    }

    /// Segments that the server has not confirmed, oldest first, with their numbers. Send them in this order, and again if need be: nothing is stored twice.
    pub fn outbox(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.outbox.iter().map(|(sequence, bytes)| (*sequence, bytes.as_slice()))
    }

    /// The server has this segment, and all before it.
    pub fn confirm(&mut self, sequence: u64) {
        while self.outbox.front().is_some_and(|(number, _)| *number <= sequence) {
            self.outbox.pop_front();
        }
    }

    /// How many segments it has made, and the id of the last: what [`WriterEntry::note_seen`](super::WriterEntry::note_seen) takes.
    pub fn tip(&self) -> (u64, Hash) {
        (self.next, self.previous)
    }

    /// Replaces all segments of this device of the owner's by as few as the profile allows, from entries that were recovered. `[SRCH-9.5]`
    pub(super) fn supersede(
        &mut self,
        head: &Head,
        entries: Vec<(Keyword, Vec<Entry>)>,
        profile: &LeakageProfile,
        rng: &mut impl CryptoRng,
    ) -> Result<usize, WriteError> {
        self.check(head)?;
        if !matches!(self.role, Role::Owner { .. }) {
            return Err(WriteError::NotOwner);
        }
        let keywords: Vec<Keyword> = entries.iter().map(|(keyword, _)| keyword.clone()).collect();
        self.prepare(&keywords);
        let mut all = Vec::new();
        for (keyword, entries) in entries {
            if let Some(&key) = self.known.get(&keyword) {
                all.extend(entries.into_iter().map(|entry| Pending { key, entry }));
            }
        }
        let base = self.next;
        self.written = 0;
        let (mut made, mut rest) = (0, all);
        // Even with nothing left there is a segment: it says that the old ones are not needed.
        loop {
            let count = profile.forced(rest.len()).unwrap_or(0);
            let after = rest.split_off(count);
            let last = after.is_empty();
            // Only the last one says that the old ones can go: until it is there, they count.
            let first = if last { base } else { self.first };
            self.seal(rest, profile.bucket(count), first, rng);
            made += 1;
            rest = after;
            if last {
                break;
            }
        }
        self.first = base;
        Ok(made)
    }

    pub(super) fn entries_written(&self) -> u64 {
        self.written
    }

    pub(super) fn first(&self) -> u64 {
        self.first
    }

    pub(super) fn unconfirmed(&self) -> usize {
        self.outbox.len()
    }

    /// The encoding: a secret, with everything that is not confirmed yet.
    pub fn to_bytes(&self) -> SecretBytes {
        let outbox: usize = self.outbox.iter().map(|(_, bytes)| 12 + bytes.len()).sum();
        let names = self.keyword_names();
        let pending = self.pending.len() * (2 + 2 + MAX_FIELD_BYTES + MAX_VALUE_BYTES + ENTRY_BYTES);
        let mut encoder = Encoder::object(Kind::IndexWriter, 640 + outbox + pending);
        self.context.encode(&mut encoder);
        encoder.raw(self.id.as_bytes());
        encoder.raw(self.key.seed().expose_secret());
        encoder.raw(self.nonce_secret.expose_secret());
        match &self.role {
            Role::Owner { x } => {
                encoder.u8(0);
                encoder.raw(Secret::new(x.expose_secret().to_bytes()).expose_secret());
            }
            Role::Lab(lab) => {
                let LabRole { y, x_point, .. } = lab.as_ref();
                encoder.u8(1);
                encoder.raw(Secret::new(y.expose_secret().to_bytes()).expose_secret());
                encoder.raw(&x_point.to_bytes());
            }
        }
        encoder.u64(self.next);
        encoder.u64(self.first);
        encoder.raw(&self.previous);
        encoder.u64(self.written);
        encoder.count(self.records);
        encoder.count(self.pending.len());
        for Pending { key, entry } in &self.pending {
            encoder.short_bytes(names.get(key).map_or(&[], |keyword| keyword.as_bytes()));
            encoder.raw(&entry.to_bytes());
        }
        encoder.count(self.outbox.len());
        for (_, segment) in &self.outbox {
            encoder.long_bytes(segment);
        }
        encoder.finish_secret()
    }

    fn keyword_names(&self) -> BTreeMap<usize, &Keyword> {
        let wanted: BTreeSet<usize> = self.pending.iter().map(|pending| pending.key).collect();
        self.known
            .iter()
            .filter(|(_, key)| wanted.contains(key))
            .map(|(keyword, key)| (*key, keyword))
            .collect()
    }

    /// Decodes a writer that was saved.
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::IndexWriter)?;
        let context = Context::decode(&mut decoder)?;
        let id = WriterId::from_bytes(decoder.array("writer")?);
        let key = SigningKey::from_seed(&decoder.secret("signing seed")?);
        let nonce_secret = decoder.secret("nonce secret")?;
        let at = decoder.position();
        let lab = Decoder::checked(decoder.u8("kind of writer")?.into(), at, "kind of writer", 0, 1)? == 1;
        let at = decoder.position();
        let exponent = Secret::new(decode_scalar(&mut decoder, "exponent")?);
        if exponent.expose_secret().is_zero() {
            return Err(Decoder::error_at(at, "exponent", DecodeReason::InvalidScalar));
        }
        let role = if lab {
            let x_point = decode_g2(&mut decoder, "X")?;
            let y_point = scheme::public_point(&exponent);
            Role::Lab(Box::new(LabRole { y: exponent, y_point, x_point, lines: OnceBox::new() }))
        } else {
            Role::Owner { x: exponent }
        };
        let mut writer = Self::with(context, id, key, role, nonce_secret);
        let at = decoder.position();
        let next = Decoder::checked(decoder.u64("next segment")?, at, "next segment", 0, LAST_SEGMENT)?;
        let at = decoder.position();
        writer.first = Decoder::checked(decoder.u64("first segment")?, at, "first segment", 0, next)?;
        writer.previous = decoder.array("last segment")?;
        writer.written = decoder.u64("entries written")?;
        let records = usize::try_from(decoder.u32("records waiting")?).unwrap_or(usize::MAX);
        let mut waiting = Vec::new();
        for _ in 0..decoder.count(2 + ENTRY_BYTES, "number of entries")? {
            let keyword = decode_keyword(&mut decoder)?;
            let at = decoder.position();
            let entry = Entry::from_bytes(&decoder.array("entry")?);
            let reason = DecodeReason::NotCanonical("an entry adds (1) or deletes (2)");
            waiting.push((keyword, entry.ok_or(Decoder::error_at(at, "entry", reason))?));
        }
        let at = decoder.position();
        let count = decoder.count(4, "number of segments")? as u64;
        let oldest = next.checked_sub(count);
        let out_of_range = DecodeReason::OutOfRange { value: count, min: 0, max: next };
        let oldest = oldest.ok_or(Decoder::error_at(at, "number of segments", out_of_range))?;
        for sequence in oldest..next {
            writer.outbox.push_back((sequence, decoder.long_bytes(4 << 20, "segment")?.to_vec()));
        }
        decoder.finish()?;
        let keywords: Vec<Keyword> = waiting.iter().map(|(keyword, _)| keyword.clone()).collect();
        writer.prepare(&keywords);
        for (keyword, entry) in &waiting {
            if let Some(&key) = writer.known.get(keyword) {
                writer.pending.push(Pending { key, entry: *entry });
            }
        }
        (writer.next, writer.records) = (next, records);
        Ok(writer)
    }

    /// Forgets the keys that were computed for keywords: memory, and what a thief of it would have.
    pub fn forget_keywords(&mut self) {
        if self.pending.is_empty() {
            let _ = mem::take(&mut self.known);
            let _ = mem::take(&mut self.keys);
        }
    }
}
