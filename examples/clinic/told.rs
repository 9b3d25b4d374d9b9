//! What the story says, against what happens: each line that it prints is an attempt that was made.

use std::fmt::Display;

use crate::table::Style;

/// What the story says of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    Succeeds,
    /// Is refused, for a reason in which these words stand.
    Fails(&'static str),
}

/// The attempts so far.
pub struct Told {
    pub style: Style,
    /// Says the opposite of everything: then nothing is as told.
    pub contrary: bool,
    pub attempts: usize,
    /// Those with another outcome than the story says.
    pub untold: usize,
}

/// Width of a line, in characters.
const WIDTH: usize = 126;

impl Told {
    pub fn new(style: Style, contrary: bool) -> Self {
        Self { style, contrary, attempts: 0, untold: 0 }
    }

    pub fn heading(&self, text: &str) {
        println!("\n{}", self.style.heading(text));
    }

    /// Something to know.
    pub fn note(&self, text: impl Display) {
        println!("   {}", self.style.faint(&text.to_string()));
    }

    /// Prints an attempt with its outcome, and compares.
    pub fn attempt<T: Display, E: Display>(&mut self, what: &str, outcome: Result<T, E>, says: Says) {
        let as_told = match (&outcome, says) {
            (Ok(_), Says::Succeeds) => true,
            (Err(error), Says::Fails(words)) => error.to_string().contains(words),
            _ => false,
        };
        self.count(1, usize::from(as_told == self.contrary));
        let (sign, text) = match &outcome {
            Ok(what) => (self.style.good("yes"), what.to_string()),
            Err(error) => (self.style.alarm("no "), error.to_string()),
        };
        let left = WIDTH.saturating_sub(what.chars().count() + 9).max(24);
        println!("   {sign} {what}: {}", self.style.faint(&shortened(&text, left)));
        if as_told == self.contrary {
            println!("       {}", self.style.alarm(&format!("THE STORY SAYS OTHERWISE: {says:?}; {text}")));
        }
    }

    /// Attempts that are not printed one by one.
    pub fn count(&mut self, attempts: usize, untold: usize) {
        self.attempts += attempts;
        self.untold += untold;
    }
}

fn shortened(text: &str, width: usize) -> String {
    match text.char_indices().nth(width) {
        None => text.to_owned(),
        Some((end, _)) => {
            let cut = text[..end].rfind(' ').unwrap_or(end);
            format!("{} ..", text[..cut].trim_end_matches([',', ':', ';']))
        }
    }
}
