//! Realms and keys.

use hippocrypt::{AttributeSet, Schema, os_rng};

use super::super::Wrong;
use super::super::grid::Cell;
use super::super::world::World;
use super::Work;

const NOT_GENUINE: &str = "the key is not genuine";

/// A new realm.
pub fn setup<'w>(_: &'w World, _: &Cell) -> Result<Work<'w>, Wrong> {
    let attributes = AttributeSet::parse("attribute-0", &Schema::empty())?;
    Ok(Box::new(move |watch| {
        let (parameters, master) = watch.time(|| hippocrypt::setup("speed", &mut os_rng()))?;
        let key = master.issue(&attributes, &mut os_rng())?;
        Wrong::unless(key.verify(&parameters, &mut os_rng()), NOT_GENUINE)?;
        Ok(parameters.to_bytes().len())
    }))
}

/// A key for every attribute of the policy.
pub fn keygen<'w>(world: &'w World, cell: &Cell) -> Result<Work<'w>, Wrong> {
    let (realm, reader) = (world.realm(cell), world.reader(cell)?);
    Ok(Box::new(move |watch| {
        let key = watch.time(|| realm.master.issue(&reader.attributes, &mut os_rng()))?;
        Wrong::unless(key.verify(world.parameters(), &mut os_rng()), NOT_GENUINE)?;
        Ok(key.to_bytes().expose_secret().len())
    }))
}

/// A key for every attribute of the policy, out of another key for the same attributes.
pub fn delegate<'w>(world: &'w World, cell: &Cell) -> Result<Work<'w>, Wrong> {
    let reader = world.reader(cell)?;
    Ok(Box::new(move |watch| {
        let key = watch.time(|| reader.key.delegate(&reader.attributes, &mut os_rng()))?;
        Wrong::unless(key.verify(world.parameters(), &mut os_rng()), NOT_GENUINE)?;
        Ok(key.to_bytes().expose_secret().len())
    }))
}
