//! The standard streams: who may use them, and what is said on them.

use std::cell::Cell;
use std::io::{self, IsTerminal, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::failure::{Code, Failure, named};
use crate::report::Report;

/// How standard input and output are called in messages.
pub const STDIN: &str = "standard input";
pub const STDOUT: &str = "standard output";

/// The standard streams of this run.
#[derive(Debug)]
pub struct Console {
    pub json: bool,
    pub quiet: bool,
    /// The time to go by, if it is not the system's.
    clock: Option<u64>,
    stdin_taken: Cell<bool>,
    stdout_taken: Cell<bool>,
}

impl Console {
    pub fn new(json: bool, quiet: bool) -> Self {
        Self { json, quiet, clock: None, stdin_taken: Cell::new(false), stdout_taken: Cell::new(false) }
    }

    /// These streams, with another clock than the system's.
    pub fn with_clock(self, clock: Option<u64>) -> Self {
        Self { clock, ..self }
    }

    /// The time, in seconds since 1970.
    pub fn now(&self) -> u64 {
        self.clock()()
    }

    /// The clock, for a thread that has no console.
    pub fn clock(&self) -> impl Fn() -> u64 + Copy + Send + use<> {
        let fixed = self.clock;
        let system = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        move || fixed.unwrap_or_else(system)
    }

    /// Takes standard input for one file.
    pub fn take_stdin(&self) -> Result<(), Failure> {
        match self.stdin_taken.replace(true) {
            false => Ok(()),
            true => Err(Failure::new(Code::Usage, "only one input can be `-`, standard input")),
        }
    }

    /// Takes standard output for one file. A terminal gets no binary data.
    pub fn take_stdout(&self, binary: bool) -> Result<(), Failure> {
        if self.stdout_taken.replace(true) {
            return Err(Failure::new(Code::Usage, "only one output can be `-`, standard output"));
        }
        if binary && io::stdout().is_terminal() {
            return Err(Failure::new(
                Code::Usage,
                "standard output is a terminal, which binary data would confuse",
            )
            .hint("redirect it into a file or a pipe, or name a file with --out"));
        }
        Ok(())
    }

    /// Whether a progress bar has a place on standard error.
    pub fn has_room_for_progress(&self) -> bool {
        let busy = self.stdout_taken.get() && io::stdout().is_terminal()
            || self.stdin_taken.get() && io::stdin().is_terminal();
        !self.json && !self.quiet && !busy && io::stderr().is_terminal()
    }

    /// Says something that the user should know.
    pub fn warn(&self, message: &str) {
        if self.json {
            self.to_stderr(&format!("{}\n", json!({ "warning": message })));
        } else {
            self.to_stderr(&format!("{}\n", visible(&format!("warning: {message}"))));
        }
    }

    /// Says what is going on, to people.
    pub fn note(&self, message: &str) {
        if !self.json && !self.quiet {
            self.to_stderr(&format!("{}\n", visible(message)));
        }
    }

    /// Gives a report: on standard output, or on standard error if the other carries data.
    pub fn report(&self, report: &Report) -> Result<(), Failure> {
        let text = if self.json {
            format!("{}\n", report.to_json())
        } else if self.quiet && !report.is_answer {
            return Ok(());
        } else {
            visible(&report.to_text())
        };
        if self.stdout_taken.get() {
            self.to_stderr(&text);
            return Ok(());
        }
        let mut stdout = io::stdout().lock();
        let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
        written.map_err(|error| named("write", STDOUT, error).into())
    }

    /// Tells a failure; a broken pipe is none to talk about.
    pub fn fail(&self, failure: &Failure) {
        if failure.code == Code::BrokenPipe {
            return;
        }
        if self.json {
            self.to_stderr(&format!("{}\n", failure.to_json()));
        } else {
            self.to_stderr(&format!("{}\n", visible(&failure.to_string())));
        }
    }

    /// What cannot be said on standard error cannot be said at all.
    fn to_stderr(&self, text: &str) {
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}

/// Text for a terminal: control and direction characters, which names in files may contain, cannot
/// move the cursor or reorder what is read.
fn visible(text: &str) -> String {
    let deceptive = |c: char| {
        c != '\n' && c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    text.chars().map(|c| if deceptive(c) { '\u{fffd}' } else { c }).collect()
}
