//! Memory that plaintext passes through.

use alloc::vec::Vec;
use core::ops::{Deref, DerefMut};

/// Bytes that are wiped on drop, at the speed of memory: the `Zeroize` of a vector writes byte by byte,
/// and takes longer than the cipher.
///
/// What lies beyond its length is not wiped: whoever shortens it has overwritten that part, or sealed
/// it in place. Nobody lets it grow beyond its capacity once there is plaintext in it.
pub(super) struct Buffer(Vec<u8>);

impl Buffer {
    /// An empty buffer. The memory is not touched before it is filled.
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// A buffer of zeros.
    #[cfg(feature = "std")]
    pub(super) fn zeroed(bytes: usize) -> Self {
        Self(alloc::vec![0; bytes])
    }

    /// The bytes, which are no longer wiped.
    pub(super) fn release(mut self) -> Vec<u8> {
        core::mem::take(&mut self.0)
    }
}

impl From<Vec<u8>> for Buffer {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl Deref for Buffer {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

/// Overwrites `bytes` with zeros, in a way that the compiler may not leave out.
pub(super) fn wipe(bytes: &mut [u8]) {
    bytes.fill(0);
    zeroize::optimization_barrier(bytes);
}
