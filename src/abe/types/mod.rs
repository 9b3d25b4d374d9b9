//! What a caller holds: parameters, keys, headers, signatures, and their encodings. `[ABE-5]`

mod author;
mod encryptor;
mod header;
mod key;
mod parameters;
mod schema;

pub use author::{AuthorId, AuthorKey, AuthorSignature};
pub use encryptor::{CurrentEpoch, Encryptor};
#[cfg(feature = "std")]
pub(crate) use header::FIXED_BYTES;
pub(crate) use header::decode_g2;
pub use header::{Header, HeaderError};
pub use key::AttributeKey;
pub(crate) use key::{decode_elements, decode_g1};
pub use parameters::{MasterKey, PublicParameters, setup, setup_with_epochs};
pub use schema::SignedSchema;
