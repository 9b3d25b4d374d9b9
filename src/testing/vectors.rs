//! Reading the vectors of the second implementation (`tests/vectors`).

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};
use serde_json::Value;

/// A random generator that yields given bytes, and no more.
pub(crate) struct Replay(pub(crate) Vec<u8>);

crate::secret::opaque_debug!(Replay);

impl TryRng for Replay {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("the library asks for bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("the library asks for bytes")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.copy_from_slice(&self.0.drain(..bytes.len()).collect::<Vec<u8>>());
        Ok(())
    }
}

impl TryCryptoRng for Replay {}

pub(crate) fn list<'a>(case: &'a Value, field: &str) -> &'a [Value] {
    case[field].as_array().unwrap_or_else(|| panic!("no list {field}"))
}

/// The case of a list that bears this name.
pub(crate) fn named<'a>(all: &'a Value, field: &str, name: &str) -> &'a Value {
    let case = list(all, field).iter().find(|case| case["name"] == name);
    case.unwrap_or_else(|| panic!("no {name} among {field}"))
}

pub(crate) fn text<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field].as_str().unwrap_or_else(|| panic!("no text {field}"))
}

pub(crate) fn texts(case: &Value, field: &str) -> Vec<String> {
    list(case, field).iter().map(|entry| entry.as_str().unwrap().to_string()).collect()
}

pub(crate) fn number(case: &Value, field: &str) -> u64 {
    case[field].as_u64().unwrap_or_else(|| panic!("no number {field}"))
}

pub(crate) fn flag(case: &Value, field: &str) -> bool {
    case[field].as_bool().unwrap_or_else(|| panic!("no flag {field}"))
}

pub(crate) fn index(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

pub(crate) fn indices(case: &Value, field: &str) -> Vec<usize> {
    list(case, field).iter().map(index).collect()
}

pub(crate) fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

pub(crate) fn bytes(case: &Value, field: &str) -> Vec<u8> {
    unhex(text(case, field))
}

pub(crate) fn array<const N: usize>(case: &Value, field: &str) -> [u8; N] {
    bytes(case, field).try_into().unwrap()
}

pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn hexes<T: AsRef<[u8]>>(all: impl IntoIterator<Item = T>) -> Vec<String> {
    all.into_iter().map(hex).collect()
}
