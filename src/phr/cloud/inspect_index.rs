//! Whether the rows of search indexes agree.
//!
//! Nothing in this file is secret: it names no type that is.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::rows;
use super::{Cloud, CloudError};
use crate::abe::types::Header;
use crate::codec::Hex;
use crate::outsource::StoredHeader;
use crate::phr::index::Announcement;
use crate::phr::record::PatientHandle;
use crate::search::{CollectionId, server};
use crate::store::{BlobStore, Store, StoreError, Table};

/// What was found so far.
struct Sights<'p> {
    problems: &'p mut Vec<String>,
    /// Core ids of the seeds that heads name.
    seeds: BTreeSet<[u8; 32]>,
    /// Rows of segments, and how many of them belong to chains that heads name.
    segments: (u64, u64),
    /// Whether every chain could be looked through.
    is_whole: bool,
}

impl<S: Store, B: BlobStore> Cloud<S, B> {
    /// Search indexes: announced by their patients, with a head, wrapped seeds and unbroken chains; and nothing that is of no index.
    pub(super) fn check_indexes(
        &self,
        problems: &mut Vec<String>,
        step: &mut impl FnMut(u64),
    ) -> Result<(), CloudError> {
        let mut sights = Sights { problems, seeds: BTreeSet::new(), segments: (0, 0), is_whole: true };
        // Heads come first: their rows begin with the first letter.
        self.each(Table::Segment, |key, value| {
            step(1);
            if rows::is_announcement(key) {
                return self.check_announcement(key, value, &mut sights);
            }
            if let Some(core) = rows::core_of_seed(key) {
                if !sights.seeds.contains(&core) {
                    sights.problems.push(format!("a wrapped seed that no head names: {}", Hex(key)));
                }
                return Ok(());
            }
            let Some(collection) = rows::collection_of(key) else {
                sights.problems.push(format!("a row of an index is damaged: {}", Hex(key)));
                return Ok(());
            };
            if rows::is_head(key) {
                return self.check_head(&collection, &mut sights);
            }
            sights.segments.0 += u64::from(rows::is_segment(key));
            let shelf = self.shelf();
            let stands = match owner_of(&shelf.store, &collection)? {
                Some(patient) => {
                    shelf.store.get(Table::Segment, &rows::announcement_key(&patient))?.is_some()
                }
                None => false,
            };
            if !stands {
                sights.problems.push(format!("the index {collection} is of no patient: {}", Hex(key)));
            }
            Ok(())
        })?;
        let (all, chained) = sights.segments;
        if sights.is_whole && all != chained {
            problems.push(format!("{} segments belong to no chain of any head", all.abs_diff(chained)));
        }
        Ok(())
    }

    fn check_announcement(
        &self,
        key: &[u8],
        value: &[u8],
        sights: &mut Sights<'_>,
    ) -> Result<(), CloudError> {
        let announced = Announcement::from_bytes(value).ok().and_then(|announcement| {
            let patient = *announcement.patient(&self.realm)?;
            Some((patient, *announcement.collection()))
        });
        let Some((patient, collection)) = announced else {
            sights.problems.push(format!("the announcement of an index is damaged: {}", Hex(key)));
            return Ok(());
        };
        let owner = owner_of(&self.shelf().store, &collection)?;
        if key != rows::announcement_key(&patient) || owner != Some(patient) {
            sights.problems.push(format!("the index {collection} is not where it is looked for"));
        }
        Ok(())
    }

    fn check_head(&self, collection: &CollectionId, sights: &mut Sights<'_>) -> Result<(), CloudError> {
        let shelf = self.shelf();
        if owner_of(&shelf.store, collection)?.is_none() {
            sights.problems.push(format!("the index {collection} is of no patient"));
        }
        let head = match server::head(&shelf.store, collection) {
            Ok(Some(head)) => head,
            Ok(None) => return Ok(()),
            Err(error) => {
                sights.is_whole = false;
                sights.problems.push(format!("the index {collection}: {error}"));
                return Ok(());
            }
        };
        for entry in &head.contents().policies {
            let core = Header::from_bytes(&entry.header).map(|header| *header.core_id()).unwrap_or_default();
            sights.seeds.insert(core);
            let stored = shelf.store.get(Table::Segment, &rows::seed_key(&core))?;
            let is_there = stored.is_some_and(|bytes| {
                StoredHeader::from_bytes(&bytes).is_ok_and(|seed| seed.header().to_bytes() == entry.header)
            });
            if !is_there {
                sights.problems.push(format!("the index {collection} lacks a wrapped seed"));
            }
        }
        match server::check(&shelf.store, &head) {
            Ok((segments, _)) => sights.segments.1 += segments,
            Err(error) => {
                sights.is_whole = false;
                sights.problems.push(format!("the index {collection}: {error}"));
            }
        }
        Ok(())
    }
}

/// The patient whose index it is; none if the row that says so is damaged.
fn owner_of(store: &impl Store, collection: &CollectionId) -> Result<Option<PatientHandle>, CloudError> {
    match rows::owner_of(store, collection) {
        Err(StoreError::Damaged(_)) => Ok(None),
        other => Ok(other?),
    }
}
