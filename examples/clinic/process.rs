//! Another process of this program: started, asked, and ended on every way out.

use std::error::Error;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use crate::clock::Clock;
use crate::wire::{CallError, Link, Message, Verb, await_greeting};
use crate::{cloud, gate, seal_keeper};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process that answers messages. Dropping it kills it; and if this program is killed itself, the other one's
/// input ends, and so does it.
pub struct Process {
    name: String,
    child: Child,
    questions: Sender<Message>,
    answers: Receiver<io::Result<Option<Message>>>,
    /// Who listens in: everything that is sent to the process is written down here.
    tap: Option<BufWriter<File>>,
}

impl Process {
    /// A process in this role over this folder, which is all it is given.
    pub fn start(role: &str, folder: &Path, clock: Clock) -> io::Result<Self> {
        let mut command = this_program(role, folder, clock)?;
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
        let mut process = Self { name: role.to_owned(), child, questions, answers, tap: None };
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

    /// Somebody listens in, and writes to the end of this file.
    pub fn tapped(mut self, file: &Path) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(file)?;
        self.tap = Some(BufWriter::new(file));
        Ok(self)
    }

    /// Sends a message, and does not wait for the answer.
    pub fn send(&mut self, message: Message) -> Result<(), CallError> {
        let broken = |error: io::Error| CallError::Broken(error.to_string());
        if let Some(tap) = &mut self.tap {
            message.write_to(tap).map_err(broken)?;
        }
        let gone = |_| CallError::Broken(format!("the process {} has ended", self.name));
        self.questions.send(message).map_err(gone)
    }

    /// Asks, and answers what the process itself asks in between.
    pub fn call_with(
        &mut self,
        message: Message,
        mut help: impl FnMut(&Message) -> Message,
    ) -> Result<Vec<Vec<u8>>, CallError> {
        self.send(message)?;
        loop {
            let answer = self.receive()?;
            match answer.verb {
                Verb::Done | Verb::Refused => return answer.into_result(),
                _ => self.send(help(&answer))?,
            }
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
        // All that was heard is on the disk.
        self.tap = None;
    }
}

impl Link for Process {
    fn call(&mut self, message: &Message) -> Result<Vec<Vec<u8>>, CallError> {
        self.send(message.clone())?;
        self.receive()?.into_result()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(not(test))]
fn this_program(role: &str, folder: &Path, clock: Clock) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--as").arg(role).arg(folder).arg(clock.ahead.to_string());
    Ok(command)
}

/// In tests this program is the test harness, and one of its tests plays the other process.
#[cfg(test)]
fn this_program(role: &str, folder: &Path, clock: Clock) -> io::Result<Command> {
    let arguments = format!("--as\n{role}\n{}\n{}", folder.display(), clock.ahead);
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--exact", "tests::another_process", "--nocapture", "--test-threads=1"]);
    command.env("CLINIC_ROLE", arguments);
    Ok(command)
}

/// What another process of this program does, if these are its arguments.
pub fn role(arguments: &[String]) -> Option<Result<(), Box<dyn Error>>> {
    let [word, role, folder, ahead] = arguments else { return None };
    if word != "--as" {
        return None;
    }
    let run = match role.as_str() {
        cloud::ROLE => cloud::run,
        gate::ROLE => gate::run,
        seal_keeper::ROLE => seal_keeper::run,
        _ => return None,
    };
    let ahead = ahead.parse().map_err(Box::from);
    Some(ahead.and_then(|ahead| run(Path::new(folder), Clock { ahead })))
}
