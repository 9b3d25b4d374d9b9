//! The owner at work, and the way from her to the server and the gate.

use std::path::Path;

use hippocrypt::search::server;
use hippocrypt::search::text::PIPELINE_VERSION;
use hippocrypt::search::{
    CollectionId, Context, Head, HeadContents, IndexEpoch, IndexOwner, PolicyEntry, PolicyId, PolicySeed,
};
use hippocrypt::store::Store;
use hippocrypt::{Secret, SecretBytes, os_rng};

use super::{HEAD_SECONDS, Index, domain};
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::store::{damaged, get, make_folder, object, put};

const OWNER: &str = "owner.hpcr";
const READERS: &str = "readers";
const HEAD: &str = "head.hpcr";

/// What every reader is handed: the index, the policy, its version, and the seed. A secret.
pub struct Handed {
    pub collection: CollectionId,
    pub policy: PolicyId,
    pub version: u32,
    pub seed: Secret<[u8; 32]>,
}

impl Handed {
    fn fresh(collection: CollectionId, policy: PolicyId, version: u32) -> Self {
        let seed = Secret::new(*PolicySeed::random(&mut os_rng()).expose_secret());
        Self { collection, policy, version, seed }
    }

    pub fn seed(&self) -> PolicySeed {
        PolicySeed::new(Secret::new(*self.seed.expose_secret()))
    }

    pub fn to_bytes(&self) -> SecretBytes {
        let Self { collection, policy, version, seed } = self;
        let parts: [&[u8]; 4] =
            [collection.as_bytes(), policy.as_bytes(), &version.to_be_bytes(), seed.expose_secret()];
        Secret::new(parts.concat())
    }

    /// What stands in a file, if it is there.
    pub fn read(path: &Path) -> Result<Option<Self>, Failure> {
        let Some(bytes) = get(path)? else { return Ok(None) };
        let parsed = Self::parse(bytes.expose_secret());
        parsed.map(Some).ok_or_else(|| damaged(path, "this is no seed of an index's readers"))
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (collection, rest) = bytes.split_first_chunk::<16>()?;
        let (policy, rest) = rest.split_first_chunk::<16>()?;
        let (version, seed) = rest.split_first_chunk::<4>()?;
        Some(Self {
            collection: CollectionId::from_bytes(*collection),
            policy: PolicyId::from_bytes(*policy),
            version: u32::from_be_bytes(*version),
            seed: Secret::new(seed.try_into().ok()?),
        })
    }
}

/// An owner, with the index that she tells.
pub struct Office<'i> {
    index: &'i Index,
    pub owner: IndexOwner,
    pub context: Context,
    pub readers: Handed,
    pub head: Head,
    now: u64,
}

/// Makes the files of a new owner in a folder; the head is for the server, the share for the gate.
pub fn begin(folder: &Path, now: u64) -> Result<(IndexOwner, Context), Failure> {
    let owner = IndexOwner::generate(&mut os_rng());
    let context = owner.context(&domain()?, IndexEpoch::FIRST, PIPELINE_VERSION);
    let readers = Handed::fresh(*owner.collection(), PolicyId::random(&mut os_rng()), 1);
    let contents = HeadContents {
        scopes: vec![owner.scope(&context.domain, context.epoch, context.pipeline)],
        policies: vec![policy_of(&context, &readers)],
        ..HeadContents::default()
    };
    let head = owner.sign(1, now, now.saturating_add(HEAD_SECONDS), contents)?;
    put(&folder.join(OWNER), owner.to_bytes().expose_secret())?;
    put(&folder.join(READERS), readers.to_bytes().expose_secret())?;
    put(&folder.join(HEAD), &head.to_bytes())?;
    Ok((owner, context))
}

fn policy_of(context: &Context, readers: &Handed) -> PolicyEntry {
    let (policy, version) = (readers.policy, readers.version);
    // The seed is handed over; nothing is wrapped.
    PolicyEntry { domain: context.domain.clone(), epoch: context.epoch, policy, version, header: Vec::new() }
}

impl<'i> Office<'i> {
    /// Opens the owner's folder. What the server, the gate and the readers have not heard, because a run was killed, they hear now.
    pub fn open(console: &Console, index: &'i Index) -> Result<Self, Failure> {
        let folder = index.machine("owner");
        let missing = || {
            Failure::new(
                Code::InputOutput,
                format!("{} holds no owner: this is not her device", folder.display()),
            )
            .hint("give the command where the owner's folder is, or bring it back from a copy")
        };
        let owner = object(&folder.join(OWNER), IndexOwner::from_bytes)?.ok_or_else(missing)?;
        let readers = Handed::read(&folder.join(READERS))?.ok_or_else(missing)?;
        let head = get(&folder.join(HEAD))?.ok_or_else(missing)?;
        let head = Head::from_bytes(head.expose_secret(), owner.collection())?;
        let context = owner.context(&domain()?, IndexEpoch::FIRST, PIPELINE_VERSION);
        let mut office = Self { index, owner, context, readers, head, now: console.now() };
        office.settle()?;
        Ok(office)
    }

    /// Brings everybody to where the owner's own files are.
    fn settle(&mut self) -> Result<(), Failure> {
        let Self { index, owner, context, readers, .. } = self;
        let share = owner.share(context, &readers.policy, readers.version, readers.seed());
        index.gate()?.install(share.expose_secret())?;
        let bytes = readers.to_bytes();
        for reader in index.admitted()? {
            let folder = index.machine("readers").join(&reader);
            make_folder(&folder)?;
            put(&folder.join("seed"), bytes.expose_secret())?;
        }
        let mut contents = self.head.contents().clone();
        contents.policies = vec![policy_of(&self.context, &self.readers)];
        let ends = self.head.validity().1;
        if contents != *self.head.contents() || ends < self.now.saturating_add(HEAD_SECONDS / 2) {
            return self.sign(contents);
        }
        self.tell()
    }

    /// Signs the next head, and gives it to the server.
    pub fn sign(&mut self, contents: HeadContents) -> Result<(), Failure> {
        let version = self.head.version().saturating_add(1);
        let until = self.now.saturating_add(HEAD_SECONDS);
        let head = self.owner.sign(version, self.now, until, contents)?;
        put(&self.index.machine("owner").join(HEAD), &head.to_bytes())?;
        self.head = head;
        self.tell()
    }

    fn tell(&self) -> Result<(), Failure> {
        let mut server = self.index.server()?;
        let (_, batch, _) = server::install(&server, &self.head.to_bytes())?;
        Ok(server.commit(&batch)?)
    }

    /// Hands out what readers have: also to one whom the gate admits since now.
    pub fn hand_out(&mut self) -> Result<(), Failure> {
        self.settle()
    }

    /// A fresh seed for all who are still admitted: the former one is worth nothing with the gate's new share. `true` unless `reader` has
    /// not been handed the present one.
    pub fn renew_without(&mut self, reader: &str) -> Result<bool, Failure> {
        let path = self.index.machine("readers").join(reader).join("seed");
        let had = Handed::read(&path)?.is_some_and(|handed| handed.version == self.readers.version);
        if had {
            let Handed { collection, policy, version, .. } = self.readers;
            let version =
                version.checked_add(1).ok_or_else(|| Failure::new(Code::Refused, "no version is left"))?;
            self.readers = Handed::fresh(collection, policy, version);
            put(&self.index.machine("owner").join(READERS), self.readers.to_bytes().expose_secret())?;
            self.settle()?;
        }
        Ok(had)
    }
}
