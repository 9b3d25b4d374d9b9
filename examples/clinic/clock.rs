//! The clock of a machine in the story: the real one, and whatever the story has skipped.

use std::time::{SystemTime, UNIX_EPOCH};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Seconds.
    pub ahead: u64,
}

impl Clock {
    /// Seconds since 1970-01-01T00:00Z.
    pub fn now(self) -> u64 {
        let real = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        real.saturating_add(self.ahead)
    }

    pub fn skip(&mut self, seconds: u64) {
        self.ahead = self.ahead.saturating_add(seconds);
    }
}
