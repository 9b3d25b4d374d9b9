//! A cardiologist is dismissed, and tries everything: with an honest cloud, a dishonest one, and a thief.

use std::fs;

use hippocrypt::{AttributeSet, KeyId, ProxyKey};

use super::{COPY, Outcome, Story, token_bytes, what};
use crate::folder;
use crate::phone::Target;
use crate::policies::STAFF;
use crate::process::Process;
use crate::told::Says;
use crate::wire::Link;

/// A night, and the hours before and after it.
const NIGHT_SECONDS: u64 = 24 * 3600;

impl Story {
    pub(super) fn dismissal(&mut self) -> Outcome<()> {
        self.told.heading("3. The cardiologist is dismissed");
        let target = self.target("cardiologist", None, &[])?;
        if let Some(target) = &target {
            self.reads("cardiologist", target, Says::Succeeds);
        }
        // Somebody at the cloud has copied its folder, with keys, tokens and lease, and deletes nothing.
        self.clinic.copy("cloud", COPY)?;
        self.copied = self.clinic.clock;

        let user = self.clinic.phone("cardiologist")?.user.clone();
        let update = self.clinic.office.revoke(&user, self.clinic.now())?;
        self.clinic.tell(&[update])?;
        self.clinic.rights.insert("cardiologist".to_owned(), AttributeSet::new());
        let Some(target) = target else { return Ok(()) };
        self.reads("cardiologist", &target, Says::Fails("holds no key"));
        self.reads_with_the_copy(&target, Says::Succeeds)?;
        self.told
            .note("(No scheme prevents that: he was entitled to it, and the copy is what a cloud had then.)");
        Ok(())
    }

    pub(super) fn night(&mut self) -> Outcome<()> {
        self.told.heading("4. The day changes");
        let target = self.target("internist", None, &[])?;
        self.clinic.skip(NIGHT_SECONDS)?;
        if let Some(target) = target {
            self.reads("internist", &target, Says::Fails("lease"));
        }
        let late = self.clinic.lab.write(&[], self.clinic.now()).map(|_| "encrypted");
        self.told.attempt("the lab encrypts under yesterday's statement", late, Says::Fails("expired"));

        let advance = self.clinic.office.advance(self.clinic.now())?;
        self.clinic.tell(&[advance])?;
        let before = self.clinic.targets()?;
        let compartments = self.follow_ups()?;
        let new = self.newer_than(&before)?;
        println!(
            "   The office begins epoch {}; the lab writes {compartments} follow-ups.",
            self.clinic.statement.epoch()
        );
        let theirs = new.iter().find(|target| self.clinic.may("internist", target)).cloned();
        if let Some(theirs) = &theirs {
            self.reads("internist", theirs, Says::Fails("good until epoch"));
        }
        let (keys, tokens) = self.clinic.office.refresh_all()?;
        self.clinic.tell(&tokens)?;
        println!(
            "   Tokens for {keys} live keys, {} B in all; the phones take no part.",
            token_bytes(&tokens)
        );
        if let Some(theirs) = theirs {
            self.reads("internist", &theirs, Says::Succeeds);
            self.reads("cardiologist", &theirs, Says::Fails("holds no key"));
            // The dishonest cloud takes over the new records and all the tokens, which are public.
            let store = self.clinic.folder("cloud").join("store");
            folder::copy(&store, &self.clinic.folder(COPY).join("store"))?;
            let (mut copy, _) = self.dishonest_cloud()?;
            tokens.iter().try_for_each(|message| copy.call(message).map(drop))?;
            drop(copy);
            self.told.note("The copy of the cloud takes the new records and all the new tokens, too.");
            self.reads_with_the_copy(&theirs, Says::Fails("good until epoch"))?;
        }
        let id = self.cardiologists_key()?;
        let tokens = self.clinic.office.refresh_one(&id).map(|_| "got them");
        self.told.attempt(
            "somebody asks the office for tokens for his key",
            tokens,
            Says::Fails("revoked or replaced"),
        );
        Ok(())
    }

    /// The revoked reader and the dishonest cloud together.
    fn reads_with_the_copy(&mut self, target: &Target, says: Says) -> Outcome<()> {
        let (mut copy, now) = self.dishonest_cloud()?;
        let outcome = self.clinic.read_from(&mut copy, "cardiologist", target, now);
        let text = format!("with a copy of the cloud that has deleted nothing, he asks for {}", what(target));
        self.tell_reading(&text, outcome, says);
        Ok(())
    }

    /// The copy of the cloud, and its time. The program would not serve without a lease: so the copy's clock stands
    /// where the old lease was good, and it takes no updates. (After a start it has to wait for a minute.)
    fn dishonest_cloud(&self) -> Outcome<(Process, u64)> {
        let mut clock = self.copied;
        let mut copy = Process::cloud(&self.clinic.folder(COPY), clock)?;
        copy.skip(90)?;
        clock.skip(90);
        Ok((copy, clock.now()))
    }

    pub(super) fn theft(&mut self) -> Outcome<()> {
        self.told
            .heading("7. A thief has his phone, the cloud's old keys and tokens, and the store as it is now");
        let store = self.clinic.folder(COPY).join("store");
        fs::remove_dir_all(&store)?;
        folder::copy(&self.clinic.folder("cloud").join("store"), &store)?;
        let was = self.clinic.office.attributes(STAFF[0].1)?;
        let mut targets = self.clinic.targets()?;
        targets.retain(|target| self.clinic.policy_allows(&was, target));
        if targets.is_empty() {
            return Ok(());
        }
        let (mut copy, now) = self.dishonest_cloud()?;
        let (mut opened, mut reason) = (0, String::new());
        for target in &targets {
            match self.clinic.read_from(&mut copy, "cardiologist", target, now) {
                Ok(_) => opened += 1,
                Err(error) => reason = error.to_string(),
            }
        }
        let outcome = match opened {
            0 => Err(format!("0 of {}: {reason}", targets.len())),
            _ => Ok(format!("{opened} of {}", targets.len())),
        };
        let what = "he tries everything that his attributes would open, that of the dismissal too";
        self.told.attempt(what, outcome, Says::Fails("good until epoch"));
        Ok(())
    }

    /// The id of the key that he had: the copy of the cloud still has it.
    fn cardiologists_key(&self) -> Outcome<KeyId> {
        for path in folder::list(&self.clinic.folder(COPY).join("keys"))? {
            let key = ProxyKey::from_bytes(&fs::read(path)?)?;
            if key.user().as_str() == "cardiologist" {
                return Ok(*key.id());
            }
        }
        Err("the copy has no key of his".into())
    }
}
