//! `transform`: the answer to a reader's request.

use std::io::Write;

use hippocrypt::{Kind, RequestError, ServeError, TransformRequest};

use super::open;
use crate::args::proxy::Transform;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input::{self, Source};
use crate::output::{Access, Output};
use crate::report::{Report, hex};
use crate::store::headers::FileHeaders;

pub fn run(console: &Console, args: &Transform) -> Result<Report, Failure> {
    let request = input::load(console, &args.input, Kind::TransformRequest, TransformRequest::from_bytes)?;
    let now = console.now();
    let mut opened = open(console, &args.folder.proxy)?;
    let store = FileHeaders::of(opened.folder());
    let id = hex(request.core_id());
    let header = store.find(request.core_id())?.ok_or_else(|| {
        Failure::new(Code::Refused, format!("the store has no header {id}"))
            .hint("`hippocrypt proxy add` stores it")
    })?;
    let mut output = Output::create(console, &args.out, Access::Everybody, args.overwrite.force)?;
    let record = args.record.as_deref().map(|path| {
        let source = Source::open(console, &store.record(request.core_id()))?;
        Ok::<_, Failure>((source, Output::create(console, path, Access::Everybody, args.overwrite.force)?))
    });
    let record = record.transpose()?;

    let keys = opened.keys_of(request.user())?;
    let served = opened.proxy.serve(&request, &keys, &header, now);
    // Noted before it is answered; a request is admitted before its header is transformed, whatever comes of that.
    if matches!(served, Ok(_) | Err(RequestError::Serve(ServeError::Transform(_)))) {
        opened.requests.note(&request, now)?;
    }
    let transformed = served.map_err(|error| match &error {
        RequestError::Duty(duty) => opened.explain(error.clone(), Some(duty)),
        _ => error.into(),
    })?;
    output.write_all(&transformed.to_bytes())?;
    let mut report = Report::new("transform");
    report.row("user", request.user().as_str());
    report.row("header id", id);
    report.row(
        "policy",
        transformed.policy().map_or_else(|error| error.to_string(), |policy| policy.to_string()),
    );
    if let Some((mut source, mut output)) = record {
        std::io::copy(&mut source, &mut output)?;
        output.commit()?;
    }
    output.commit()?;
    report.file("answer", &args.out, "for this reader: of no use to anybody else");
    if let Some(path) = &args.record {
        report.file("record", path, "");
    }
    Ok(report)
}
