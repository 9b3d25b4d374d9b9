//! What a caller holds: parameters, keys, headers, signatures, and their encodings. `[ABE-5]`

mod author;
mod header;
mod key;
mod parameters;
mod schema;

pub use author::{AuthorId, AuthorKey, AuthorSignature};
#[cfg(feature = "std")]
pub(crate) use header::FIXED_BYTES;
pub use header::{Header, HeaderError};
pub use key::AttributeKey;
pub use parameters::{MasterKey, PublicParameters, setup};
pub use schema::SignedSchema;

/// Prints 32 public bytes, the usual size of an identity, in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> alloc::string::String {
    use core::fmt::Write;
    let mut text = alloc::string::String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
