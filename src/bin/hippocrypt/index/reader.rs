//! A reader at work: he asks the gate, syncs or asks the server, and searches. Between them go bytes alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hippocrypt::search::server::{self, Shelf};
use hippocrypt::search::text::PIPELINE_VERSION;
use hippocrypt::search::{
    Complete, Context, ContextKeys, EntryKeys, Head, Heads, Hits, IndexEpoch, Keyword, MAX_POINTS, Mirror,
    Progress, Remote, RemoteSearch, SearchKey, Sound,
};
use hippocrypt::store::RedbStore;
use hippocrypt::{RequestKey, os_rng};

use super::office::Handed;
use super::{GATE, Index, PAGE, domain};
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input;
use crate::report::hex;
use crate::store::{get, names, put};

/// The file in a reader's folder that says which one is his.
pub const REQUEST_KEY: &str = "request.pub";

pub struct IndexReader<'i> {
    index: &'i Index,
    pub name: String,
    request_key: RequestKey,
    handed: Handed,
    context: Context,
    head: std::sync::Arc<Head>,
    now: u64,
}

impl<'i> IndexReader<'i> {
    /// With a reader's file: takes what he was handed, and the newest head from the server, which must not be older than the one before.
    pub fn open(
        console: &Console,
        index: &'i Index,
        file: &Path,
        server: &RedbStore,
    ) -> Result<Self, Failure> {
        let request_key = input::reader_seed(console, file)?.request_key();
        let (name, folder) = whose(index, &request_key)?.ok_or_else(|| {
            Failure::new(Code::NotSatisfied, "this is not the file of a reader of the index")
                .hint("`hippocrypt index grant` makes one")
                .in_file(&file.display().to_string())
        })?;
        let handed = Handed::read(&folder.join("seed"))?.ok_or_else(|| {
            Failure::new(Code::Refused, format!("`{name}` was handed no seed")).hint("ask the owner for it")
        })?;
        let (now, kept) = (console.now(), folder.join("head.hpcr"));
        let mut heads = Heads::new(handed.collection);
        if let Some(before) = get(&kept)? {
            let at = Head::from_bytes(before.expose_secret(), &handed.collection)?.validity().0;
            heads.observe(before.expose_secret(), at)?;
        }
        let head = server::head(server, &handed.collection)?
            .ok_or_else(|| Failure::new(Code::NotAuthentic, "the server has no head of this index"))?;
        let bytes = head.to_bytes();
        let head = heads.observe(&bytes, now)?;
        put(&kept, &bytes)?;
        let (domain, epoch, pipeline) = (domain()?, IndexEpoch::FIRST, PIPELINE_VERSION);
        let context = Context { collection: handed.collection, domain, epoch, pipeline };
        Ok(Self { index, name, request_key, handed, context, head, now })
    }

    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Segments that there were when the head was signed.
    pub fn segments_seen(&self) -> u64 {
        self.head.writers(&self.context).map(|writer| writer.segments_seen()).sum()
    }

    /// What each keyword's entries are opened with, by way of the gate.
    pub fn entry_keys(&self, keywords: &[Keyword]) -> Result<Vec<EntryKeys>, Failure> {
        let closed = || Failure::new(Code::Refused, "the index epoch of this program is closed");
        let keys = ContextKeys::new(&self.head, &self.context).ok_or_else(closed)?;
        let is_his = |policy: &&hippocrypt::search::PolicyEntry| {
            policy.policy == self.handed.policy && policy.version == self.handed.version
        };
        let entry = self.head.policies(&self.context).find(is_his).ok_or_else(|| {
            Failure::new(Code::Refused, "the seed that was handed to this reader is of a former version")
                .hint("ask the owner: whoever was locked out gets no new one")
        })?;
        let search = SearchKey::new(&self.handed.seed(), &self.context, entry);
        let mut gate = self.index.gate()?;
        let admitted = self.index.request_key(&self.name)?;
        let mut all = Vec::new();
        for keywords in keywords.chunks(MAX_POINTS) {
            let asked = search.ask(keywords, GATE, &self.name, &self.request_key, self.now, &mut os_rng())?;
            let answer = gate.serve(asked.request(), self.now, |_| admitted.into_iter().collect())?;
            for trapdoor in asked.finish(&answer, &keys, &mut os_rng())? {
                all.push(trapdoor.entry_keys(&keys).ok_or_else(closed)?);
            }
        }
        Ok(all)
    }

    /// All segments of the index, verified, and how many bytes came.
    pub fn sync(&self, server: &RedbStore) -> Result<(Mirror, u64), Failure> {
        mirror(server, &self.head, &self.context)
    }

    /// What is found under each keyword, in a mirror: complete.
    pub fn locally(
        &self,
        mirror: &Mirror,
        keys: &[EntryKeys],
    ) -> Result<BTreeMap<Keyword, Hits<Complete>>, Failure> {
        let search = |keys: &EntryKeys| Ok((keys.keyword().clone(), mirror.search(&self.head, keys)?));
        keys.iter().map(search).collect()
    }

    /// What a server finds under each keyword: sound.
    pub fn remotely(
        &self,
        server: &RedbStore,
        keys: &[EntryKeys],
    ) -> Result<BTreeMap<Keyword, Hits<Sound>>, Failure> {
        let mut shelf = Shelf::default();
        shelf.load(server, &self.head, &self.context)?;
        let outline = shelf.outline();
        let search = |keys: &EntryKeys| {
            let mut search = RemoteSearch::new(keys, &outline);
            loop {
                let answer = shelf.answer(search.query())?;
                match search.read(&self.head, &answer)? {
                    Remote::More(next) => search = next,
                    Remote::Done(hits) => return Ok((keys.keyword().clone(), hits)),
                }
            }
        };
        keys.iter().map(search).collect()
    }
}

/// A mirror of all that the server has, and how many bytes came.
pub fn mirror(server: &RedbStore, head: &Head, context: &Context) -> Result<(Mirror, u64), Failure> {
    let (mut mirror, mut bytes) = (Mirror::new(*head.collection()), 0);
    loop {
        let page = server::page(server, head, context, &mirror.positions(head, context), PAGE)?;
        bytes += page.len() as u64;
        if mirror.extend(head, context, &page)? == Progress::Complete {
            mirror.is_complete(head, context)?;
            return Ok((mirror, bytes));
        }
    }
}

/// The reader whose request key this is, and his folder.
fn whose(index: &Index, key: &RequestKey) -> Result<Option<(String, PathBuf)>, Failure> {
    let wanted = hex(&key.public_bytes());
    for name in names(&index.machine("readers"))? {
        let folder = index.machine("readers").join(&name);
        if get(&folder.join(REQUEST_KEY))?.is_some_and(|text| text.expose_secret() == wanted.as_bytes()) {
            return Ok(Some((name, folder)));
        }
    }
    Ok(None)
}
