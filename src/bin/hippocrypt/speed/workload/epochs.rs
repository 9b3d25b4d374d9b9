//! A realm with epochs: its authority, a proxy that may serve, readers and records.

use hippocrypt::rand_core::Rng;
use hippocrypt::{
    AttributeCache, AttributeSet, Authority, EnrolledReader, Enrolment, EnrolmentNonce, Epoch, EpochTree,
    Epochs, IssuedKey, KeyId, MasterKey, MemoryRegistry, Policy, Proxy, ProxyKey, ProxyName,
    PublicParameters, ReaderSeed, Schema, StoredHeader, TransformedHeader, UserId, os_rng, setup_with_epochs,
};

use super::Wrong;
use super::grid::{Cell, Temp};
use super::world::{CACHE_BYTES, Cools};

/// The context of every record.
pub const CONTEXT: &[u8] = b"";
/// The time of everything, in seconds since 1970-01-01T00:00Z.
const NOW: u64 = 1_800_000_000;
/// The epoch that the realm is in. From epoch 1 to this one a key takes two tokens, as many as from one epoch to the next in
/// the mean; and the cover of epoch 1, in which all records are made, has as many nodes as any.
const CURRENT: u64 = 3;

/// An authority, once with a cache that is kept and once with one that is cleared again and again; its proxy; clients
/// who have heard of epoch 1 alone.
#[derive(Debug)]
pub struct EpochRealm {
    pub tree: EpochTree,
    warm: Authority,
    cold: Authority,
    proxy: Proxy,
    first: Epochs,
    /// Somebody with an attribute that nobody else has.
    warmer: (EnrolledReader, AttributeSet),
}

/// A reader before he is enrolled, and what he sends his authority.
#[derive(Debug)]
pub struct Applicant {
    pub seed: ReaderSeed,
    pub user: UserId,
    pub enrolment: Enrolment,
}

impl Applicant {
    pub fn new(parameters: &PublicParameters, user: &str) -> Result<Self, Wrong> {
        let (seed, user) = (ReaderSeed::generate(&mut os_rng()), UserId::new(user)?);
        let nonce = EnrolmentNonce::generate(&mut os_rng());
        let enrolment = seed.enrol(parameters, &user, &nonce, &mut os_rng());
        Ok(Self { seed, user, enrolment })
    }

    pub fn enrol(&self, parameters: &PublicParameters) -> Result<EnrolledReader, Wrong> {
        let nonce = EnrolmentNonce::from_bytes(*self.enrolment.nonce());
        Ok(self.enrolment.verify(parameters, &self.user, nonce)?)
    }
}

impl EpochRealm {
    pub fn new(depth: u8) -> Result<Self, Wrong> {
        let tree = EpochTree::new(depth)?;
        let (_, master) = setup_with_epochs("speed", tree, &mut os_rng())?;
        let twin = MasterKey::from_bytes(master.to_bytes().expose_secret())?;
        let begin = |master: MasterKey| {
            let master = master.with_attribute_cache(AttributeCache::new(CACHE_BYTES));
            master.public_parameters().prepare();
            Authority::begin(master, NOW)
        };
        let ((mut warm, begun), (mut cold, _)) = (begin(master)?, begin(twin)?);
        let parameters = warm.public_parameters().clone();
        let mut first = Epochs::new(&parameters)?;
        first.observe(&parameters, &warm.statement(NOW, NOW + 3_600)?, NOW)?;
        let mut proxy = Proxy::new(&parameters, ProxyName::new("proxy")?)?;
        let _ = proxy.apply(&begun)?;
        let _ = proxy.apply(&warm.advance_to(CURRENT, NOW)?)?;
        cold.advance_to(CURRENT, NOW)?;
        proxy.renew(warm.lease(proxy.name(), NOW, NOW + 600)?, NOW)?;
        let warmer = Applicant::new(&parameters, "reader")?.enrol(&parameters)?;
        let warmer = (warmer, AttributeSet::parse("warmer", &Schema::empty())?);
        let realm = Self { tree, warm, cold, proxy, first, warmer };
        realm.warm_up(&realm.warm)?;
        Ok(realm)
    }

    /// Gives the spans of time on the path of the current epoch their tables.
    fn warm_up(&self, authority: &Authority) -> Result<(), Wrong> {
        let (reader, attributes) = &self.warmer;
        for _ in 0..AttributeCache::TABLE_FROM_USE {
            authority.issue(reader, attributes, &mut MemoryRegistry::new(), &mut os_rng())?;
        }
        Ok(())
    }

    /// The authority as the operation of `cell` finds it.
    pub fn authority(&self, cell: &Cell) -> &Authority {
        match cell.temp() {
            Some(Temp::Cold) => &self.cold,
            _ => &self.warm,
        }
    }

    /// The public parameters for making inputs and verifying results, outside the clock.
    pub fn parameters(&self) -> &PublicParameters {
        self.warm.public_parameters()
    }

    /// The epoch that the realm is in.
    pub fn current(&self) -> Epoch {
        self.warm.epoch()
    }

    /// The registry's entries of `count` keys of one reader, each with a randomizer of its own, ascending.
    pub fn entries(
        &self,
        reader: &EnrolledReader,
        attributes: &AttributeSet,
        count: usize,
    ) -> Vec<IssuedKey> {
        let mut entries: Vec<IssuedKey> = (0..count)
            .map(|_| self.warm.entry_for(reader, KeyId::random(&mut os_rng()), attributes))
            .collect();
        entries.sort_unstable_by_key(|entry| *entry.id());
        entries
    }

    /// What the proxy holds for the reader of an entry, with tokens until this epoch.
    pub fn proxy_key(&self, entry: &IssuedKey, until: Epoch) -> Result<ProxyKey, Wrong> {
        self.warm.proxy_key_for(entry, until)?.ok_or_else(|| Wrong::new("the realm has no epochs"))
    }

    /// A reader, and the proxy's key for him, with tokens until this epoch.
    pub fn served(&self, attributes: &AttributeSet, until: Epoch) -> Result<(ReaderSeed, ProxyKey), Wrong> {
        let applicant = Applicant::new(self.parameters(), "reader")?;
        let entries = self.entries(&applicant.enrol(self.parameters())?, attributes, 1);
        let entry = entries.first().ok_or_else(|| Wrong::new("no entry"))?;
        Ok((applicant.seed, self.proxy_key(entry, until)?))
    }

    /// A record of epoch 1.
    pub fn stored(&self, policy: &Policy) -> Result<StoredHeader, Wrong> {
        let (parameters, epoch) = (self.parameters(), self.first.current(NOW)?);
        let (header, _) = parameters.at(epoch)?.compartment(policy, CONTEXT, &mut os_rng());
        Ok(StoredHeader::accept_at(epoch, header, parameters, &mut os_rng())?)
    }

    /// The proxy takes a key in.
    pub fn accept(&self, bytes: &[u8]) -> Result<ProxyKey, Wrong> {
        let key = hippocrypt::TransformKey::from_bytes(bytes)?;
        Ok(self.proxy.accept(key, &mut os_rng())?)
    }

    /// The proxy asks itself whether it may, and transforms.
    pub fn transform(&self, key: &ProxyKey, stored: &StoredHeader) -> Result<TransformedHeader, Wrong> {
        Ok(self.proxy.permit(key, NOW)?.transform(stored)?)
    }

    /// Fails unless the reader of `seed` opens the record through this key.
    pub fn must_open(&self, seed: &ReaderSeed, key: &ProxyKey, stored: &StoredHeader) -> Result<(), Wrong> {
        self.must_finish(seed, &self.transform(key, stored)?, stored)
    }

    /// Fails unless the reader of `seed` opens what the proxy made of the record.
    pub fn must_finish(
        &self,
        seed: &ReaderSeed,
        transformed: &TransformedHeader,
        stored: &StoredHeader,
    ) -> Result<(), Wrong> {
        let id = stored.header().core_id();
        let opened = seed.retrieval_key().finish(self.parameters(), transformed, id, CONTEXT)?;
        Wrong::unless(opened.core_id() == id, "the proxy has transformed another header")
    }
}

impl Cools for EpochRealm {
    /// Spans of time stay warm: they are few, and the same for all readers of an epoch.
    fn make_cold(&self) -> Result<(), Wrong> {
        self.cold.public_parameters().attribute_cache().clear();
        self.warm_up(&self.cold)
    }
}

/// Some keys' tokens out of encoded batches of one realm and one epoch: a smaller batch. To decode a large one takes a
/// subgroup check for each token.
#[derive(Debug, Default)]
pub struct PickedTokens {
    encoded: Vec<u8>,
    keys: u32,
}

impl PickedTokens {
    /// The number of keys stands behind the realm, the depth and two epochs; then comes a part of one length for each key.
    const COUNT_AT: usize = hippocrypt::PROLOGUE_BYTES + 32 + 1 + 4 + 4;

    /// Adds the keys at these places of a batch of `keys` keys.
    pub fn pick(&mut self, batch: &[u8], keys: usize, places: &[usize]) -> Result<(), Wrong> {
        let other_form = || Wrong::new("another form of tokens");
        let (head, parts) = batch.split_at_checked(Self::COUNT_AT + 4).ok_or_else(other_form)?;
        if self.encoded.is_empty() {
            self.encoded.extend_from_slice(head);
        }
        let length = parts.len().checked_div(keys).ok_or_else(other_form)?;
        for place in places {
            let part = parts.get(place * length..(place + 1) * length).ok_or_else(other_form)?;
            self.encoded.extend_from_slice(part);
            self.keys += 1;
        }
        Ok(())
    }

    /// The batch.
    pub fn into_bytes(mut self) -> Vec<u8> {
        for (byte, digit) in self.encoded.iter_mut().skip(Self::COUNT_AT).zip(self.keys.to_be_bytes()) {
            *byte = digit;
        }
        self.encoded
    }
}

/// `count` numbers below `end`, ascending and distinct; all of them if there are no more.
pub fn choose(count: usize, end: usize) -> Vec<usize> {
    let mut chosen: Vec<usize> = Vec::with_capacity(count);
    if end <= count {
        return (0..end).collect();
    }
    while chosen.len() < count {
        // As biased as `end` is small against 2^64.
        let number = usize::try_from(os_rng().next_u64() % end as u64);
        if let Some((number, place)) = number.ok().and_then(|n| Some((n, chosen.binary_search(&n).err()?))) {
            chosen.insert(place, number);
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_distinct_and_ascend() {
        for (count, end) in [(0, 5), (3, 4), (4, 4), (9, 4), (50, 1_000)] {
            let chosen = choose(count, end);
            assert_eq!(chosen.len(), count.min(end));
            assert!(chosen.is_sorted_by(|a, b| a < b) && chosen.iter().all(|number| *number < end));
        }
    }
}
