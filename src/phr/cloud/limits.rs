//! How much a cloud does for one caller.

use alloc::collections::BTreeMap;

use crate::outsource::UserId;

/// What a cloud takes and gives at a time, and how often. Change some: `Limits { answer_bytes: 1 << 20, ..Limits::default() }`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of an upload.
    pub upload_bytes: usize,
    /// Bytes of a question.
    pub question_bytes: usize,
    /// Bytes of an answer, roughly: one compartment is always answered whole.
    pub answer_bytes: usize,
    /// Compartments that are transformed for one question.
    pub compartments_per_answer: usize,
    /// Records that are listed for one question.
    pub records_per_listing: usize,
    /// Chunks of attachments for one question.
    pub chunks_per_answer: u32,
    /// Records in a compartment, and bytes of them.
    pub records_per_compartment: u32,
    /// Bytes of sealed records in a compartment.
    pub bytes_per_compartment: u64,
    /// Questions of one reader in a minute.
    pub questions_per_minute: u32,
    /// Compartments that are transformed for one reader in a minute: a millisecond of a core each.
    pub transforms_per_minute: u32,
    /// Questions of one reader in a minute that are refused with [`CloudError::Denied`](super::CloudError::Denied), and written down. Further ones he is refused
    /// in other words, which do not tell what exists, and are not.
    pub denials_per_minute: u32,
}

impl Default for Limits {
    /// 16 MiB up, 32 MiB down, 256 compartments an answer; 600 questions, 6,000 transformations and 60 denials a minute for each reader.
    fn default() -> Self {
        Self {
            upload_bytes: 16 << 20,
            question_bytes: 1 << 20,
            answer_bytes: 32 << 20,
            compartments_per_answer: 256,
            records_per_listing: 4096,
            chunks_per_answer: 4,
            records_per_compartment: 4096,
            bytes_per_compartment: 16 << 20,
            questions_per_minute: 600,
            transforms_per_minute: 6000,
            denials_per_minute: 60,
        }
    }
}

/// What was done for whom in the current minute.
#[derive(Debug, Default)]
pub(super) struct Rates {
    minute: u64,
    done: BTreeMap<UserId, Done>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Done {
    questions: u32,
    transforms: u32,
    denials: u32,
}

impl Rates {
    /// Counts a question; whether it is within the limits.
    pub(super) fn question(&mut self, user: &UserId, limits: &Limits, now: u64) -> bool {
        let done = self.of(user, now);
        let within = done.questions < limits.questions_per_minute;
        done.questions = done.questions.saturating_add(1);
        within
    }

    /// Counts a denial; whether it is within the limits.
    pub(super) fn denial(&mut self, user: &UserId, limits: &Limits, now: u64) -> bool {
        let done = self.of(user, now);
        let within = done.denials < limits.denials_per_minute;
        done.denials = done.denials.saturating_add(1);
        within
    }

    /// Counts transformations; whether they are within the limits.
    pub(super) fn transforms(&mut self, user: &UserId, count: usize, limits: &Limits, now: u64) -> bool {
        let done = self.of(user, now);
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        // One question is always answered: it is within the limits of its own.
        let within =
            done.transforms == 0 || done.transforms.saturating_add(count) <= limits.transforms_per_minute;
        if within {
            done.transforms = done.transforms.saturating_add(count);
        }
        within
    }

    fn of(&mut self, user: &UserId, now: u64) -> &mut Done {
        let minute = now / 60;
        if minute != self.minute {
            self.minute = minute;
            self.done.clear();
        }
        self.done.entry(user.clone()).or_default()
    }
}
