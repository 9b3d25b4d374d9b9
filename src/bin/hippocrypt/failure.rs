//! Why the program stops: an exit code, a sentence, and what to do about it.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::Path;

use hippocrypt::search::ask::AskError;
use hippocrypt::{
    DecodeError, DecodeReason, DecryptError, HeaderError, IssueError, Kind, OpenError, PolicyError,
};
use serde_json::{Value, json};

/// The exit codes, documented in `--help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Code {
    Done = 0,
    InputOutput = 1,
    Usage = 2,
    Malformed = 3,
    Text = 4,
    NotSatisfied = 5,
    NotOpened = 6,
    NotAuthentic = 7,
    /// A computation of this program is wrong.
    WrongResult = 8,
    /// Forbidden by time, order or revocation.
    Refused = 9,
    /// 128 and the number of SIGPIPE, as if the signal had ended the program.
    BrokenPipe = 141,
}

impl Code {
    /// A word for machines.
    fn word(self) -> &'static str {
        match self {
            Code::Done => "done",
            Code::InputOutput => "input-output",
            Code::Usage => "usage",
            Code::Malformed => "malformed",
            Code::Text => "text",
            Code::NotSatisfied => "not-satisfied",
            Code::NotOpened => "not-opened",
            Code::NotAuthentic => "not-authentic",
            Code::WrongResult => "wrong-result",
            Code::Refused => "refused",
            Code::BrokenPipe => "broken-pipe",
        }
    }
}

/// A failure, ready to be told.
#[derive(Debug)]
pub struct Failure {
    pub code: Code,
    message: String,
    /// For people, below the message.
    drawing: String,
    hint: String,
    /// What machines want to know besides.
    details: Vec<(&'static str, Value)>,
}

impl Failure {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            drawing: String::new(),
            hint: String::new(),
            details: Vec::new(),
        }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    pub fn detail(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.details.push((name, value.into()));
        self
    }

    /// The failure with the name of the file or argument that it is about.
    pub fn in_file(mut self, name: &str) -> Self {
        self.message = format!("{name}: {}", self.message);
        self.detail("file", name)
    }

    /// The same, unless it bears the name of a file already.
    pub fn in_file_if_unnamed(self, name: &str) -> Self {
        if self.details.iter().any(|(detail, _)| *detail == "file") { self } else { self.in_file(name) }
    }

    /// The same, unless it is an error of reading or writing, which bears its name already.
    pub fn in_file_if_data(self, name: &str) -> Self {
        match self.code {
            Code::InputOutput | Code::BrokenPipe => self,
            _ => self.in_file(name),
        }
    }

    /// A file that is no canonical object.
    pub fn decode(error: DecodeError) -> Self {
        let (code, message, hint) = match error.reason {
            DecodeReason::WrongKind { expected, found } => {
                (Code::Malformed, error.reason.to_string(), advice(expected, found))
            }
            DecodeReason::NotHippocrypt => (Code::Malformed, error.reason.to_string(), String::new()),
            DecodeReason::BadSignature(_) => (Code::NotAuthentic, error.reason.to_string(), String::new()),
            _ => (Code::Malformed, error.to_string(), String::new()),
        };
        Self::new(code, message).hint(hint).detail("position", error.position).detail("field", error.field)
    }

    /// A policy, schema or list of attributes with a mistake; `what` says which.
    pub fn text(what: &str, error: &PolicyError) -> Self {
        let (line, column) = error.line_and_column();
        Self::new(Code::Text, format!("in the {what}: {error}"))
            .detail("position", error.position())
            .detail("line", line)
            .detail("column", column)
            .detail("reason", error.reason().to_string())
    }

    /// A question with a mistake. Machines are told the place alone: what is asked may tell of a patient, and errors end up in logs.
    pub fn question(text: &str, error: &AskError) -> Self {
        let at = error.at();
        let column = text.get(..at.start).map_or(0, |before| before.chars().count()) + 1;
        let failure = Self::new(Code::Text, format!("in the question: {}", error.reason()))
            .hint(error.hint())
            .detail("position", at.start)
            .detail("at", vec![at.start, at.end])
            .detail("column", column)
            .detail("reason", error.reason().to_string());
        Self { drawing: place_in(text, at), ..failure }
    }

    pub fn to_json(&self) -> Value {
        let mut error = json!({
            "code": self.code as u8,
            "kind": self.code.word(),
            "message": self.message,
        });
        if let Some(object) = error.as_object_mut() {
            if !self.hint.is_empty() {
                object.insert("hint".into(), self.hint.clone().into());
            }
            object.extend(self.details.iter().map(|(name, value)| ((*name).into(), value.clone())));
        }
        json!({ "error": error })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        if !self.drawing.is_empty() {
            write!(f, "\n{}", self.drawing)?;
        }
        if self.hint.is_empty() { Ok(()) } else { write!(f, "\nhint: {}", self.hint) }
    }
}

impl From<IssueError> for Failure {
    fn from(error: IssueError) -> Self {
        let code = match &error {
            IssueError::NoAttributes | IssueError::RealmName { .. } => Code::Text,
            IssueError::NotHeld { .. } => Code::NotSatisfied,
            IssueError::HasEpochs => Code::Refused,
            // A reason that a later version of the library adds.
            _ => Code::NotSatisfied,
        };
        let hint = match &error {
            IssueError::HasEpochs => "`hippocrypt enroll` and `hippocrypt issue` make keys there",
            _ => "",
        };
        Self::new(code, error.to_string()).hint(hint)
    }
}

impl From<DecryptError> for Failure {
    fn from(error: DecryptError) -> Self {
        match error {
            DecryptError::Header(error) => Self::decode(error),
            DecryptError::WrongRealm => Self::new(Code::NotSatisfied, error.to_string()),
            DecryptError::NotSatisfied(ref missing) => {
                Self::new(Code::NotSatisfied, "the key does not satisfy the policy")
                    .hint(format!("it lacks {missing}"))
                    .detail("missing", missing.to_string())
            }
            DecryptError::Signature => Self::new(Code::NotAuthentic, error.to_string()),
            DecryptError::Open(error) => error.into(),
            DecryptError::Io(error) => error.into(),
            // A reason that a later version of the library adds.
            error => Self::new(Code::NotOpened, error.to_string()),
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::new(Code::NotOpened, error.to_string())
    }
}

impl From<HeaderError> for Failure {
    fn from(error: HeaderError) -> Self {
        let code = match error {
            HeaderError::OtherRealm => Code::NotSatisfied,
            HeaderError::OtherEpoch { .. } | HeaderError::NeedsEpoch => Code::Refused,
            _ => Code::Malformed,
        };
        Self::new(code, error.to_string())
    }
}

/// Characters of a question that are shown on either side of a place in it.
const CONTEXT: usize = 40;

/// A text of one line around a place, which is underlined; nothing of a text as a whole.
fn place_in(text: &str, at: Range<usize>) -> String {
    let parts = (text.get(..at.start), text.get(at.clone()), text.get(at.end..));
    let (Some(before), Some(marked), Some(after)) = parts else { return String::new() };
    if at.end == 0 {
        return String::new();
    }
    let line = |c: char| if c.is_control() { ' ' } else { c };
    let column = before.chars().count().min(CONTEXT);
    let skipped = before.chars().count() - column;
    let shown = before.chars().skip(skipped).chain(marked.chars().take(CONTEXT));
    // Of a long place its beginning alone is shown, and nothing behind it.
    let length = marked.chars().count().min(CONTEXT);
    let rest = if marked.chars().count() > length { 0 } else { CONTEXT };
    let shown: String = shown.chain(after.chars().take(rest)).map(line).collect();
    format!("  {}\n  {:column$}{}", shown.trim_end(), "", "^".repeat(length.max(1)))
}

/// An error of reading or writing, with the name of the file.
#[derive(Debug)]
struct Named {
    action: &'static str,
    name: String,
    source: io::Error,
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} {}: {}", self.action, self.name, self.source)
    }
}

impl std::error::Error for Named {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// Names the file in an error, so that it can be told apart after it has come through a copy.
pub fn named(action: &'static str, name: &str, source: io::Error) -> io::Error {
    io::Error::new(source.kind(), Named { action, name: name.to_owned(), source })
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let inner = error.get_ref();
        if inner.is_some_and(|inner| inner.is::<OpenError>()) {
            return OpenError.into();
        }
        if let Some(error) = inner.and_then(|inner| inner.downcast_ref::<DecodeError>()) {
            return Self::decode(*error);
        }
        let code = match error.kind() {
            io::ErrorKind::BrokenPipe => Code::BrokenPipe,
            _ => Code::InputOutput,
        };
        let failure = Self::new(code, error.to_string());
        match inner.and_then(|inner| inner.downcast_ref::<Named>()) {
            Some(named) => failure.detail("file", named.name.as_str()),
            None => failure,
        }
    }
}

/// A file that stands where the result should go.
pub fn exists(path: &Path) -> Failure {
    let name = path.display().to_string();
    Failure::new(Code::InputOutput, format!("{name} exists already, and nothing is overwritten unasked"))
        .hint("choose another name with an option, or add --force")
        .detail("file", name)
}

/// What to do when a file is of the wrong kind.
fn advice(expected: Kind, found: Kind) -> String {
    format!("{}; {}", origin(expected), place(found))
}

/// Where files of a kind come from.
pub fn origin(kind: Kind) -> &'static str {
    match kind {
        Kind::PublicParameters => {
            "`hippocrypt setup` makes public parameters (public.hpcr), and the authority hands them out"
        }
        Kind::MasterKey => {
            "`hippocrypt setup` makes the master key (master.key), and only the authority has it"
        }
        Kind::Schema => "`hippocrypt setup --declare` and `hippocrypt schema` make a schema (schema.hpcr)",
        Kind::AttributeKey => "`hippocrypt keygen` and `hippocrypt delegate` make attribute keys",
        Kind::Header => "`hippocrypt encrypt` makes encrypted files",
        Kind::Record => "a record follows its header in a file that `hippocrypt encrypt` makes",
        Kind::AuthorKey => "`hippocrypt author` makes a signing key (author.key)",
        Kind::AuthorId => "`hippocrypt author` makes an author's public key (author.pub)",
        Kind::AuthorSignature => "an author's signature ends a file that `hippocrypt encrypt --sign` makes",
        Kind::ReaderSeed => {
            "`hippocrypt enroll new` makes a seed (reader.seed), `hippocrypt index grant` the file of a reader; only he has it"
        }
        Kind::Enrolment => "`hippocrypt enroll ask` makes an enrolment",
        Kind::TransformKey => "`hippocrypt issue` and `hippocrypt revoke attributes` make transform keys",
        Kind::TransformedHeader => "`hippocrypt transform` makes answers",
        Kind::TransformRequest => "`hippocrypt request` makes requests",
        Kind::EpochStatement => "`hippocrypt epoch statement` makes statements (epoch.hpcr)",
        Kind::AuthorityUpdate => "the authority's updates stand in authority/updates",
        Kind::RevocationState => "a proxy keeps its state in its folder",
        Kind::Lease => "`hippocrypt lease` makes leases",
        Kind::IssuedKey => "an authority keeps its registry in authority/keys",
        Kind::ProxyKey => "a proxy keeps its keys in its folder, once it has taken them",
        Kind::StoredHeader => "`hippocrypt proxy add` keeps headers in the proxy's folder",
        Kind::TokenBatch => "`hippocrypt refresh` makes tokens",
        Kind::Grant => "`hippocrypt grant` makes grants",
        Kind::SealKey => "`hippocrypt proxy seal-key` makes a seal key (seal.key)",
        Kind::Realm => "`hippocrypt vault init` makes the realm of a vault (realm.hpcr)",
        Kind::RoleKey => "`hippocrypt vault enroll` makes the keys of a person",
        Kind::IndexOwner => "`hippocrypt index create` makes the owner of an index (owner.hpcr)",
        _ => "`hippocrypt --help` lists what makes which file",
    }
}

/// Where files of a kind are used.
fn place(kind: Kind) -> &'static str {
    match kind {
        Kind::PublicParameters => "public parameters are given with --public",
        Kind::MasterKey => "a master key is given with --master, to keygen and schema",
        Kind::Schema => "a schema is given with --schema",
        Kind::AttributeKey => "an attribute key is given with --key",
        Kind::Header => "an encrypted file is given to decrypt and inspect without an option",
        Kind::Record => "a record cannot be opened without the header before it",
        Kind::AuthorKey => "a signing key is given to encrypt with --sign",
        Kind::AuthorId => "an author's public key is given with --author",
        Kind::AuthorSignature => "a signature cannot be used without the record before it",
        Kind::ReaderSeed => "a seed is given with --seed, to enroll, request and finish",
        Kind::Enrolment => "an enrolment is given to enroll check",
        Kind::TransformKey | Kind::Lease | Kind::TokenBatch | Kind::Grant => "it is given to proxy take",
        Kind::AuthorityUpdate => "an update is given to proxy take, or to the authority with --witness",
        Kind::TransformedHeader => "an answer is given to finish",
        Kind::TransformRequest => "a request is given to transform",
        Kind::EpochStatement => "a statement is given to encrypt with --epoch",
        Kind::SealKey => "a seal key is given to seal with --seal-key",
        Kind::RoleKey => "the keys of a person are given to `vault` commands with --key",
        Kind::IndexOwner => "the owner of an index stays in her folder",
        Kind::RevocationState | Kind::IssuedKey | Kind::ProxyKey | Kind::StoredHeader => {
            "it is for the folder that it stands in"
        }
        _ => "`hippocrypt inspect` tells what a file is",
    }
}
