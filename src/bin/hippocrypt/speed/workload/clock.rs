//! The clock, and the stopwatch that an operation is measured with.

use std::time::Duration;

use super::Wrong;
use super::world::{Cools, Pairing};

/// What the clock counts. Time in which other programs run is none of the operation's.
#[cfg(any(target_os = "linux", target_os = "macos"))]
pub const CLOCK: &str = "CPU time of the thread";
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub const CLOCK: &str = "wall clock";

/// The time on the clock.
#[cfg(any(target_os = "linux", target_os = "macos"))]
pub fn now() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let nanoseconds = Duration::from_nanos(u64::try_from(time.tv_nsec).unwrap_or(0));
    Duration::from_secs(u64::try_from(time.tv_sec).unwrap_or(0)) + nanoseconds
}

/// The time on the clock.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub fn now() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}

/// Measures what counts of an operation: it makes its inputs, runs under the clock, and verifies its
/// results when the clock stands again.
#[derive(Debug)]
pub struct Stopwatch<'a> {
    /// Whose attribute tables are cleared before the clock starts.
    cold: Option<&'a dyn Cools>,
    /// What is measured right before and right after.
    pairing: Option<&'a Pairing>,
    repeats: usize,
    reading: Option<Reading>,
}

/// What a stopwatch shows.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// The time of one operation, in microseconds.
    pub operation_us: f64,
    /// The mean time of the pairings before and after it; zero if none was measured.
    pub pairing_us: f64,
}

/// A time in microseconds.
pub fn micros(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1_000.0
}

impl<'a> Stopwatch<'a> {
    pub fn new(cold: Option<&'a dyn Cools>, pairing: Option<&'a Pairing>, repeats: usize) -> Self {
        Self { cold, pairing, repeats, reading: None }
    }

    /// Runs the operation under the clock, once.
    pub fn time<T>(&mut self, operation: impl FnOnce() -> T) -> T {
        self.clock(1, operation)
    }

    /// Runs an operation under the clock that does `count` things at once, and shows the time of one.
    pub fn time_for<T>(&mut self, count: usize, operation: impl FnOnce() -> T) -> T {
        self.clock(count, operation)
    }

    /// Runs an operation under the clock on as many inputs as it takes for the clock's grain not to
    /// matter. For operations of microseconds, without attributes.
    pub fn time_each<I, T>(
        &mut self,
        mut input: impl FnMut() -> Result<I, Wrong>,
        mut operation: impl FnMut(&mut I) -> T,
    ) -> Result<Vec<(I, T)>, Wrong> {
        let mut inputs = (0..self.repeats.max(1)).map(|_| input()).collect::<Result<Vec<I>, Wrong>>()?;
        let mut results = Vec::with_capacity(inputs.len());
        self.clock(inputs.len(), || results.extend(inputs.iter_mut().map(&mut operation)));
        Ok(inputs.into_iter().zip(results).collect())
    }

    fn clock<T>(&mut self, repeats: usize, operation: impl FnOnce() -> T) -> T {
        let pairing = |watch: &Self| watch.pairing.map(Pairing::time).unwrap_or_default();
        let cold = self.cold.map_or(Ok(()), Cools::make_cold);
        let before = pairing(self);
        let start = now();
        let result = operation();
        let elapsed = now().saturating_sub(start);
        let after = pairing(self);
        // What should have been cold and was not is not shown.
        self.reading = cold.is_ok().then(|| Reading {
            operation_us: micros(elapsed) / repeats as f64,
            pairing_us: micros(before + after) / 2.0,
        });
        result
    }

    /// What was measured last.
    pub fn reading(&self) -> Result<Reading, Wrong> {
        self.reading.ok_or_else(|| Wrong::new("nothing was measured"))
    }
}
