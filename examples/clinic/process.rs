//! Another process of this program: started, asked, and ended on every way out.

use std::error::Error;
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use crate::clock::Clock;
use crate::wire::{CallError, Link, Message, Verb, await_greeting};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process that answers messages. Dropping it kills it; and if this program is killed itself, the other one's
/// input ends, and so does it.
pub struct Process {
    name: String,
    child: Child,
    questions: Sender<Message>,
    answers: Receiver<io::Result<Option<Message>>>,
}

impl Process {
    /// The cloud over this folder.
    pub fn cloud(folder: &Path, clock: Clock) -> io::Result<Self> {
        Self::start("cloud", &[folder], clock)
    }

    /// The keeper of the seal key in `folder`, for the store of another.
    pub fn seal_keeper(folder: &Path, store: &Path, clock: Clock) -> io::Result<Self> {
        Self::start("seal-keeper", &[folder, store], clock)
    }

    fn start(role: &str, folders: &[&Path], clock: Clock) -> io::Result<Self> {
        let mut command = this_program(role, folders, clock)?;
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (questions, to_write) = channel::<Message>();
        let (to_read, answers) = channel();
        // Pipes may block for ever, and channels need not: each pipe has a thread, which ends with the process.
        if let (Some(mut input), Some(mut output)) = (child.stdin.take(), child.stdout.take()) {
            thread::spawn(move || to_write.into_iter().all(|message| message.write_to(&mut input).is_ok()));
            thread::spawn(move || {
                let mut read = await_greeting(&mut output).map(|()| Some(Message::new(Verb::Done, [])));
                while to_read.send(read).is_ok() {
                    read = match Message::read_from(&mut output) {
                        Ok(None) => return,
                        read => read,
                    };
                }
            });
        }
        let mut process = Self { name: role.to_owned(), child, questions, answers };
        process.receive().map_err(|error| io::Error::other(error.to_string()))?;
        Ok(process)
    }

    fn receive(&mut self) -> Result<Message, CallError> {
        let broken = |what: String| CallError::Broken(format!("the process {}: {what}", self.name));
        match self.answers.recv_timeout(PATIENCE) {
            Ok(Ok(Some(message))) => Ok(message),
            Ok(Ok(None)) | Err(RecvTimeoutError::Disconnected) => Err(broken("it has ended".to_owned())),
            Ok(Err(error)) => Err(broken(error.to_string())),
            Err(RecvTimeoutError::Timeout) => Err(broken(format!("no answer within {PATIENCE:?}"))),
        }
    }

    /// So many seconds have passed.
    pub fn skip(&mut self, seconds: u64) -> Result<(), CallError> {
        self.call(&Message::new(Verb::Skip, [seconds.to_be_bytes().to_vec()])).map(drop)
    }

    /// The id of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, in the middle of whatever it does.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Link for Process {
    fn call(&mut self, message: &Message) -> Result<Vec<Vec<u8>>, CallError> {
        let gone = |_| CallError::Broken(format!("the process {} has ended", self.name));
        self.questions.send(message.clone()).map_err(gone)?;
        self.receive()?.into_result()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(not(test))]
fn this_program(role: &str, folders: &[&Path], clock: Clock) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(role).args(folders).arg(clock.ahead.to_string());
    Ok(command)
}

/// In tests this program is the test harness, and one of its tests plays the other process.
#[cfg(test)]
fn this_program(role: &str, folders: &[&Path], clock: Clock) -> io::Result<Command> {
    let mut arguments = vec![role.to_owned()];
    arguments.extend(folders.iter().map(|folder| folder.display().to_string()));
    arguments.push(clock.ahead.to_string());
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--exact", "tests::another_process", "--nocapture", "--test-threads=1"]);
    command.env("CLINIC_ROLE", arguments.join("\n"));
    Ok(command)
}

/// What another process of this program does, if these are its arguments.
pub fn role(arguments: &[String]) -> Option<Result<(), Box<dyn Error>>> {
    let clock = |ahead: &String| -> Result<Clock, Box<dyn Error>> { Ok(Clock { ahead: ahead.parse()? }) };
    match arguments {
        [role, folder, ahead] if role == "cloud" => {
            Some(clock(ahead).and_then(|clock| crate::cloud::run(Path::new(folder), clock)))
        }
        [role, folder, store, ahead] if role == "seal-keeper" => Some(
            clock(ahead)
                .and_then(|clock| crate::seal_keeper::run(Path::new(folder), Path::new(store), clock)),
        ),
        _ => None,
    }
}
