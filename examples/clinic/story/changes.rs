//! The nurse changes wards: she loses an attribute, and gains another. Then the store is sealed.

use hippocrypt::AttributeSet;

use super::{Outcome, Story};
use crate::phone::Target;
use crate::table::counted;
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
        let seed = self.clinic.phone("nurse")?.seed_file()?;
        let messages = self.clinic.office.withdraw(&user, LEAVES, self.clinic.now())?;
        self.clinic.tell(&messages)?;
        self.clinic.rights.insert("nurse".to_owned(), without.clone());
        self.told.note("The office withdraws dept:emergency: the cloud gets another key, for what is left.");
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
        let same = self.clinic.phone("nurse")?.seed_file()? == seed;
        let outcome = if same { Ok("unchanged") } else { Err("changed") };
        self.told.attempt("the seed on her phone, after all that", outcome, Says::Succeeds);
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
        let epoch = self.clinic.statement.epoch();
        self.seal_once(&format!("the keeper seals what is older than epoch {epoch}"), Says::Succeeds)?;
        self.seal_once("it goes through the store once more", Says::Fails("0 of"))?;
        if let Some(target) = self.target("internist", None, &[])? {
            self.reads("internist", &target, Says::Succeeds);
        }
        self.everybody_tries("Everybody goes on as before:")
    }

    fn seal_once(&mut self, what: &str, says: Says) -> Outcome<()> {
        let [seen, sealed] = self.clinic.seal()?;
        let text = format!("{sealed} of {} sealed", counted(seen.try_into()?, "header"));
        self.told.attempt(what, if sealed > 0 { Ok(text) } else { Err(text) }, says);
        Ok(())
    }
}
