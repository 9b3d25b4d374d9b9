//! The patient lets a specialist read, and takes it back.

use hippocrypt::phr::{Description, RecordCategory};
use hippocrypt::{AttributeSet, Schema, os_rng};

use super::{Outcome, Story};
use crate::told::Says;
use crate::wire::{Link, Message, Verb};

impl Story {
    pub(super) fn sharing(&mut self) -> Outcome<()> {
        self.told.heading("5. The patient shares her lab results with the radiologist, and takes it back");
        let mut owner = self.clinic.phone("patient")?.owner()?;
        let (statement, now) = (self.clinic.statement()?, self.clinic.now());
        owner.writer().observe(&statement, now)?;

        let note = Description::new(RecordCategory::Note, "text/plain");
        let (patient, text) = (self.patient, b"I sleep better since Tuesday.");
        let name = owner.writer().write(&patient, &note, text, now, &mut os_rng())?;
        while let Some(upload) = owner.writer().upload() {
            self.clinic.cloud.call(&Message::new(Verb::Upload, [upload]))?;
        }
        self.clinic.wrote(name, &patient, &note, text);
        self.reads("physician", "a note that the patient has written herself", &[name], Says::Succeeds);

        let lab_results = [RecordCategory::LabResult];
        let specialist = self.clinic.phone("radiologist")?.user().clone();
        let before = self.clinic.rights["radiologist"].clone();
        let attribute = format!("shared:\"{patient}/{}\"", RecordCategory::LabResult);
        let after = before.union(&AttributeSet::parse(&attribute, &Schema::empty())?)?;
        let names = self.clinic.records_between(&patient, &after, Some(&before))?;
        self.reads("radiologist", "her lab results", &names, Says::Fails("not for you"));

        let consent = owner.share(&specialist, lab_results, [], now)?;
        let mut forged = consent.clone();
        forged[200] ^= 1;
        let carried = self.clinic.authority.consent(&forged, now, &mut os_rng()).map(|_| "carried out");
        self.told.attempt(
            "The authority gets a consent that was changed on the way",
            carried,
            Says::Fails(""),
        );
        let messages = self.clinic.authority.consent(&consent, now, &mut os_rng())?;
        self.clinic.tell(&messages)?;
        self.clinic.rights.insert("radiologist".to_owned(), after);
        self.told.note("She signs a consent; the authority grants one attribute. Nothing is encrypted anew.");
        self.reads("radiologist", "her lab results", &names, Says::Succeeds);

        let consent = owner.unshare(&specialist, lab_results, [], now)?;
        let messages = self.clinic.authority.consent(&consent, now, &mut os_rng())?;
        self.clinic.tell(&messages)?;
        self.clinic.rights.insert("radiologist".to_owned(), before);
        self.told.note("She takes it back: the cloud gets another key for him, for what is left.");
        self.reads("radiologist", "her lab results", &names, Says::Fails("not for you"));
        if let Some(study) = self.study.1 {
            self.reads("radiologist", "her imaging study, as before", &[study], Says::Succeeds);
        }
        Ok(())
    }
}
