//! The authority comes back from an old backup, which knows nothing of the dismissal.

use hippocrypt::phr::Authority;
use hippocrypt::store::RedbStore;
use hippocrypt::{EpochTree, KeyId};

use super::{BACKUP, Outcome, STAFF, Story};
use crate::clinic::{Role, cloud_name};
use crate::cloud;
use crate::folder;
use crate::table::counted;
use crate::told::Says;
use crate::wire::{Link, Message, Verb};

impl Story {
    pub(super) fn restore(&mut self) -> Outcome<()> {
        self.told.heading("12. The authority burns down, and comes back from the backup of the first day");
        let now = self.clinic.now();
        let updates = self.clinic.cloud.call(&Message::new(Verb::Updates, []))?;
        let alone = self.open_backup("restored-alone", &[]).and_then(|(authority, _)| {
            let lease = authority.lease(&cloud_name()?, now, now + 600)?;
            self.clinic.cloud.call(&Message::new(Verb::Take, [lease]))?;
            Ok("served")
        });
        self.told.attempt("It asks nobody, and gives the cloud a lease", alone, Says::Fails(""));
        let newest = updates.last().cloned().into_iter().collect::<Vec<_>>();
        let gap = self.open_backup("restored-halfway", &newest).map(|_| "ready");
        self.told.attempt("It asks the cloud for its newest order alone", gap, Says::Fails(""));
        let (authority, messages) = self.open_backup("restored", &updates)?;
        self.clinic.authority = authority;
        self.clinic.tell(&messages)?;

        // Keys that were issued since the backup are not in its registry; of the others the cloud may know more.
        let (held, tree) = (self.clinic.cloud.call(&Message::new(Verb::Keys, []))?, EpochTree::default());
        let held = held.chunks_exact(2).map(|pair| {
            let epoch = u32::from_be_bytes(pair[1].as_slice().try_into()?);
            Ok((KeyId::from_bytes(pair[0].as_slice().try_into()?), tree.epoch(epoch.into())?))
        });
        let held = held.collect::<Outcome<Vec<_>>>()?;
        let keys = held.len();
        let revoked = self.clinic.authority.reconcile(held, now)?;
        self.clinic.tell(&revoked)?;
        let (count, _) = self.refresh()?;
        self.told.note(format!(
            "It takes all {} orders from the cloud, begins epoch {}, revokes {} of {} that it does not know, refreshes {count}.",
            updates.len(),
            self.clinic.authority.epoch(),
            revoked.len(),
            counted(keys, "key"),
        ));
        let names = self.one_between("physician", None)?;
        self.reads("physician", "as before", &names, Says::Succeeds);
        self.reads("locum", "a record, after all", &names, Says::Fails("was dismissed"));
        let study: Vec<_> = self.study.1.into_iter().collect();
        self.reads(
            "radiologist",
            "a study; his key is younger than the backup",
            &study,
            Says::Fails("no key"),
        );
        self.enrol_again()?;
        self.reads("radiologist", "it, enrolled again with the key that he has", &study, Says::Succeeds);
        Ok(())
    }

    /// Whoever has a key that the backup does not know comes by once more.
    fn enrol_again(&mut self) -> Outcome<()> {
        let (_, attributes, writes) = STAFF[4];
        self.clinic.issue("radiologist", &Role::Staff(attributes, writes))?;
        let patients = self.clinic.ledger.handles.values().copied().collect::<Vec<_>>();
        for patient in patients {
            let own = |who: &&String| {
                let owner = self.clinic.phones[*who].owner();
                owner.is_ok_and(|owner| *owner.patient() == patient)
            };
            let who = self.clinic.phones.keys().find(own).cloned();
            if let Some(who) = who {
                self.clinic.issue(&who, &Role::Patient(patient))?;
            }
        }
        Ok(())
    }

    /// An authority over a copy of the backup, with what others know.
    fn open_backup(
        &self,
        name: &str,
        witnesses: &[Vec<u8>],
    ) -> Outcome<(Authority<RedbStore>, Vec<Vec<u8>>)> {
        let folder = self.clinic.folder(name);
        folder::copy(&self.clinic.folder(BACKUP), &folder)?;
        let store = RedbStore::open(folder.join(cloud::STORE))?;
        Ok(Authority::open(self.clinic.master()?, store, witnesses, self.clinic.now())?)
    }
}
