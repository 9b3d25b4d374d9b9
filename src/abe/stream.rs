//! Files of any size, in constant memory. `[ABE-5.5]`

use std::fmt;
use std::io::{self, Read, Write};

use rand_core::CryptoRng;

use super::error::DecryptError;
use super::payload::{ChunkSize, ExpectedName, RecordName, RecordOptions, RecordReader, RecordWriter};
use super::types::{AttributeKey, AuthorId, AuthorKey, Encryptor, FIXED_BYTES, Header, PublicParameters};
use crate::codec::Decoder;
use crate::error::{DecodeError, DecodeReason};
use crate::policy::Policy;

/// The choices of whoever encrypts a file; the default is none of them.
#[derive(Debug, Clone, Copy, Default)]
pub struct FileOptions<'a> {
    /// Bound to the file, not stored in it: whoever opens it must give the same.
    pub context: &'a [u8],
    /// The record's name; a random id and version 0 if there is none.
    pub name: Option<RecordName>,
    /// Plaintext bytes in a chunk.
    pub chunk_size: ChunkSize,
    /// Who signs the file.
    pub author: Option<&'a AuthorKey>,
}

/// Encrypts what is written to it. The file is complete after [`FileWriter::finish`] and not before.
#[must_use = "a file that is not finished cannot be opened"]
pub struct FileWriter<'a, W> {
    record: RecordWriter<W>,
    name: RecordName,
    core_id: [u8; 32],
    header_bytes: usize,
    author: Option<&'a AuthorKey>,
}

/// Decrypts what it reads from. Every byte it yields is verified; that the file is complete shows at its
/// end, that its author is who he says, in [`FileReader::finish`].
pub struct FileReader<R> {
    header: Header,
    record: RecordReader<R>,
}

/// What is known of a file that was read to its verified end.
#[derive(Debug, Clone)]
pub struct OpenedFile {
    /// The header.
    pub header: Header,
    /// The record's name.
    pub name: RecordName,
    /// Who has signed it, if anybody; whether to believe him is the caller's decision.
    pub author: Option<AuthorId>,
}

impl PublicParameters {
    /// Begins an encrypted file in a realm without epochs: see [`Encryptor::encrypt_to`].
    ///
    /// ```no_run
    /// # use hippocrypt::{FileOptions, Policy, PublicParameters, Schema, os_rng};
    /// # fn example(parameters: PublicParameters, policy: Policy) -> std::io::Result<()> {
    /// let output = std::fs::File::create("study.hpcr")?;
    /// let mut writer = parameters.encrypt_to(&policy, FileOptions::default(), &mut os_rng(), output)?;
    /// std::io::copy(&mut std::fs::File::open("study.dcm")?, &mut writer)?;
    /// writer.finish()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of `output`, and [`EncryptError`](super::error::EncryptError) as `InvalidInput` in a realm with epochs.
    pub fn encrypt_to<'a, W: Write>(
        &self,
        policy: &Policy,
        options: FileOptions<'a>,
        rng: &mut impl CryptoRng,
        output: W,
    ) -> io::Result<FileWriter<'a, W>> {
        let encryptor =
            self.without_epoch().map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        encryptor.encrypt_to(policy, options, rng, output)
    }
}

impl Encryptor<'_> {
    /// Begins an encrypted file: writes the header to `output`, and encrypts what follows.
    ///
    /// # Errors
    /// Those of `output`.
    pub fn encrypt_to<'a, W: Write>(
        &self,
        policy: &Policy,
        options: FileOptions<'a>,
        rng: &mut impl CryptoRng,
        mut output: W,
    ) -> io::Result<FileWriter<'a, W>> {
        let (header, content_key) = self.compartment(policy, options.context, rng);
        let header_bytes = header.to_bytes();
        output.write_all(&header_bytes)?;
        let name = options.name.unwrap_or_else(|| RecordName::random(rng));
        let record_options =
            RecordOptions { chunk_size: options.chunk_size, signed: options.author.is_some() };
        let record = content_key.writer(&name, record_options, rng, output)?;
        let (core_id, header_bytes) = (*header.core_id(), header_bytes.len());
        Ok(FileWriter { record, name, core_id, header_bytes, author: options.author })
    }
}

impl<W: Write> FileWriter<'_, W> {
    /// H(core) of the header: what it is asked for by.
    pub fn core_id(&self) -> &[u8; 32] {
        &self.core_id
    }

    /// Bytes of the header.
    pub fn header_bytes(&self) -> usize {
        self.header_bytes
    }

    /// Writes the last chunk and the author's signature, and returns the underlying writer.
    ///
    /// # Errors
    /// Those of the underlying writer.
    pub fn finish(self) -> io::Result<W> {
        let (mut output, digest) = self.record.finish()?;
        if let (Some(author), Some(digest)) = (self.author, digest) {
            output.write_all(&author.sign(&self.core_id, &self.name, &digest).to_array())?;
            output.flush()?;
        }
        Ok(output)
    }
}

impl<W: Write> Write for FileWriter<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.record.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.record.flush()
    }
}

impl AttributeKey {
    /// Begins to read an encrypted file that was made for `context`.
    ///
    /// # Errors
    /// [`DecryptError`], as for [`AttributeKey::decrypt`], and the errors of `input`.
    pub fn decrypt_from<R: Read>(
        &self,
        parameters: &PublicParameters,
        mut input: R,
        context: &[u8],
    ) -> Result<FileReader<R>, DecryptError> {
        let header = Header::read_from(&mut input)?;
        let content_key = self.admitted(parameters, &header)?.open(parameters, &header, context)?;
        let record = content_key.reader(ExpectedName::Any, input)?;
        Ok(FileReader { header, record })
    }
}

impl<R: Read> FileReader<R> {
    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The name of the record: authenticated as soon as the first byte or the end has been read.
    pub fn name(&self) -> &RecordName {
        self.record.name()
    }

    /// Whether an author's signature ends the file: authenticated like its name. Who has signed shows
    /// in [`FileReader::finish`].
    pub fn is_signed(&self) -> bool {
        self.record.is_signed()
    }

    /// Writes everything that is left to `output` and returns the number of bytes. Faster than
    /// reading: no byte is copied.
    ///
    /// # Errors
    /// Those of both sides, and [`crate::OpenError`] as `InvalidData`.
    pub fn copy_to(&mut self, output: &mut impl Write) -> io::Result<u64> {
        self.record.copy_to(output)
    }

    /// Verifies what has not been read, and the author's signature if there is one.
    ///
    /// # Errors
    /// [`DecryptError::Open`] if the rest of the file is not genuine, [`DecryptError::Signature`] if the
    /// signature is not by the author it names.
    pub fn finish(self) -> Result<OpenedFile, DecryptError> {
        let finished = self.record.finish()?;
        let author = match finished.claim {
            None => None,
            Some(claim) => {
                Some(claim.author(self.header.core_id(), &finished.name).ok_or(DecryptError::Signature)?)
            }
        };
        Ok(OpenedFile { header: self.header, name: finished.name, author })
    }
}

impl<R: Read> Read for FileReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.record.read(buffer)
    }
}

impl Header {
    /// Reads a header off a stream and leaves the stream behind it.
    ///
    /// # Errors
    /// [`DecryptError::Header`] if it is not one, [`DecryptError::Io`] if the stream fails.
    pub fn read_from(input: &mut impl Read) -> Result<Self, DecryptError> {
        let mut bytes = Vec::new();
        let (mut length, mut is_whole) = (FIXED_BYTES, false);
        loop {
            let missing = length.saturating_sub(bytes.len());
            read_more(input, &mut bytes, missing)?;
            if is_whole {
                break;
            }
            (length, is_whole) = Header::least_length(&bytes)?;
        }
        Ok(Header::from_bytes(&bytes)?)
    }
}

/// Appends exactly `length` bytes of `input`.
fn read_more(input: &mut impl Read, bytes: &mut Vec<u8>, length: usize) -> Result<(), DecryptError> {
    let before = bytes.len();
    input.by_ref().take(length as u64).read_to_end(bytes)?;
    let left = bytes.len() - before;
    if left == length {
        return Ok(());
    }
    // A file that is something else is best told apart by its beginning.
    crate::codec::Kind::of(bytes).map_err(DecryptError::Header)?;
    let error: DecodeError =
        Decoder::error_at(before, "header", DecodeReason::Truncated { needed: length, left });
    Err(error.into())
}

impl<W> fmt::Debug for FileWriter<'_, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileWriter").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<R> fmt::Debug for FileReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileReader").field("header", &self.header).finish_non_exhaustive()
    }
}
