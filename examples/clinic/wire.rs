//! What travels between the processes: messages of one verb and some parts, each with its length before
//! it. A part is a hippocrypt object, which says by itself what it is; a few are plain bytes.

use std::error::Error;
use std::fmt;
use std::io::{self, Read, Write};

/// Largest message, in bytes.
const MAX_MESSAGE: u32 = 1 << 28;

/// What a process says when it is ready. Whatever comes before it is no message.
pub const GREETING: &[u8; 16] = b"clinic: ready 1\n";

/// What is asked of a process, or what it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// What the authority says: updates, leases, statements, keys, grants, tokens.
    Take = 1,
    /// What a writer sends.
    Upload,
    /// A reader's signed question.
    Ask,
    /// What belongs to a search index: its announcement, a head, a segment.
    Index,
    /// To the gate: its share of an index, from the patient.
    Share,
    /// The newest statement of the epoch.
    Statement,
    /// All updates that were applied.
    Updates,
    /// Which keys are there? The answer: key id and epoch of its tokens in turn.
    Keys,
    /// What the transactions of the ledger say.
    Audit,
    /// The key that the ledger is signed with.
    LedgerKey,
    /// Does everything agree? The answer: counts, then what is wrong.
    Check,
    /// Seal every header with the key of this name. Meanwhile the cloud asks for steps.
    Seal,
    /// To the keeper of the seal key: its name, or one step for one header.
    Step,
    /// So many seconds have passed (a story does not wait for the night).
    Skip,
    /// It was done; the parts are the answer.
    Done,
    /// It was not done; the part says why.
    Refused,
}

impl Verb {
    const ALL: [Self; 16] = [
        Self::Take,
        Self::Upload,
        Self::Ask,
        Self::Index,
        Self::Share,
        Self::Statement,
        Self::Updates,
        Self::Keys,
        Self::Audit,
        Self::LedgerKey,
        Self::Check,
        Self::Seal,
        Self::Step,
        Self::Skip,
        Self::Done,
        Self::Refused,
    ];
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub verb: Verb,
    pub parts: Vec<Vec<u8>>,
}

/// Why a call was not answered as was hoped.
#[derive(Debug)]
pub enum CallError {
    /// The other side has refused, and says why.
    Refused(String),
    /// It does not answer any more, or not in this language.
    Broken(String),
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Refused(text) | Self::Broken(text)) = self;
        f.write_str(text)
    }
}

impl Error for CallError {}

/// A way to somebody who answers.
pub trait Link {
    /// Asks, and waits for the parts of the answer.
    fn call(&mut self, message: &Message) -> Result<Vec<Vec<u8>>, CallError>;
}

impl Message {
    pub fn new(verb: Verb, parts: impl Into<Vec<Vec<u8>>>) -> Self {
        Self { verb, parts: parts.into() }
    }

    /// The answer to a message.
    pub fn answer(result: Result<Vec<Vec<u8>>, Box<dyn Error>>) -> Self {
        match result {
            Ok(parts) => Self::new(Verb::Done, parts),
            Err(error) => Self::new(Verb::Refused, [error.to_string().into_bytes()]),
        }
    }

    /// What an answer means.
    pub fn into_result(self) -> Result<Vec<Vec<u8>>, CallError> {
        match self.verb {
            Verb::Done => Ok(self.parts),
            Verb::Refused => {
                Err(CallError::Refused(String::from_utf8_lossy(&self.parts.concat()).into_owned()))
            }
            other => Err(CallError::Broken(format!("{other:?} is no answer"))),
        }
    }

    /// The part of this number, from 0.
    pub fn part(&self, index: usize) -> io::Result<&[u8]> {
        self.parts.get(index).map(Vec::as_slice).ok_or_else(|| damaged("a part of the message is missing"))
    }

    /// Verb and parts, without the length of the whole.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![self.verb as u8];
        for part in &self.parts {
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(part);
        }
        bytes
    }

    pub fn from_bytes(bytes: &[u8]) -> io::Result<Self> {
        let (verb, mut rest) = bytes.split_first().ok_or_else(|| damaged("an empty message"))?;
        let verb = Verb::ALL.into_iter().find(|known| *known as u8 == *verb);
        let verb = verb.ok_or_else(|| damaged("an unknown verb"))?;
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let (length, after) = rest.split_first_chunk().ok_or_else(|| damaged("a cut length"))?;
            let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
            let (part, after) = after.split_at_checked(length).ok_or_else(|| damaged("a cut part"))?;
            parts.push(part.to_vec());
            rest = after;
        }
        Ok(Self { verb, parts })
    }

    pub fn write_to(&self, output: &mut impl Write) -> io::Result<()> {
        let bytes = self.to_bytes();
        let length = u32::try_from(bytes.len()).ok().filter(|length| *length <= MAX_MESSAGE);
        let length = length.ok_or_else(|| damaged("the message is too long"))?;
        output.write_all(&length.to_be_bytes())?;
        output.write_all(&bytes)?;
        output.flush()
    }

    /// The next message; `None` at the end. Memory grows with what arrives, not with what is announced.
    pub fn read_from(input: &mut impl Read) -> io::Result<Option<Self>> {
        let mut length = [0; 4];
        match input.read_exact(&mut length) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            result => result?,
        }
        let length = u32::from_be_bytes(length);
        if length > MAX_MESSAGE {
            return Err(damaged("the message is too long"));
        }
        let mut bytes = Vec::new();
        input.by_ref().take(length.into()).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != u64::from(length) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Self::from_bytes(&bytes).map(Some)
    }
}

/// Reads on until the other side has said that it is ready.
pub fn await_greeting(input: &mut impl Read) -> io::Result<()> {
    let mut last = Vec::new();
    while last != GREETING {
        let mut byte = [0];
        input.read_exact(&mut byte)?;
        last.push(byte[0]);
        if last.len() > GREETING.len() {
            last.remove(0);
        }
    }
    Ok(())
}

/// Whoever has asked, and may be asked something himself before he gets his answer.
pub struct Caller<'a> {
    input: &'a mut dyn Read,
    output: &'a mut dyn Write,
}

impl Link for Caller<'_> {
    fn call(&mut self, message: &Message) -> Result<Vec<Vec<u8>>, CallError> {
        let broken = |error: io::Error| CallError::Broken(error.to_string());
        message.write_to(&mut self.output).map_err(broken)?;
        let answer = Message::read_from(&mut self.input).map_err(broken)?;
        answer.ok_or_else(|| CallError::Broken("the caller has gone".to_owned()))?.into_result()
    }
}

/// Greets, and answers message after message until the input ends, as it does when the caller dies.
pub fn serve(
    input: &mut dyn Read,
    output: &mut dyn Write,
    mut answer: impl FnMut(&Message, &mut Caller<'_>) -> Result<Vec<Vec<u8>>, Box<dyn Error>>,
) -> io::Result<()> {
    output.write_all(GREETING)?;
    output.flush()?;
    let mut caller = Caller { input, output };
    while let Some(message) = Message::read_from(&mut caller.input)? {
        let answered = Message::answer(answer(&message, &mut caller));
        answered.write_to(&mut caller.output)?;
    }
    Ok(())
}

fn damaged(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
