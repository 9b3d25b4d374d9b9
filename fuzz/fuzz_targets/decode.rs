//! Any bytes to every decoder: an error, or a value that encodes to the same bytes.
#![no_main]

use hippocrypt::{
    AttributeKey, AuthorId, AuthorKey, AuthorSignature, Header, Kind, MasterKey, Policy, PublicParameters, SignedSchema,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = Kind::of(bytes);
    macro_rules! public {
        ($($name:ident)*) => {$(
            if let Ok(value) = $name::from_bytes(bytes) {
                assert_eq!(value.to_bytes(), bytes);
            }
        )*};
    }
    macro_rules! secret {
        ($($name:ident)*) => {$(
            if let Ok(value) = $name::from_bytes(bytes) {
                assert_eq!(value.to_bytes().expose_secret(), bytes);
            }
        )*};
    }
    public!(PublicParameters Header SignedSchema AuthorId AuthorSignature);
    secret!(MasterKey AttributeKey AuthorKey);
    if let Ok(policy) = Policy::from_canonical_bytes(bytes, [0; 32]) {
        assert_eq!(policy.canonical_bytes(), bytes);
    }
});
