//! The hospital's key office: the authority of the realm over a folder with its master key, its log and its
//! registry. Whatever it says to the cloud, it returns as messages.

use std::error::Error;
use std::path::{Path, PathBuf};

use hippocrypt::{
    AttributeSet, Authority, AuthorityUpdate, EnrolledReader, Enrolment, EnrolmentNonce, EpochStatement,
    EpochTree, KeyId, KeyRegistry, MasterKey, ProxyName, PublicParameters, RestoredAuthority, Resumed,
    Schema, SignedSchema, TokenBatch, UserId, os_rng, setup_with_epochs,
};

use crate::cloud;
use crate::folder;
use crate::policies;
use crate::registry::FolderRegistry;
use crate::wire::{Message, Verb};

/// How long the cloud may serve without hearing of the authority, in seconds.
pub const LEASE_SECONDS: u64 = 600;
/// How long writers rely on a statement of the epoch, in seconds.
pub const STATEMENT_SECONDS: u64 = 12 * 3600;

pub struct KeyOffice {
    folder: PathBuf,
    authority: Authority,
    registry: FolderRegistry,
    schema: Schema,
    signed_schema: SignedSchema,
}

type Outcome<T> = Result<T, Box<dyn Error>>;

impl KeyOffice {
    /// A new realm, in its first epoch.
    pub fn begin(folder: &Path, now: u64) -> Outcome<(Self, Message)> {
        let (_, master) = setup_with_epochs("st-marys", EpochTree::default(), &mut os_rng())?;
        folder::write(&folder.join("master.hpcr"), master.to_bytes().expose_secret())?;
        let signed_schema = master.sign_schema(&Schema::parse(policies::SCHEMA)?);
        let (authority, begin) = Authority::begin(master, now)?;
        let office = Self::of(folder, authority, signed_schema)?;
        let begin = office.publish(&begin)?;
        Ok((office, begin))
    }

    /// The authority comes back from its folder, which may be an old backup: `witnesses` are the newest updates that
    /// others hold.
    pub fn resume(folder: &Path, witnesses: &[AuthorityUpdate]) -> Outcome<Resumed> {
        let log = folder::list(&folder.join("log"))?;
        let log = log.iter().map(|path| Ok(AuthorityUpdate::from_bytes(&std::fs::read(path)?)?));
        let log = log.collect::<Outcome<Vec<_>>>()?;
        Ok(Authority::resume(Self::master(folder)?, log, witnesses)?)
    }

    /// A restored authority that has caught up advances, and the office opens again.
    pub fn reopen(folder: &Path, restored: RestoredAuthority, now: u64) -> Outcome<(Self, Vec<Message>)> {
        let caught_up = restored.log().to_vec();
        let (authority, updates) = restored.advance(now)?;
        let signed_schema = Self::master(folder)?.sign_schema(&Schema::parse(policies::SCHEMA)?);
        let office = Self::of(folder, authority, signed_schema)?;
        for update in &caught_up {
            office.publish(update)?;
        }
        let messages = updates.iter().map(|update| office.publish(update)).collect::<Outcome<_>>()?;
        Ok((office, messages))
    }

    fn master(folder: &Path) -> Outcome<MasterKey> {
        Ok(MasterKey::from_bytes(&std::fs::read(folder.join("master.hpcr"))?)?)
    }

    fn of(folder: &Path, authority: Authority, signed_schema: SignedSchema) -> Outcome<Self> {
        let schema = signed_schema.verify(authority.public_parameters())?.clone();
        let registry = FolderRegistry::open(&folder.join("registry"));
        Ok(Self { folder: folder.to_owned(), authority, registry, schema, signed_schema })
    }

    /// An update is in the log before anybody hears of it.
    fn publish(&self, update: &AuthorityUpdate) -> Outcome<Message> {
        let path = self.folder.join("log").join(format!("{:012}.hpcr", update.number()));
        folder::write(&path, &update.to_bytes())?;
        Ok(Message::new(Verb::Update, [update.to_bytes()]))
    }

    pub fn parameters(&self) -> &PublicParameters {
        self.authority.public_parameters()
    }

    pub fn signed_schema(&self) -> &SignedSchema {
        &self.signed_schema
    }

    /// Attributes in the words of this realm.
    pub fn attributes(&self, text: &str) -> Outcome<AttributeSet> {
        Ok(AttributeSet::parse(text, &self.schema)?)
    }

    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// What the office says after every update: the lease of the cloud, and the epoch.
    pub fn news(&self, now: u64) -> Outcome<(Message, EpochStatement)> {
        let lease = self.authority.lease(&ProxyName::new(cloud::NAME)?, now, now + LEASE_SECONDS)?;
        let statement = self.authority.statement(now, now + STATEMENT_SECONDS)?;
        Ok((Message::new(Verb::Lease, [lease.to_bytes()]), statement))
    }

    /// Enrols a reader whom the office has seen in person, and issues a key for the cloud.
    pub fn enrol(
        &mut self,
        user: &UserId,
        enrolment: &[u8],
        nonce: EnrolmentNonce,
        attributes: &str,
    ) -> Outcome<Message> {
        let reader = Enrolment::from_bytes(enrolment)?.verify(self.parameters(), user, nonce)?;
        self.issue(&reader, attributes)
    }

    fn issue(&mut self, reader: &EnrolledReader, attributes: &str) -> Outcome<Message> {
        let attributes = self.attributes(attributes)?;
        let key = self.authority.issue(reader, &attributes, &mut self.registry, &mut os_rng())?;
        Ok(Message::new(Verb::Key, [key.to_bytes()]))
    }

    /// Another key for a reader who was enrolled before. He takes no part.
    pub fn issue_again(&mut self, user: &UserId, attributes: &str) -> Outcome<Message> {
        let id = self.registry.keys_of(user)?.into_iter().next().ok_or("nobody of this name is enrolled")?;
        let reader = self.registry.get(&id)?.ok_or("the registry has lost a key")?.reader()?;
        self.issue(&reader, attributes)
    }

    /// The reader's key that is alive.
    pub fn live_key(&self, user: &UserId) -> Outcome<KeyId> {
        let keys = self.registry.all()?.into_iter();
        let mut alive = keys.filter(|key| key.user() == user && key.is_live(self.authority.state()));
        Ok(alive.next().map(|key| *key.id()).ok_or_else(|| format!("{user} has no key"))?)
    }

    pub fn advance(&mut self, now: u64) -> Outcome<Message> {
        let update = self.authority.advance(now)?;
        self.publish(&update)
    }

    pub fn revoke(&mut self, user: &UserId, now: u64) -> Outcome<Message> {
        let update = self.authority.revoke_user(user, now)?;
        self.publish(&update)
    }

    /// Takes attributes away; the messages are to be sent in this order.
    pub fn withdraw(&mut self, user: &UserId, attributes: &str, now: u64) -> Outcome<Vec<Message>> {
        let (id, attributes) = (self.live_key(user)?, self.attributes(attributes)?);
        let withdrawal = self.authority.withdraw(&id, &attributes, &mut self.registry, now, &mut os_rng())?;
        let mut messages = vec![self.publish(&withdrawal.withdrawn)?];
        messages.extend(withdrawal.key.map(|key| Message::new(Verb::Key, [key.to_bytes()])));
        messages.push(self.publish(&withdrawal.revoked)?);
        Ok(messages)
    }

    pub fn grant(&mut self, user: &UserId, attributes: &str) -> Outcome<Message> {
        let (id, attributes) = (self.live_key(user)?, self.attributes(attributes)?);
        let grant = self.authority.grant(&id, &attributes, &mut self.registry)?;
        Ok(Message::new(Verb::Grant, [grant.to_bytes()]))
    }

    /// Tokens of the current epoch for every live key that lacks them; how many keys there are.
    pub fn refresh_all(&mut self) -> Outcome<(u64, Vec<Message>)> {
        let mut messages = Vec::new();
        let sink = |batch: &TokenBatch| -> Result<(), std::convert::Infallible> {
            messages.push(Message::new(Verb::Tokens, [batch.to_bytes()]));
            Ok(())
        };
        let keys = self.authority.refresh_all(&mut self.registry, |_| true, sink)?;
        Ok((keys, messages))
    }

    /// Tokens for one key, on demand: what a revoked reader, or a cloud on his behalf, might ask for.
    pub fn refresh_one(&mut self, id: &KeyId) -> Outcome<Message> {
        let from = self.registry.get(id)?.ok_or("no such key")?.issued_in();
        let batch = self.authority.refresh(id, from, &mut self.registry)?;
        Ok(Message::new(Verb::Tokens, [batch.to_bytes()]))
    }

    /// After a restore: brings the registry up to the keys that the cloud holds. `parts` is its answer to
    /// [`Verb::Keys`]; a lie in it costs the cloud's readers their tokens, and nothing else. Keys that were issued
    /// after the backup are unknown here, and revoked: their readers get others.
    pub fn adopt_keys(&mut self, parts: &[Vec<u8>], now: u64) -> Outcome<Vec<Message>> {
        let tree = self.parameters().epochs().ok_or("the realm has no epochs")?;
        let mut messages = Vec::new();
        for pair in parts.chunks_exact(2) {
            let id = KeyId::from_bytes(pair[0].as_slice().try_into()?);
            let until = tree.epoch(u32::from_be_bytes(pair[1].as_slice().try_into()?).into())?;
            if let Some(mut entry) = self.registry.get(&id)? {
                entry.refresh(until);
                self.registry.replace(entry)?;
            } else {
                let update = self.authority.revoke_key(&id, now)?;
                messages.push(self.publish(&update)?);
            }
        }
        Ok(messages)
    }
}
