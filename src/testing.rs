//! A deterministic random generator, for tests and vectors.

#[cfg(test)]
pub(crate) mod vectors;

use core::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};
use shake::digest::{ExtendableOutput, Update, XofReader};
use shake::{Shake256, Shake256Reader};

/// SHAKE256 of a seed, read as a random generator. Never use it for anything but tests.
pub struct TestRng(Shake256Reader);

crate::secret::opaque_debug!(TestRng);

impl TestRng {
    /// The stream of `seed`.
    pub fn new(seed: &str) -> Self {
        let mut state = Shake256::default();
        state.update(b"hippocrypt test generator\0");
        state.update(seed.as_bytes());
        Self(state.finalize_xof())
    }
}

impl TryRng for TestRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.read(&mut bytes);
        Ok(u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.read(&mut bytes);
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.read(bytes);
        Ok(())
    }
}

impl TryCryptoRng for TestRng {}
