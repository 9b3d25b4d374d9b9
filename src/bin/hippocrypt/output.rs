//! What is written: files that appear whole or not at all; `-` is standard output.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::console::{Console, STDOUT};
use crate::failure::{Code, Failure, exists, named};
use crate::input::is_dash;

/// Who may read a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Whoever the umask lets.
    Everybody,
    /// The owner alone, from the first byte on.
    Owner,
}

/// A file in the making, or standard output. Errors name it.
pub struct Output {
    name: String,
    sink: Sink,
}

enum Sink {
    Stdout(io::StdoutLock<'static>),
    File { temporary: NamedTempFile, path: PathBuf, force: bool },
}

impl Output {
    /// Begins a file that will stand at `path`, which must be free unless `force`.
    pub fn create(console: &Console, path: &Path, access: Access, force: bool) -> Result<Self, Failure> {
        if is_dash(path) {
            console.take_stdout(true)?;
            return Ok(Self::stdout());
        }
        let name = path.display().to_string();
        match path.metadata() {
            Ok(metadata) if !metadata.is_file() => {
                let message = format!("{name} is not a regular file, and cannot be replaced by one");
                return Err(Failure::new(Code::InputOutput, message).hint("write to `-` and redirect it"));
            }
            Ok(_) if !force => return Err(exists(path)),
            _ => {}
        }
        let temporary = temporary_beside(path, access).map_err(|error| named("write", &name, error))?;
        Ok(Self { name, sink: Sink::File { temporary, path: path.to_owned(), force } })
    }

    /// Begins to write what may be text.
    pub fn create_plain(console: &Console, path: &Path, force: bool) -> Result<Self, Failure> {
        if is_dash(path) {
            console.take_stdout(false)?;
            return Ok(Self::stdout());
        }
        Self::create(console, path, Access::Owner, force)
    }

    fn stdout() -> Self {
        Self { name: STDOUT.to_owned(), sink: Sink::Stdout(io::stdout().lock()) }
    }

    /// Lets the file appear, now that it is whole and on the disk.
    pub fn commit(mut self) -> Result<(), Failure> {
        self.flush()?;
        let fail = |error| named("write", &self.name, error);
        let Sink::File { temporary, path, force } = self.sink else { return Ok(()) };
        temporary.as_file().sync_all().map_err(fail)?;
        let persisted = if force { temporary.persist(&path) } else { temporary.persist_noclobber(&path) };
        match persisted {
            Ok(_) => {}
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => return Err(exists(&path)),
            Err(error) => return Err(fail(error.error).into()),
        }
        sync_directory(&path);
        Ok(())
    }
}

/// Writes small files together: none appears before all could be written.
pub fn write_all(console: &Console, files: &[(&Path, &[u8], Access)], force: bool) -> Result<(), Failure> {
    let mut outputs = Vec::with_capacity(files.len());
    for (index, (path, _, access)) in files.iter().enumerate() {
        if files.iter().take(index).any(|(other, ..)| other == path && !is_dash(path)) {
            let message = format!("{} is named for two different files", path.display());
            return Err(Failure::new(Code::Usage, message));
        }
        outputs.push(Output::create(console, path, *access, force)?);
    }
    for (output, (_, bytes, _)) in outputs.iter_mut().zip(files) {
        output.write_all(bytes)?;
    }
    outputs.into_iter().try_for_each(Output::commit)
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match &mut self.sink {
            Sink::Stdout(stdout) => stdout.write(bytes),
            Sink::File { temporary, .. } => temporary.write(bytes),
        };
        written.map_err(|error| named("write", &self.name, error))
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = match &mut self.sink {
            Sink::Stdout(stdout) => stdout.flush(),
            Sink::File { temporary, .. } => temporary.flush(),
        };
        flushed.map_err(|error| named("write", &self.name, error))
    }
}

/// A hidden file in the directory of `path`, so that renaming it is one step.
pub fn temporary_beside(path: &Path, access: Access) -> io::Result<NamedTempFile> {
    let name = path.file_name().ok_or(io::Error::new(io::ErrorKind::InvalidInput, "no file name"))?;
    let mut prefix = std::ffi::OsString::from(".");
    prefix.push(name);
    prefix.push(".");
    let mut builder = Builder::new();
    builder.prefix(&prefix).suffix(".part");
    set_mode(&mut builder, access);
    builder.tempfile_in(directory(path))
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(unix)]
fn set_mode(builder: &mut Builder<'_, '_>, access: Access) {
    use std::os::unix::fs::PermissionsExt;
    let mode = match access {
        // The umask takes away from it.
        Access::Everybody => 0o666,
        Access::Owner => 0o600,
    };
    builder.permissions(std::fs::Permissions::from_mode(mode));
}

#[cfg(not(unix))]
fn set_mode(_: &mut Builder<'_, '_>, _: Access) {}

/// Makes the new name last. Some file systems refuse this; the file itself is safe then, too.
#[cfg(unix)]
pub fn sync_directory(path: &Path) {
    let _ = std::fs::File::open(directory(path)).and_then(|directory| directory.sync_all());
}

#[cfg(not(unix))]
pub fn sync_directory(_: &Path) {}
