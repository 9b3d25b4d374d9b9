//! `finish`: the plaintext of a record, with a proxy's answer.

use std::io;

use hippocrypt::{ContentKey, DecryptError, ExpectedName, Header, Kind, TransformedHeader};

use super::header_id;
use crate::args::reader::Finish;
use crate::commands::decrypt::check_name;
use crate::commands::demand_author;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input::{self, Source};
use crate::output::Output;
use crate::progress;
use crate::report::{Report, hex};

pub fn run(console: &Console, args: &Finish) -> Result<Report, Failure> {
    let parameters = input::public_parameters(console, &args.realm.public)?;
    let seed = input::reader_seed(console, &args.seed)?;
    let authors = input::author_ids(console, &args.author)?;
    let id = header_id(console, &args.which)?;
    let answer = input::load(console, &args.answer, Kind::TransformedHeader, TransformedHeader::from_bytes)?;
    let about_answer = |failure: Failure| failure.in_file(&args.answer.display().to_string());
    if *answer.core_id() != id {
        let message =
            format!("the answer is for header {}, and {} was asked for", hex(answer.core_id()), hex(&id));
        return Err(about_answer(Failure::new(Code::NotOpened, message)));
    }
    let key = seed.retrieval_key().finish(&parameters, &answer, &id, args.context.as_bytes());
    let key = key.map_err(|error| {
        about_answer(Failure::from(error).hint("another seed, another context, or a proxy that lies"))
    })?;

    let source = record(console, args, &id)?;
    let file = source.name.clone();
    let about_file = |error: DecryptError| Failure::from(error).in_file_if_data(&file);
    let bar = progress::bar(console, source.len);
    let mut output = Output::create_plain(console, &args.out, args.overwrite.force)?;
    let mut reader =
        key.reader(ExpectedName::Any, bar.wrap_read(source)).map_err(|error| about_file(error.into()))?;
    check_name(&args.name, reader.name()).map_err(|failure| failure.in_file(&file))?;
    if !reader.is_signed() {
        // Before anything flows.
        demand_author(None, &authors).map_err(|failure| failure.in_file(&file))?;
    }
    let bytes = reader.copy_to(&mut output).map_err(|error| about_file(error.into()))?;
    let (name, author) = finished(reader.finish(), &key).map_err(about_file)?;
    demand_author(author, &authors).map_err(|failure| failure.in_file(&file))?;
    output.commit()?;
    bar.finish_and_clear();

    let mut report = Report::new("finish");
    report.file("file", &args.out, "");
    report.row("realm", parameters.realm());
    report.row("policy", answer.policy().map_or_else(|error| error.to_string(), |policy| policy.to_string()));
    report.row("header id", hex(&id));
    report.row("record id", name.id.to_string());
    report.row("version", name.version);
    report.signed_by(author);
    report.bytes("plaintext", bytes);
    Ok(report)
}

/// The record, behind its header if that is there, too.
fn record(console: &Console, args: &Finish, id: &[u8; 32]) -> Result<Source, Failure> {
    let mut source = Source::open(console, &args.record)?;
    if source.kind()? == Kind::Header {
        let header = Header::read_from(&mut source);
        let header = header.map_err(|error| Failure::from(error).in_file_if_data(&source.name))?;
        if header.core_id() != id {
            let message = "the file begins with another header than the one asked for";
            return Err(Failure::new(Code::NotSatisfied, message).in_file(&source.name));
        }
    }
    Ok(source)
}

/// The name of a record that was read to its end, and who has signed it.
fn finished<R>(
    finished: io::Result<hippocrypt::FinishedRecord<R>>,
    key: &ContentKey,
) -> Result<(hippocrypt::RecordName, Option<hippocrypt::AuthorId>), DecryptError> {
    let finished = finished?;
    let author = match finished.claim {
        None => None,
        Some(claim) => Some(claim.author(key.core_id(), &finished.name).ok_or(DecryptError::Signature)?),
    };
    Ok((finished.name, author))
}
