//! The key office comes back from an old backup, which knows nothing of the dismissal.

use hippocrypt::Resumed;

use super::{BACKUP, Outcome, Story, token_bytes};
use crate::authority::KeyOffice;
use crate::told::Says;
use crate::wire::{Link, Message, Verb};

impl Story {
    pub(super) fn restore(&mut self) -> Outcome<()> {
        self.told.heading("8. The key office burns down, and comes back from the backup of the first day");
        let folder = self.clinic.folder(BACKUP);
        let log = self.clinic.log_of_cloud()?;
        let newest = log.last().cloned().ok_or("the cloud has heard nothing")?;
        let resumed = KeyOffice::resume(&folder, std::slice::from_ref(&newest))?;
        let Resumed::Restored(restored) = resumed else {
            self.told.attempt(
                "it goes on as if nothing had happened",
                Ok::<_, String>("ready"),
                Says::Fails("behind"),
            );
            return Ok(());
        };
        // There is no way to issue, revoke or state anything with it: it has no such function. What it has is:
        let advance =
            restored.advance(self.clinic.now()).map(|_| "advanced").map_err(|error| error.to_string());
        self.told.attempt("it advances without asking anybody", advance, Says::Fails("catch up"));

        let Resumed::Restored(mut restored) = KeyOffice::resume(&folder, &[newest])? else {
            return Err("a backup cannot know what came after it".into());
        };
        let (old, all) = (restored.state().number(), log.len());
        restored.catch_up(log)?;
        let (office, updates) = KeyOffice::reopen(&folder, restored, self.clinic.now())?;
        self.clinic.office = office;
        println!(
            "   It takes updates {} to {all} from the cloud, and advances to epoch {}.",
            old + 1,
            self.clinic.office.authority().epoch()
        );
        self.clinic.tell(&updates)?;

        // Keys that were issued since the backup are not in its registry; of the others the cloud may know more.
        let keys = self.clinic.cloud.call(&Message::new(Verb::Keys, []))?;
        let updates = self.clinic.office.adopt_keys(&keys, self.clinic.now())?;
        self.clinic.tell(&updates)?;
        let (count, tokens) = self.clinic.office.refresh_all()?;
        self.clinic.tell(&tokens)?;
        println!(
            "   {} of the {} keys in the cloud are unknown to it and revoked; tokens for {count}, {} B.",
            updates.len(),
            keys.len() / 2,
            token_bytes(&tokens)
        );
        let before = self.clinic.targets()?;
        let compartments = self.follow_ups()?;
        println!("   The lab writes {compartments} more follow-ups.");
        let new = self.newer_than(&before)?;
        for (user, says) in [
            ("internist", Says::Succeeds),
            ("cardiologist", Says::Fails("holds no key")),
            ("nurse", Says::Fails("holds no key")),
        ] {
            let judged_as = if user == "cardiologist" { "internist" } else { user };
            let target = new.iter().find(|target| self.clinic.may(judged_as, target)).cloned();
            if let Some(target) = target {
                self.reads(user, &target, says);
            }
        }
        let nurse = self.clinic.phone("nurse")?.user.clone();
        let text = self.clinic.rights["nurse"].to_string();
        let key = self.clinic.office.issue_again(&nurse, &text)?;
        self.clinic.tell(&[key])?;
        self.told.note(
            "The nurse's key was younger than the backup: the office issues another, and she does nothing.",
        );
        let target = new.iter().find(|target| self.clinic.may("nurse", target)).cloned();
        if let Some(target) = target {
            self.reads("nurse", &target, Says::Succeeds);
        }
        Ok(())
    }
}
