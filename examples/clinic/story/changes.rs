//! The nurse changes wards: she loses an attribute, and gains another. Then the store is sealed.

use hippocrypt::AttributeSet;

use super::{Outcome, Story, sealed_text};
use crate::phone::Target;
use crate::told::Says;

const LEAVES: &str = "dept:emergency";
const JOINS: &str = "dept:cardiology";

impl Story {
    pub(super) fn change_of_ward(&mut self) -> Outcome<()> {
        self.told.heading("5. The nurse changes wards");
        let user = self.clinic.phone("nurse")?.user.clone();
        let before = self.clinic.rights["nurse"].clone();
        let without = before.without(&self.clinic.office.attributes(LEAVES)?);
        let joins = self.clinic.office.attributes(JOINS)?;
        let after = without.union(&joins)?;
        let keeps = self.open_to(&[&before, &without], &[])?;
        let loses = self.open_to(&[&before], &[&without])?;
        let gains = self.open_to(&[&after], &[&without])?;
        if let Some(loses) = &loses {
            self.reads("nurse", loses, Says::Succeeds);
        }
        let seed = self.clinic.phone("nurse")?.files()?;
        let messages = self.clinic.office.withdraw(&user, LEAVES, self.clinic.now())?;
        self.clinic.tell(&messages)?;
        self.clinic.rights.insert("nurse".to_owned(), without.clone());
        self.told.note("The office withdraws dept:emergency: another key for what is left, and her phone hears nothing.");
        if let Some(loses) = &loses {
            self.reads("nurse", loses, Says::Fails("does not satisfy"));
        }
        if let Some(keeps) = &keeps {
            self.reads("nurse", keeps, Says::Succeeds);
        }

        if let Some(gains) = &gains {
            self.reads("nurse", gains, Says::Fails("does not satisfy"));
        }
        let grant = self.clinic.office.grant(&user, JOINS)?;
        self.clinic.tell(&[grant])?;
        self.clinic.rights.insert("nurse".to_owned(), after);
        self.told.note("The office grants dept:cardiology: one element more in the cloud.");
        if let Some(gains) = &gains {
            self.reads("nurse", gains, Says::Succeeds);
        }
        let unchanged = if self.clinic.phone("nurse")?.files()? == seed { Ok("unchanged") } else { Err("changed") };
        self.told.attempt("her phone's files, meanwhile", unchanged, Says::Succeeds);
        Ok(())
    }

    /// A compartment that opens with each of these attributes, and with none of those.
    fn open_to(&mut self, all: &[&AttributeSet], none: &[&AttributeSet]) -> Outcome<Option<Target>> {
        let targets = self.clinic.targets()?;
        let fits = |target: &Target| {
            all.iter().all(|attributes| self.clinic.policy_allows(attributes, target))
                && !none.iter().any(|attributes| self.clinic.policy_allows(attributes, target))
        };
        Ok(targets.into_iter().find(fits))
    }

    pub(super) fn seal(&mut self) -> Outcome<()> {
        self.told.heading("6. The store is sealed, by a process of its own that has the seal key");
        let counts = self.clinic.seal()?;
        let outcome = if counts[1] > 0 { Ok(sealed_text(counts)) } else { Err(sealed_text(counts)) };
        let epoch = self.clinic.statement.epoch();
        self.told.attempt(&format!("the keeper seals whatever is older than epoch {epoch}"), outcome, Says::Succeeds);
        let counts = self.clinic.seal()?;
        let outcome = if counts[1] > 0 { Ok(sealed_text(counts)) } else { Err(sealed_text(counts)) };
        self.told.attempt("it goes through the store once more", outcome, Says::Fails("0 of"));
        if let Some(target) = self.target("internist", None, &[])? {
            self.reads("internist", &target, Says::Succeeds);
        }
        self.everybody_tries("Everybody goes on as before:")
    }
}
