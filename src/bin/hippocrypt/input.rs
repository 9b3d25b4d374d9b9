//! What is read: objects, texts, and files of any size; `-` is standard input.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

use hippocrypt::phr::{Realm, RoleKey};
use hippocrypt::{
    AttributeKey, AttributeSet, AuthorId, AuthorKey, DecodeError, Kind, MasterKey, PROLOGUE_BYTES, Policy,
    PublicParameters, ReaderSeed, Schema, SealKey, Secret, SecretBytes, SignedSchema, UserId,
};

use crate::console::{Console, STDIN};
use crate::failure::{Code, Failure, named, origin};

/// No text and no object but an encrypted file is longer.
const MAX_BYTES: usize = 8 * 1024 * 1024;
/// The schema that is used unasked, if it stands beside the public parameters or the master key.
const DEFAULT_SCHEMA: &str = "schema.hpcr";

/// A file or standard input; its errors name it.
pub struct Source {
    pub name: String,
    /// Bytes of the whole, if it is a regular file.
    pub len: Option<u64>,
    /// What was looked at already, and is read again.
    peeked: Cursor<Vec<u8>>,
    inner: Box<dyn Read>,
}

impl Source {
    pub fn open(console: &Console, path: &Path) -> Result<Self, Failure> {
        if is_dash(path) {
            console.take_stdin()?;
            return Ok(Self::new(STDIN.to_owned(), None, Box::new(io::stdin().lock())));
        }
        let name = path.display().to_string();
        let fail = |error| named("read", &name, error);
        let file = File::open(path).map_err(fail)?;
        let metadata = file.metadata().map_err(fail)?;
        let len = metadata.is_file().then_some(metadata.len());
        Ok(Self::new(name, len, Box::new(file)))
    }

    fn new(name: String, len: Option<u64>, inner: Box<dyn Read>) -> Self {
        Self { name, len, peeked: Cursor::default(), inner }
    }

    /// What the file claims to be, by its first bytes; they stay to be read.
    pub fn kind(&mut self) -> Result<Kind, Failure> {
        let mut beginning = Vec::with_capacity(PROLOGUE_BYTES);
        self.take(PROLOGUE_BYTES as u64).read_to_end(&mut beginning)?;
        let kind = Kind::of(&beginning);
        self.peeked = Cursor::new(beginning);
        kind.map_err(|error| Failure::decode(error).in_file(&self.name))
    }

    /// Everything, in a buffer that does not grow: growing would leave copies behind.
    pub fn read_whole(&mut self) -> Result<SecretBytes, Failure> {
        let len = self.len.and_then(|len| usize::try_from(len).ok()).unwrap_or(MAX_BYTES);
        let mut bytes = Vec::with_capacity(len.min(MAX_BYTES) + 1);
        let read = self.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes);
        let bytes = Secret::new(bytes);
        read?;
        if bytes.expose_secret().len() > MAX_BYTES {
            let message = format!("more than {MAX_BYTES} bytes, which is more than this can have");
            return Err(Failure::new(Code::Malformed, message).in_file(&self.name));
        }
        Ok(bytes)
    }

    /// The object that the file is.
    pub fn object<T>(&mut self, decode: impl FnOnce(&[u8]) -> Result<T, DecodeError>) -> Result<T, Failure> {
        let bytes = self.read_whole()?;
        decode(bytes.expose_secret()).map_err(|error| Failure::decode(error).in_file(&self.name))
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.peeked.read(buffer)? {
            0 => self.inner.read(buffer).map_err(|error| named("read", &self.name, error)),
            count => Ok(count),
        }
    }
}

/// Whether `path` stands for a standard stream.
pub fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Reads an object of one kind; a file of another kind is not read beyond its beginning.
pub fn load<T>(
    console: &Console,
    path: &Path,
    kind: Kind,
    decode: impl Fn(&[u8]) -> Result<T, DecodeError>,
) -> Result<T, Failure> {
    let mut source = Source::open(console, path).map_err(|failure| match path.exists() {
        false if !is_dash(path) => failure.hint(origin(kind)),
        _ => failure,
    })?;
    if source.kind()? != kind {
        let mut beginning = [0; PROLOGUE_BYTES];
        source.read_exact(&mut beginning)?;
        // Decoding the beginning of another kind fails with the reason.
        return decode(&beginning).map_err(|error| Failure::decode(error).in_file(&source.name));
    }
    if kind.is_secret() {
        warn_if_exposed(console, path);
    }
    source.object(decode)
}

pub fn public_parameters(console: &Console, path: &Path) -> Result<PublicParameters, Failure> {
    load(console, path, Kind::PublicParameters, PublicParameters::from_bytes)
}

pub fn master_key(console: &Console, path: &Path) -> Result<MasterKey, Failure> {
    load(console, path, Kind::MasterKey, MasterKey::from_bytes)
}

pub fn attribute_key(console: &Console, path: &Path) -> Result<AttributeKey, Failure> {
    load(console, path, Kind::AttributeKey, AttributeKey::from_bytes)
}

pub fn author_key(console: &Console, path: &Path) -> Result<AuthorKey, Failure> {
    load(console, path, Kind::AuthorKey, AuthorKey::from_bytes)
}

pub fn seal_key(console: &Console, path: &Path) -> Result<SealKey, Failure> {
    load(console, path, Kind::SealKey, SealKey::from_bytes)
}

pub fn reader_seed(console: &Console, path: &Path) -> Result<ReaderSeed, Failure> {
    load(console, path, Kind::ReaderSeed, ReaderSeed::from_bytes)
}

pub fn author_ids(console: &Console, paths: &[impl AsRef<Path>]) -> Result<Vec<AuthorId>, Failure> {
    paths.iter().map(|path| load(console, path.as_ref(), Kind::AuthorId, AuthorId::from_bytes)).collect()
}

/// The schema at `path`, or else the one that stands beside `neighbour`, or else the empty one; signed
/// by the authority of `parameters` in any case.
pub fn schema(
    console: &Console,
    path: Option<&Path>,
    neighbour: &Path,
    parameters: &PublicParameters,
) -> Result<Schema, Failure> {
    let default = neighbour.with_file_name(DEFAULT_SCHEMA);
    let path = match path {
        Some(path) => path,
        None if !is_dash(neighbour) && default.exists() => &default,
        None => return Ok(Schema::empty()),
    };
    let signed = load(console, path, Kind::Schema, SignedSchema::from_bytes)?;
    signed.verify(parameters).cloned().map_err(|error| {
        Failure::decode(error)
            .hint("is it the schema of another realm? each realm signs its own")
            .in_file(&path.display().to_string())
    })
}

/// The text of an argument: itself, or after `@` the file that holds it.
pub fn text(console: &Console, what: &str, argument: &str) -> Result<String, Failure> {
    let Some(path) = argument.strip_prefix('@') else { return Ok(argument.to_owned()) };
    let mut source = Source::open(console, Path::new(path))?;
    let bytes = source.read_whole()?;
    std::str::from_utf8(bytes.expose_secret()).map(str::to_owned).map_err(|error| {
        let position = error.valid_up_to();
        Failure::new(Code::Text, format!("the {what} is not UTF-8 text, from byte {position} on"))
            .detail("position", position)
            .in_file(&source.name)
    })
}

/// A short text, in a file or on standard input.
pub fn line(console: &Console, path: &Path) -> Result<String, Failure> {
    Ok(text(console, "file", &format!("@{}", path.display()))?.trim().to_owned())
}

pub fn user(name: &str) -> Result<UserId, Failure> {
    Ok(UserId::new(name)?)
}

pub fn parse_policy(console: &Console, argument: &str, schema: &Schema) -> Result<Policy, Failure> {
    Policy::parse(&text(console, "policy", argument)?, schema)
        .map_err(|error| Failure::text("policy", &error))
}

pub fn parse_attributes(console: &Console, argument: &str, schema: &Schema) -> Result<AttributeSet, Failure> {
    AttributeSet::parse(&text(console, "list of attributes", argument)?, schema)
        .map_err(|error| Failure::text("list of attributes", &error))
}

pub fn parse_schema(console: &Console, argument: &str) -> Result<Schema, Failure> {
    Schema::parse(&text(console, "schema", argument)?).map_err(|error| Failure::text("schema", &error))
}

/// The realm of a vault.
pub fn realm(console: &Console, path: &Path) -> Result<Realm, Failure> {
    load(console, path, Kind::Realm, Realm::from_bytes)
}

/// What somebody keeps.
pub fn role_key(console: &Console, path: &Path) -> Result<RoleKey, Failure> {
    load(console, path, Kind::RoleKey, RoleKey::from_bytes)
}

/// Warns of a secret file that others can read.
#[cfg(unix)]
pub fn warn_if_exposed(console: &Console, path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    if is_dash(path) {
        return;
    }
    if let Ok(metadata) = std::fs::metadata(path) {
        let mode = metadata.permissions().mode() & 0o777;
        if metadata.is_file() && mode & 0o077 != 0 {
            let name = path.display();
            console.warn(&format!(
                "{name} is secret, but others may use it (mode {mode:04o}): run `chmod 600 {name}`"
            ));
        }
    }
}

#[cfg(not(unix))]
pub fn warn_if_exposed(_: &Console, _: &Path) {}
