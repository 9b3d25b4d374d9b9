//! A cloud that lies: it stands between the phone and the cloud, and answers something else.

use crate::wire::{CallError, Link, Message, Verb};

/// T stands at the end of a transformed header.
const T_BYTES: usize = 576;

pub enum Lie {
    /// None; it only remembers the answer.
    Listen,
    /// What it answered for another record.
    OtherRecord(Vec<Vec<u8>>),
    /// The record asked for, with the T of another.
    OtherT(Vec<Vec<u8>>),
    /// The record asked for, with one bit of T changed.
    ChangedT,
}

pub struct Liar<'a> {
    pub cloud: &'a mut dyn Link,
    pub lie: Lie,
    /// The last honest answer.
    pub heard: Vec<Vec<u8>>,
}

impl Link for Liar<'_> {
    fn call(&mut self, message: &Message) -> Result<Vec<Vec<u8>>, CallError> {
        let mut answer = self.cloud.call(message)?;
        self.heard = answer.clone();
        if message.verb != Verb::Ask {
            return Ok(answer);
        }
        let Some(transformed) = answer.first_mut() else { return Ok(answer) };
        match &self.lie {
            Lie::Listen => {}
            Lie::OtherRecord(other) => answer = other.clone(),
            Lie::OtherT(other) => {
                let other = other.first().map(Vec::as_slice).unwrap_or_default();
                transformed.truncate(transformed.len().saturating_sub(T_BYTES));
                transformed.extend_from_slice(&other[other.len().saturating_sub(T_BYTES)..]);
            }
            Lie::ChangedT => {
                if let Some(last) = transformed.last_mut() {
                    *last ^= 1;
                }
            }
        }
        Ok(answer)
    }
}
