//! Which requests a proxy has served before: a replay is refused, in bounded memory. `[REV-7.3]`

use alloc::collections::BTreeSet;

use thiserror::Error;

use crate::hash::{Label, hash};
use crate::outsource::UserId;

/// Oldest request that is served, in seconds.
pub const REQUEST_AGE_SECONDS: u64 = 300;
/// How far a reader's clock may be ahead of the proxy's, in seconds.
pub const REQUEST_LEAD_SECONDS: u64 = 60;
/// How many requests are remembered unless another number is given: 3,495 a second, in some 64 MiB.
pub const REMEMBERED_REQUESTS: usize = 1 << 20;

/// The requests of the last minutes.
///
/// Whatever is dated after the *horizon* and was served is remembered, and whatever is not dated after it is refused; the
/// horizon rises with time, and never falls, even if the clock does.
#[derive(Debug, Clone)]
pub struct RequestMemory {
    horizon: Option<u64>,
    seen: BTreeSet<(u64, [u8; 32])>,
    limit: usize,
}

/// A request that is not served for its time or its nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// It is too old, or from before the proxy's start.
    #[error(
        "the request is of {time}, and only those after {horizon} are served: ask anew; if this lasts, set the reader's clock"
    )]
    TooOld {
        /// Its time.
        time: u64,
        /// The newest time that is too old.
        horizon: u64,
    },
    /// It is of the future.
    #[error("the request is of {time}, and it is {now}: set the reader's clock")]
    TooNew {
        /// Its time.
        time: u64,
        /// The proxy's time.
        now: u64,
    },
    /// It was served before.
    #[error("the request was served before: ask anew, with a fresh nonce")]
    Replayed,
    /// There are too many of them.
    #[error(
        "{0} requests came within minutes, more than the proxy remembers: ask later, or let it remember more"
    )]
    Full(usize),
}

impl RequestMemory {
    /// Of a proxy that has never served before.
    pub fn new() -> Self {
        Self { horizon: None, seen: BTreeSet::new(), limit: REMEMBERED_REQUESTS }
    }

    /// Of a proxy that was started again `now`, and has forgotten: what may have been served before is refused, so that
    /// for a minute readers are asked to ask anew.
    pub fn after_restart(now: u64) -> Self {
        Self { horizon: Some(now.saturating_add(REQUEST_LEAD_SECONDS)), ..Self::new() }
    }

    /// With room for `limit` requests, of about 64 bytes each.
    #[must_use]
    pub fn with_limit(self, limit: usize) -> Self {
        Self { limit, ..self }
    }

    /// Admits a request of `time`, once. Check its signature first: what anybody can send must not fill the memory.
    ///
    /// # Errors
    /// [`ReplayError`] says why to refuse it.
    pub fn admit(&mut self, user: &UserId, nonce: &[u8; 32], time: u64, now: u64) -> Result<(), ReplayError> {
        self.forget(now);
        if let Some(horizon) = self.horizon.filter(|horizon| time <= *horizon) {
            return Err(ReplayError::TooOld { time, horizon });
        }
        if time > now.saturating_add(REQUEST_LEAD_SECONDS) {
            return Err(ReplayError::TooNew { time, now });
        }
        // With the user: one reader cannot use up the nonces of another.
        let entry = (time, hash(Label::RequestId, &[user.as_str().as_bytes(), nonce]));
        if self.seen.contains(&entry) {
            return Err(ReplayError::Replayed);
        }
        if self.seen.len() >= self.limit {
            return Err(ReplayError::Full(self.limit));
        }
        self.seen.insert(entry);
        Ok(())
    }

    /// Raises the horizon, and forgets what lies behind it: each request once.
    fn forget(&mut self, now: u64) {
        let horizon = now.checked_sub(REQUEST_AGE_SECONDS + 1).max(self.horizon);
        self.horizon = horizon;
        while self.seen.first().is_some_and(|(time, _)| Some(*time) <= horizon) {
            self.seen.pop_first();
        }
    }

    /// How many requests are remembered.
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }
}

impl Default for RequestMemory {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> UserId {
        UserId::new(name).unwrap()
    }

    #[test]
    fn requests_are_served_once_and_in_time() {
        let (mut memory, now) = (RequestMemory::new(), 1_000_000);
        let r = user("r");
        assert_eq!(memory.admit(&r, &[1; 32], now, now), Ok(()));
        assert_eq!(memory.admit(&r, &[1; 32], now, now), Err(ReplayError::Replayed));
        assert_eq!(memory.admit(&user("s"), &[1; 32], now, now), Ok(()));
        assert_eq!(memory.admit(&r, &[2; 32], now - 300, now), Ok(()));
        let (time, horizon) = (now - 301, now - 301);
        assert_eq!(memory.admit(&r, &[3; 32], time, now), Err(ReplayError::TooOld { time, horizon }));
        assert_eq!(memory.admit(&r, &[4; 32], now + 60, now), Ok(()));
        let time = now + 61;
        assert_eq!(memory.admit(&r, &[5; 32], time, now), Err(ReplayError::TooNew { time, now }));
        // At the end of its time a request is still known, a second later it is too old.
        assert_eq!(memory.admit(&r, &[1; 32], now, now + 300), Err(ReplayError::Replayed));
        let horizon = now;
        assert_eq!(
            memory.admit(&r, &[1; 32], now, now + 301),
            Err(ReplayError::TooOld { time: now, horizon })
        );
        // The clock falls back: what was forgotten stays refused.
        assert_eq!(memory.admit(&r, &[1; 32], now, now), Err(ReplayError::TooOld { time: now, horizon }));
        assert_eq!(memory.len(), 1);
    }

    #[test]
    fn a_proxy_that_was_started_again_serves_nothing_that_it_may_have_served() {
        let (now, r) = (1_000_000, user("r"));
        let mut before = RequestMemory::new();
        // The newest that can have been admitted before.
        let time = now + REQUEST_LEAD_SECONDS;
        assert_eq!(before.admit(&r, &[1; 32], time, now), Ok(()));
        let mut after = RequestMemory::after_restart(now);
        assert_eq!(after.admit(&r, &[1; 32], time, now), Err(ReplayError::TooOld { time, horizon: time }));
        assert_eq!(after.admit(&r, &[2; 32], time + 1, now + 1), Ok(()));
        // Weakened twin: one that starts empty serves it again.
        assert_eq!(RequestMemory::new().admit(&r, &[1; 32], time, now), Ok(()));
    }

    #[test]
    fn memory_is_bounded_and_comes_back() {
        let (mut memory, now) = (RequestMemory::new().with_limit(3), 1_000_000);
        let r = user("r");
        for n in 0..3 {
            assert_eq!(memory.admit(&r, &[n; 32], now, now), Ok(()));
        }
        assert_eq!(memory.admit(&r, &[3; 32], now, now), Err(ReplayError::Full(3)));
        assert_eq!(memory.admit(&r, &[3; 32], now + 301, now + 301), Ok(()));
        assert_eq!((memory.len(), memory.is_empty()), (1, false));
    }

    #[test]
    fn the_first_seconds_of_time_and_the_last_are_no_panic() {
        let mut memory = RequestMemory::new();
        assert_eq!(memory.admit(&user("r"), &[0; 32], 0, 0), Ok(()));
        assert_eq!(memory.admit(&user("r"), &[0; 32], 0, 300), Err(ReplayError::Replayed));
        assert_eq!(memory.admit(&user("r"), &[0; 32], u64::MAX, u64::MAX), Ok(()));
    }
}
