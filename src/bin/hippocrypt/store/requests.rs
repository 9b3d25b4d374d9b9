//! The requests that a proxy has admitted, on the disk: a run of the program forgets nothing of those before it.
//!
//! A line is `CLOCK TIME NONCE USER`, the user in hexadecimal. It is on the disk before the request is answered. To admit the
//! same requests again, each at its clock, leads to the same memory.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

use hippocrypt::{REQUEST_AGE_SECONDS, REQUEST_LEAD_SECONDS, RequestMemory, TransformRequest, UserId};

use super::{at, get, put};
use crate::failure::Failure;
use crate::report::{hex, unhex};

/// Lines that may be out of date before the file is written anew.
const MOST_LINES: usize = 4096;

#[derive(Debug)]
pub struct RequestLog {
    path: PathBuf,
}

/// One admission.
struct Line {
    clock: u64,
    time: u64,
    nonce: [u8; 32],
    user: UserId,
}

impl Line {
    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let clock = words.next()?.parse().ok()?;
        let time = words.next()?.parse().ok()?;
        let nonce = unhex(words.next()?)?;
        let user = UserId::new(&String::from_utf8(crate::report::unhex_all(words.next()?)?).ok()?).ok()?;
        Some(Self { clock, time, nonce, user })
    }

    fn text(&self) -> String {
        let Self { clock, time, nonce, user } = self;
        format!("{clock} {time} {} {}\n", hex(nonce), hex(user.as_str().as_bytes()))
    }
}

impl RequestLog {
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// What was admitted so far.
    pub fn memory(&self) -> Result<RequestMemory, Failure> {
        let lines = self.lines()?;
        if lines.len() > MOST_LINES {
            self.shorten(&lines)?;
        }
        let mut memory = RequestMemory::new();
        for line in &lines {
            // It was admitted then; what is too old by now is forgotten by the same rule as in one long run.
            let _ = memory.admit(&line.user, &line.nonce, line.time, line.clock);
        }
        Ok(memory)
    }

    /// A line that is not whole belongs to a request that was not answered.
    fn lines(&self) -> Result<Vec<Line>, Failure> {
        let Some(bytes) = get(&self.path)? else { return Ok(Vec::new()) };
        let text = String::from_utf8_lossy(bytes.expose_secret());
        Ok(text.split_inclusive('\n').filter_map(|line| Line::parse(line.strip_suffix('\n')?)).collect())
    }

    /// Leaves out what is too old to be admitted again, by the latest clock there is.
    fn shorten(&self, lines: &[Line]) -> Result<(), Failure> {
        let latest = lines.iter().map(|line| line.clock).max().unwrap_or(0);
        let oldest = latest.saturating_sub(REQUEST_AGE_SECONDS + REQUEST_LEAD_SECONDS);
        let kept = lines.iter().filter(|line| line.clock >= oldest);
        put(&self.path, kept.map(Line::text).collect::<String>().as_bytes())
    }

    /// Notes that a request was admitted when the clock said `clock`.
    pub fn note(&self, request: &TransformRequest, clock: u64) -> Result<(), Failure> {
        let fail = |error| at("write", &self.path, error);
        let line =
            Line { clock, time: request.time(), nonce: *request.nonce(), user: request.user().clone() };
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.path).map_err(fail)?;
        // Behind what a run that was killed has left of its line.
        file.write_all(format!("\n{}", line.text()).as_bytes()).map_err(fail)?;
        file.sync_data().map_err(fail)
    }
}
