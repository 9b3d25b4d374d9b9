//! What follows when somebody loses rights: the next epoch, and fresh seeds for the search indexes that he could search.

use hippocrypt::{AttributeSet, UserId};

use crate::failure::Failure;
use crate::report::Report;
use crate::vault::Vault;
use crate::vault::indexes::Indexes;
use crate::vault::office::Office;

/// What he has to read with, key by key; nothing, if he has no key.
pub fn attributes_of(office: &mut Office<'_>, user: &UserId) -> Result<Vec<AttributeSet>, Failure> {
    match office.authority.is_enrolled(user)? {
        true => Ok(office.authority.attributes_of(user)?),
        false => Ok(Vec::new()),
    }
}

/// Begins the next epoch, if that is asked for or indexes need it, and renews what somebody with these attributes could search.
pub fn indexes(
    vault: &Vault,
    office: &mut Office<'_>,
    had: &[AttributeSet],
    advance: bool,
    report: &mut Report,
    now: u64,
) -> Result<(), Failure> {
    let cloud = office.cloud;
    let mut kept = match Indexes::are_kept(vault) {
        true => Some(Indexes::look(vault, cloud)?),
        false => None,
    };
    let concerned = kept.as_ref().map_or(Ok(0), |indexes| indexes.concerned(had))?;
    if advance || concerned > 0 {
        report.row("keys refreshed", office.advance()?);
    }
    if let Some(indexes) = kept.as_mut().filter(|_| concerned > 0) {
        let (indexes, policies) = indexes.renew(had, now)?;
        report.row("indexes renewed", indexes);
        report.row("seeds renewed", policies);
    }
    Ok(())
}
