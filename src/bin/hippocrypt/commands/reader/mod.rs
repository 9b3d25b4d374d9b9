//! A reader who keeps a seed, and lets a proxy do the pairings.

pub mod enrol;
pub mod finish;
pub mod request;

use std::path::Path;

use hippocrypt::{Header, Kind, TransformRequest};

use crate::args::reader::Which;
use crate::console::Console;
use crate::failure::{Code, Failure, origin};
use crate::input::Source;
use crate::report::unhex;

/// H(core) of the header that is meant.
fn header_id(console: &Console, which: &Which) -> Result<[u8; 32], Failure> {
    if let Some(id) = unhex(&which.of) {
        return Ok(id);
    }
    let mut source = Source::open(console, Path::new(&which.of)).map_err(|failure| {
        failure.hint("name a header by its id, 64 hexadecimal digits, or by a file that it begins")
    })?;
    match source.kind()? {
        Kind::TransformRequest => Ok(*source.object(TransformRequest::from_bytes)?.core_id()),
        Kind::Header => {
            let header = Header::read_from(&mut source);
            Ok(*header.map_err(|error| Failure::from(error).in_file_if_data(&source.name))?.core_id())
        }
        other => Err(Failure::new(Code::Malformed, format!("this is {other}, which names no header"))
            .hint(origin(Kind::Header))
            .in_file(&source.name)),
    }
}
