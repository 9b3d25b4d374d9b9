//! For how long something that an authority signed is valid. `[REV-5.1]`

use thiserror::Error;

use crate::codec::{Decoder, Encoder};
use crate::error::DecodeError;

/// How far the clocks of a realm may lie apart, in seconds: what is signed now is valid since this long ago.
pub const CLOCK_SKEW_SECONDS: u64 = 300;

/// A span of time, both ends included, in seconds since 1970-01-01T00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Validity {
    pub(super) not_before: u64,
    pub(super) not_after: u64,
}

/// Something signed that is not valid now, or would never be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ValidityError {
    /// Its time has not come: it was made in advance, or a clock is wrong.
    #[error("it is valid from {not_before} on, and it is {now}: compare the clocks")]
    NotYet {
        /// The first second of its time.
        not_before: u64,
        /// The time it was asked for.
        now: u64,
    },
    /// Its time is over.
    #[error("it expired at {not_after}, and it is {now}: get a newer one from the authority")]
    Expired {
        /// The last second of its time.
        not_after: u64,
        /// The time it was asked for.
        now: u64,
    },
}

impl Validity {
    pub(super) const BYTES: usize = 16;

    /// From now, or a little before for clocks that are slow, until `not_after`.
    pub(super) fn until(not_after: u64, now: u64) -> Result<Self, ValidityError> {
        if not_after < now {
            return Err(ValidityError::Expired { not_after, now });
        }
        Ok(Self { not_before: now.saturating_sub(CLOCK_SKEW_SECONDS), not_after })
    }

    pub(super) fn check(self, now: u64) -> Result<(), ValidityError> {
        let Self { not_before, not_after } = self;
        if now < not_before {
            Err(ValidityError::NotYet { not_before, now })
        } else if now > not_after {
            Err(ValidityError::Expired { not_after, now })
        } else {
            Ok(())
        }
    }

    pub(super) fn encode(self, encoder: &mut Encoder) {
        encoder.u64(self.not_before);
        encoder.u64(self.not_after);
    }

    pub(super) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let not_before = decoder.u64("not before")?;
        let at = decoder.position();
        let not_after = decoder.u64("not after")?;
        Decoder::checked(not_after, at, "not after", not_before, u64::MAX)?;
        Ok(Self { not_before, not_after })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_count_and_slow_clocks_are_forgiven() {
        let validity = Validity::until(2_000, 1_000).unwrap();
        let (not_before, not_after) = (700, 2_000);
        assert_eq!(validity, Validity { not_before, not_after });
        assert_eq!(validity.check(699), Err(ValidityError::NotYet { not_before, now: 699 }));
        assert_eq!([700, 2_000].map(|now| validity.check(now)), [Ok(()); 2]);
        assert_eq!(validity.check(2_001), Err(ValidityError::Expired { not_after, now: 2_001 }));
        assert_eq!(Validity::until(5, 6), Err(ValidityError::Expired { not_after: 5, now: 6 }));
        assert_eq!(Validity::until(5, 5).unwrap().not_before, 0);
    }
}
