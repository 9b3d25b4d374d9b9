//! One run at a time in a folder. The system gives the lock back however a run ends.

use std::fs::{File, OpenOptions};
use std::path::Path;

use super::at;
use crate::failure::{Code, Failure};

/// Held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    /// The system takes the lock back when the file is closed.
    _held: File,
}

/// Waits until no other run holds the lock.
pub fn wait(path: &Path) -> Result<Lock, Failure> {
    let file = open(path)?;
    system::wait(&file).map_err(|error| at("lock", path, error))?;
    Ok(Lock { _held: file })
}

/// Takes the lock, or says that `what` is going on elsewhere.
pub fn take(path: &Path, what: &str) -> Result<Lock, Failure> {
    let file = open(path)?;
    if !system::take(&file).map_err(|error| at("lock", path, error))? {
        let message = format!("another run {what}");
        return Err(Failure::new(Code::Refused, message).hint("wait until it has ended"));
    }
    Ok(Lock { _held: file })
}

fn open(path: &Path) -> Result<File, Failure> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| at("lock", path, error))
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
mod system {
    use std::fs::File;
    use std::io;

    use rustix::fs::{FlockOperation, flock};

    pub fn wait(file: &File) -> io::Result<()> {
        Ok(flock(file, FlockOperation::LockExclusive)?)
    }

    pub fn take(file: &File) -> io::Result<bool> {
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(true),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Elsewhere it is up to the user to start one run at a time.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
mod system {
    use std::fs::File;
    use std::io;

    pub fn wait(_: &File) -> io::Result<()> {
        Ok(())
    }

    pub fn take(_: &File) -> io::Result<bool> {
        Ok(true)
    }
}
