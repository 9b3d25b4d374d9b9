//! Any text to the parsers: an error or a policy that survives the round trip, never a panic.
#![no_main]

use hippocrypt::{AttributeSet, Policy, Schema};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let schema = Schema::parse("clearance: uint(8), shift-end: date, dose: uint(64)").unwrap();
    match Policy::parse(text, &schema) {
        Ok(policy) => {
            let shown = policy.to_string();
            let again = Policy::parse(&shown, &schema).expect("the display of a policy parses");
            assert_eq!(again, policy);
            let bytes = policy.canonical_bytes();
            let decoded =
                Policy::from_canonical_bytes(&bytes, *policy.schema_id()).expect("canonical bytes decode");
            assert_eq!(decoded, policy);
        }
        Err(error) => {
            assert!(error.position() <= text.len());
            let _ = error.to_string();
        }
    }
    if let Ok(set) = AttributeSet::parse(text, &schema) {
        assert_eq!(AttributeSet::parse(&set.to_string(), &schema).expect("the display of a set parses"), set);
    }
    if let Ok(declared) = Schema::parse(text) {
        assert_eq!(Schema::parse(&declared.to_string()).expect("the display of a schema parses"), declared);
    }
});
