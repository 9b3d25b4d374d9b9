//! A reader of a patient's index. `[PHR-15.5]`

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use super::{Announcement, FindError, seed_context};
use crate::outsource::TransformedHeader;
use crate::phr::audit::{AuditEvent, ReceiptError};
use crate::phr::grant::SeedHeader;
use crate::phr::message::{Answer, Ask, Contents};
use crate::phr::reader::Reader;
use crate::phr::receipt::{Occasion, Verified, about, check, check_with};
use crate::phr::record::PatientHandle;
use crate::revoke::ProxyName;
use crate::search::{
    Answered, AskedGate, CollectionId, Complete, Context, ContextKeys, Domain, EntryKeys, Head, Heads, Hits,
    Keyword, MAX_POINTS, Mirror, Outline, PolicyEntry, PolicySeed, Progress, Query, QueryError, Remote,
    RemoteSearch, SearchKey, Sound, Trapdoor, WriterId,
};

/// How a question comes to whoever answers it, and the answer back.
type Line<'l> = &'l mut dyn FnMut(&[u8]) -> Result<Vec<u8>, Box<str>>;
/// The same for several questions at once.
type Lines<'l> = &'l mut dyn FnMut(&[Vec<u8>]) -> Answers;
/// The answers to several questions, in their order.
type Answers = Result<Vec<Vec<u8>>, Box<str>>;

/// Several questions, over a line that takes one at a time.
fn one_by_one(
    call: &mut impl FnMut(&[u8]) -> Result<Vec<u8>, Box<str>>,
) -> impl FnMut(&[Vec<u8>]) -> Answers {
    |requests| requests.iter().map(|request| call(request)).collect()
}

/// Some of the readers, with their places.
fn chosen<'i, 'r>(
    readers: &'i [IndexReader<'r>],
    which: &'i [usize],
) -> impl Iterator<Item = (usize, &'i IndexReader<'r>)> {
    which.iter().filter_map(|at| readers.get(*at).map(|reader| (*at, reader)))
}

/// A reader of one domain of a patient's index: mirrors its segments, and finds records in it. `[PHR-15.5]`
///
/// [`sync`](Self::sync) talks to the cloud, [`find`](Self::find) to the gate alone, and to nobody for keywords that were looked for before.
/// Keep it as long as it is used: the trapdoors in it are secret, the mirror is not.
///
/// The handles that are found are ids of records, and the three bytes beside them are their versions: see [`record_of`](super::record_of).
pub struct IndexReader<'r> {
    reader: &'r Reader,
    patient: PatientHandle,
    domain: Domain,
    announced: u64,
    heads: Option<Heads>,
    mirror: Option<Mirror>,
    access: BTreeMap<Context, Access>,
    known: BTreeMap<(Context, Keyword), Known>,
}

/// A keyword that was looked for.
struct Known {
    trapdoor: Trapdoor,
    /// For the writers of the head as it is; made anew when that changes.
    keys: Option<EntryKeys>,
}

/// What the reader has for a context.
struct Access {
    entry: PolicyEntry,
    search: SearchKey,
    keys: ContextKeys,
    /// The version of the head that `keys` are of.
    head: u64,
}

impl<'r> IndexReader<'r> {
    /// A reader who knows nothing of the index yet.
    pub fn new(reader: &'r Reader, patient: &PatientHandle, domain: &Domain) -> Self {
        Self {
            reader,
            patient: *patient,
            domain: domain.clone(),
            announced: 0,
            heads: None,
            mirror: None,
            access: BTreeMap::new(),
            known: BTreeMap::new(),
        }
    }

    /// The newest head, if one was seen.
    pub fn head(&self) -> Option<&Arc<Head>> {
        self.heads.as_ref()?.newest()
    }

    /// What was mirrored.
    pub fn mirror(&self) -> Option<&Mirror> {
        self.mirror.as_ref()
    }

    fn ask(
        &self,
        ask: Ask,
        cloud: &ProxyName,
        now: u64,
        rng: &mut impl CryptoRng,
        call: Line<'_>,
    ) -> Result<Contents, FindError> {
        let event = ask.event();
        let question = self.reader.question(ask, cloud, now, rng);
        let answer = call(&question).map_err(FindError::Transport)?;
        let Answer { promise, contents } = Answer::from_bytes(&answer)?;
        let occasion = Occasion { realm: self.reader.realm(), cloud: Some(cloud), time: now };
        check(&occasion, promise, about(event, self.reader.user(), &question, self.patient))?;
        Ok(contents)
    }

    /// What a gate has answered to a request about an index, if it has written it down: in the chain of the patient, or, if it keeps no announcements and so knows of
    /// indexes alone, of the index.
    fn of_gate(
        &self,
        request: &[u8],
        collection: &CollectionId,
        answer: &[u8],
        now: u64,
        verified: &mut Verified,
    ) -> Result<Vec<u8>, FindError> {
        let Answer { promise, contents } = Answer::from_bytes(answer)?;
        let Contents::Bytes(points) = contents else { return Err(FindError::NotAsked) };
        // Gates are asked by names of their own; any ledger that the authority has certified will do.
        let occasion = Occasion { realm: self.reader.realm(), cloud: None, time: now };
        let chain = |of| about(AuditEvent::Searched, self.reader.user(), request, of);
        let index = PatientHandle::from_bytes(*collection.as_bytes());
        match check_with(verified, &occasion, promise.clone(), chain(self.patient)) {
            Err(ReceiptError::Other) => check_with(verified, &occasion, promise, chain(index))?,
            outcome => outcome?,
        };
        Ok(points)
    }

    /// Gets the newest head, and the seeds that it wraps for this reader. Enough for [`find_remotely`](Self::find_remotely).
    ///
    /// `call` sends a question to the cloud and returns its answer.
    ///
    /// # Errors
    /// [`FindError`].
    pub fn refresh(
        &mut self,
        cloud: &ProxyName,
        now: u64,
        rng: &mut impl CryptoRng,
        mut call: impl FnMut(&[u8]) -> Result<Vec<u8>, Box<str>>,
    ) -> Result<Arc<Head>, FindError> {
        self.refresh_by(cloud, now, rng, &mut call)
    }

    fn refresh_by(
        &mut self,
        cloud: &ProxyName,
        now: u64,
        rng: &mut impl CryptoRng,
        call: Line<'_>,
    ) -> Result<Arc<Head>, FindError> {
        let contents = self.ask(Ask::Index { patient: self.patient }, cloud, now, rng, call)?;
        let Contents::Index { announcement, head } = contents else { return Err(FindError::NotAsked) };
        let announcement = Announcement::from_bytes(&announcement)?;
        let hers = announcement.patient(self.reader.realm()) == Some(&self.patient);
        let collection = *announcement.collection();
        let same = self.heads.as_ref().is_none_or(|heads| *heads.collection() == collection);
        if !hers
            || announcement.number() < self.announced
            || (announcement.number() == self.announced && !same)
        {
            return Err(FindError::Announcement);
        }
        let mut another = None;
        let heads = match &mut self.heads {
            Some(heads) if same => heads,
            _ => another.insert(Heads::new(collection)),
        };
        let head = heads.observe(&head, now)?;
        if let Some(heads) = another {
            // Her first index, or a later one: what was known of the one before is of no use.
            (self.heads, self.mirror) = (Some(heads), None);
            (self.access, self.known) = (BTreeMap::new(), BTreeMap::new());
        }
        self.announced = announcement.number();
        let mirror = self.mirror.get_or_insert_with(|| Mirror::new(collection));
        mirror.retain_live(&head);
        let live: Vec<Context> = head.epochs(&self.domain).collect();
        self.access.retain(|context, _| live.contains(context));
        self.known.retain(|(context, _), _| live.contains(context));
        // All of them: what is found in one epoch alone is not complete, and a cloud could keep a seed back.
        let mut granted = !live.is_empty();
        for context in &live {
            granted &= self.unlock(&head, context, cloud, now, rng, call)?;
        }
        if granted { Ok(head) } else { Err(FindError::NotGranted) }
    }

    /// Gets the seed of a context, unless it is known; whether there is one for this reader.
    fn unlock(
        &mut self,
        head: &Head,
        context: &Context,
        cloud: &ProxyName,
        now: u64,
        rng: &mut impl CryptoRng,
        call: Line<'_>,
    ) -> Result<bool, FindError> {
        let Some(keys) = ContextKeys::new(head, context) else { return Ok(false) };
        if let Some(access) = self.access.get_mut(context)
            && head.policies(context).any(|entry| *entry == access.entry)
        {
            if access.head != head.version() {
                // There may be new labs among the writers.
                (access.keys, access.head) = (keys, head.version());
                let known = self.known.iter_mut().filter(|((of, _), _)| of == context);
                known.for_each(|(_, known)| known.keys = None);
            }
            return Ok(true);
        }
        for entry in head.policies(context) {
            let header = SeedHeader::from_bytes(&entry.header)?;
            let core = *header.header().core_id();
            let asked = self.ask(Ask::Seed { patient: self.patient, core }, cloud, now, rng, call)?;
            let Contents::Seed(transformed) = asked else { return Err(FindError::NotAsked) };
            let Some(transformed) = transformed else { continue };
            let transformed = TransformedHeader::from_bytes(&transformed)?;
            let bound = seed_context(head.collection(), entry);
            let seed = header.open(
                self.reader.realm().parameters(),
                self.reader.retrieval_key(),
                &transformed,
                &bound,
            )?;
            let search = SearchKey::new(&PolicySeed::new(seed), context, entry);
            let access = Access { entry: entry.clone(), search, keys, head: head.version() };
            self.access.insert(context.clone(), access);
            let known = self.known.iter_mut().filter(|((of, _), _)| of == context);
            known.for_each(|(_, known)| known.keys = None);
            return Ok(true);
        }
        Ok(false)
    }

    /// Gets the newest head and seeds, and mirrors what is new: afterwards everything that is known to exist is here.
    ///
    /// `call` sends a question to the cloud and returns its answer; there are several.
    ///
    /// # Errors
    /// [`FindError`]; [`FindError::Sync`] says what the cloud has lost, changed or made up.
    pub fn sync(
        &mut self,
        cloud: &ProxyName,
        now: u64,
        rng: &mut impl CryptoRng,
        mut call: impl FnMut(&[u8]) -> Result<Vec<u8>, Box<str>>,
    ) -> Result<(), FindError> {
        let head = self.refresh_by(cloud, now, rng, &mut call)?;
        let contexts: Vec<Context> = self.access.keys().cloned().collect();
        for context in contexts {
            loop {
                let mirror = self.mirror.as_ref().ok_or(FindError::NotSynced)?;
                let positions = mirror.positions(&head, &context);
                let ask = Ask::Segments { patient: self.patient, context: context.clone(), positions };
                let Contents::Bytes(page) = self.ask(ask, cloud, now, rng, &mut call)? else {
                    return Err(FindError::NotAsked);
                };
                let mirror = self.mirror.as_mut().ok_or(FindError::NotSynced)?;
                let before = mirror.size();
                let progress = mirror.extend(&head, &context, &page)?;
                if mirror.size() != before {
                    // There may be a writer among them of whom there was nothing yet.
                    let known = self.known.iter_mut().filter(|((of, _), _)| *of == context);
                    known.for_each(|(_, known)| known.keys = None);
                }
                if progress == Progress::Complete {
                    mirror.is_complete(&head, &context)?;
                    break;
                }
            }
        }
        Ok(())
    }

    /// The keys of these keywords, in every context that each of these readers has: asks the gate for those that are not known yet, for all of them at once.
    fn look_up(
        readers: &mut [Self],
        which: &[usize],
        keywords: &[Keyword],
        gate: &str,
        now: u64,
        rng: &mut impl CryptoRng,
        call: Lines<'_>,
    ) -> Result<(), FindError> {
        let mut asked = Vec::new();
        for (at, reader) in chosen(readers, which) {
            for (context, access) in &reader.access {
                let is_new =
                    |keyword: &&Keyword| !reader.known.contains_key(&(context.clone(), (*keyword).clone()));
                let new: Vec<Keyword> = keywords.iter().filter(is_new).cloned().collect();
                for new in new.chunks(MAX_POINTS) {
                    let (name, key) = (reader.reader.user().as_str(), reader.reader.request_key());
                    asked.push((at, context.clone(), access.search.ask(new, gate, name, key, now, rng)?));
                }
            }
        }
        let requests: Vec<Vec<u8>> = asked.iter().map(|(_, _, asked)| asked.request().to_vec()).collect();
        let answers =
            if requests.is_empty() { Vec::new() } else { call(&requests).map_err(FindError::Transport)? };
        if answers.len() != requests.len() {
            return Err(FindError::NotAsked);
        }
        let (mut points, mut verified) = (Vec::new(), Verified::default());
        for ((at, context, asked), answer) in asked.iter().zip(&answers) {
            let reader = readers.get(*at).ok_or(FindError::NotSynced)?;
            points.push(reader.of_gate(asked.request(), &context.collection, answer, now, &mut verified)?);
        }
        let (mut places, mut answered) = (Vec::new(), Vec::new());
        for ((at, context, asked), answer) in asked.into_iter().zip(&points) {
            let access = readers.get(at).and_then(|reader| reader.access.get(&context));
            let keys = &access.ok_or(FindError::NotSynced)?.keys;
            answered.push(Answered { asked, answer, keys });
            places.push(at);
        }
        let trapdoors = if answered.is_empty() { Vec::new() } else { AskedGate::finish_all(answered, rng)? };
        for (at, trapdoors) in places.into_iter().zip(trapdoors) {
            let Some(reader) = readers.get_mut(at) else { continue };
            let known = trapdoors.into_iter().map(|trapdoor| {
                let of = (trapdoor.context().clone(), trapdoor.keyword().clone());
                (of, Known { trapdoor, keys: None })
            });
            reader.known.extend(known);
        }
        for at in which {
            readers.get_mut(*at).into_iter().for_each(|reader| reader.make_keys(keywords));
        }
        Ok(())
    }

    /// The keys of the entries under keywords whose trapdoors are known, for the writers of whom something was mirrored.
    fn make_keys(&mut self, keywords: &[Keyword]) {
        let mirror = self.mirror.as_ref();
        for (context, access) in &self.access {
            for keyword in keywords {
                if let Some(known) = self.known.get_mut(&(context.clone(), keyword.clone()))
                    && known.keys.is_none()
                {
                    let written =
                        |writer: &WriterId| mirror.is_some_and(|mirror| mirror.has_written(context, writer));
                    known.keys = known.trapdoor.entry_keys_of(&access.keys, written);
                }
            }
        }
    }

    fn keys_of(&self, context: &Context, keyword: &Keyword) -> Option<&EntryKeys> {
        self.known.get(&(context.clone(), keyword.clone()))?.keys.as_ref()
    }

    /// Records that a query finds, in what was synced: complete. `gate_call` sends a request to the gate and returns its answer.
    ///
    /// All keywords that are not known yet are asked for at once, so that the gate learns their number and no more.
    ///
    /// # Errors
    /// [`FindError::NotSynced`], [`FindError::Gate`], [`FindError::Query`].
    pub fn find(
        &mut self,
        query: &Query,
        gate: &str,
        now: u64,
        rng: &mut impl CryptoRng,
        mut gate_call: impl FnMut(&[u8]) -> Result<Vec<u8>, Box<str>>,
    ) -> Result<Hits<Complete>, FindError> {
        let head = self.searchable(now)?;
        let this = core::slice::from_mut(self);
        Self::look_up(this, &[0], &query.keywords(), gate, now, rng, &mut one_by_one(&mut gate_call))?;
        self.evaluate(query, &head)
    }

    /// Finds in the indexes of many patients at once, in steps: of a query that says *all of these* the first part is asked for everywhere, the second where the
    /// first has found something, and so on. What was found, reader by reader. All readers are one person's; every step is one message to the gate and back, with
    /// a request for each index.
    ///
    /// The gate learns from it in which indexes the first parts had findings. Put what is rarest first, as [`Lookup`](crate::search) does.
    ///
    /// # Errors
    /// Those of [`find`](Self::find), if there is one with any of them.
    pub fn find_in_all(
        readers: &mut [Self],
        query: &Query,
        gate: &str,
        now: u64,
        rng: &mut impl CryptoRng,
        mut gate_call: impl FnMut(&[Vec<u8>]) -> Result<Vec<Vec<u8>>, Box<str>>,
    ) -> Result<Vec<Hits<Complete>>, FindError> {
        let parts = match query {
            Query::All(parts) => parts.as_slice(),
            one => core::slice::from_ref(one),
        };
        // It is evaluated piece by piece: what is not to be asked as a whole is not asked in pieces either.
        query.check()?;
        let (negative, positive): (Vec<&Query>, Vec<&Query>) =
            parts.iter().partition(|part| matches!(part, Query::Not(_)));
        let heads = readers.iter().map(|reader| reader.searchable(now)).collect::<Result<Vec<_>, _>>()?;
        let mut live: Vec<usize> = (0..readers.len()).collect();
        let mut found: Vec<Option<Hits<Complete>>> = Vec::new();
        found.resize(readers.len(), None);
        for part in positive.into_iter().chain(negative) {
            let (asked, is_negative) = match part {
                Query::Not(inner) => (&**inner, true),
                other => (other, false),
            };
            Self::look_up(readers, &live, &asked.keywords(), gate, now, rng, &mut gate_call)?;
            for at in core::mem::take(&mut live) {
                let (Some(reader), Some(head), Some(found)) =
                    (readers.get(at), heads.get(at), found.get_mut(at))
                else {
                    continue;
                };
                let hits = reader.evaluate(asked, head)?;
                let rest = match found.take() {
                    None => hits,
                    Some(before) if is_negative => before.minus(&hits),
                    Some(before) => before.and(&hits),
                };
                if !rest.is_empty() {
                    live.push(at);
                }
                *found = Some(rest);
            }
        }
        found.into_iter().map(|hits| hits.ok_or(QueryError::Empty.into())).collect()
    }

    /// Records under a keyword that was looked for since the last [`sync`](Self::sync); `None` of one that was not. Nobody is asked.
    pub fn count(&self, keyword: &Keyword, now: u64) -> Option<usize> {
        let head = self.searchable(now).ok()?;
        self.under(keyword, &head).ok().map(|hits| hits.len())
    }

    /// The head by which this reader may search: every epoch of it is granted.
    fn searchable(&self, now: u64) -> Result<Arc<Head>, FindError> {
        let head = self.heads.as_ref().ok_or(FindError::NotSynced)?.current(now)?;
        if head.epochs(&self.domain).any(|context| !self.access.contains_key(&context)) {
            return Err(FindError::NotGranted);
        }
        Ok(head)
    }

    fn evaluate(&self, query: &Query, head: &Head) -> Result<Hits<Complete>, FindError> {
        let mut found: BTreeMap<Keyword, Hits<Complete>> = BTreeMap::new();
        for keyword in query.keywords() {
            let hits = self.under(&keyword, head)?;
            found.insert(keyword, hits);
        }
        Ok(query.evaluate(&found)?)
    }

    /// Records under a keyword whose trapdoors are known.
    fn under(&self, keyword: &Keyword, head: &Head) -> Result<Hits<Complete>, FindError> {
        let mirror = self.mirror.as_ref().ok_or(FindError::NotSynced)?;
        let mut keys = Vec::new();
        for context in self.access.keys() {
            let missing =
                || QueryError::NoTrapdoor { field: keyword.field().into(), epoch: context.epoch.number() };
            keys.push(self.keys_of(context, keyword).ok_or_else(missing)?);
        }
        Ok(mirror.search_epochs(head, &keys)?)
    }

    /// Records under one keyword, matched by the cloud: nothing is forged, something may be missing. Needs no mirror. `cloud_call` goes to the cloud, `gate_call`
    /// to the gate.
    ///
    /// The cloud learns which segments match, and whether the same was asked before in this index epoch.
    ///
    /// # Errors
    /// As [`find`](Self::find), and [`FindError::Sync`] for what the cloud made up.
    #[allow(clippy::too_many_arguments)] // two lines, and who is at their ends
    pub fn find_remotely(
        &mut self,
        keyword: &Keyword,
        cloud: &ProxyName,
        gate: &str,
        now: u64,
        rng: &mut impl CryptoRng,
        mut cloud_call: impl FnMut(&[u8]) -> Result<Vec<u8>, Box<str>>,
        mut gate_call: impl FnMut(&[u8]) -> Result<Vec<u8>, Box<str>>,
    ) -> Result<Hits<Sound>, FindError> {
        let keywords = core::slice::from_ref(keyword);
        let this = core::slice::from_mut(self);
        Self::look_up(this, &[0], keywords, gate, now, rng, &mut one_by_one(&mut gate_call))?;
        let head = self.heads.as_ref().ok_or(FindError::NotSynced)?.current(now)?;
        let mut all: Option<Hits<Sound>> = None;
        for (context, access) in &self.access {
            let ask = Ask::Outline { patient: self.patient, context: context.clone() };
            let Contents::Bytes(outline) = self.ask(ask, cloud, now, rng, &mut cloud_call)? else {
                return Err(FindError::NotAsked);
            };
            let known = self.known.get(&(context.clone(), keyword.clone())).ok_or(FindError::NotSynced)?;
            // Of all writers: what they have written since the last sync is not in the mirror.
            let keys = known.trapdoor.entry_keys(&access.keys).ok_or(FindError::NotSynced)?;
            let mut search = RemoteSearch::new(&keys, &Outline::from_bytes(&outline)?);
            let hits = loop {
                let ask = Ask::Match { patient: self.patient, query: search.query().to_vec() };
                let Contents::Bytes(answer) = self.ask(ask, cloud, now, rng, &mut cloud_call)? else {
                    return Err(FindError::NotAsked);
                };
                match search.read(&head, &answer)? {
                    Remote::More(next) => search = next,
                    Remote::Done(hits) => break hits,
                }
            };
            all = Some(match all {
                Some(all) => all.or(&hits),
                None => hits,
            });
        }
        all.ok_or(FindError::NotSynced)
    }
}

impl fmt::Debug for IndexReader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexReader")
            .field("patient", &self.patient)
            .field("domain", &self.domain)
            .finish_non_exhaustive()
    }
}
