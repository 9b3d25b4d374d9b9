//! Bundles with any whitespace, order of members, escapes and text.

use hippocrypt::fhir::{Form, Import, Limits};
use proptest::prelude::*;

use super::round_trip;

fn blank() -> impl Strategy<Value = String> {
    "[ \t\r\n]{0,3}"
}

/// A JSON string of any text, some characters escaped.
fn string() -> impl Strategy<Value = String> {
    ("\\PC{0,8}", any::<u16>()).prop_map(|(text, pattern)| {
        let escape = |(at, char): (usize, char)| {
            if matches!(char, '"' | '\\') || (pattern >> (at % 16)) & 1 == 1 {
                let mut units = [0; 2];
                char.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect()
            } else {
                char.to_string()
            }
        };
        format!("\"{}\"", text.chars().enumerate().map(escape).collect::<String>())
    })
}

fn value() -> impl Strategy<Value = String> {
    let leaf =
        prop_oneof![string(), Just("-0.5e+7".to_owned()), Just("true".to_owned()), Just("null".to_owned())];
    leaf.prop_recursive(4, 16, 4, |inner| {
        let list = (prop::collection::vec(inner.clone(), 0..4), blank())
            .prop_map(|(values, blank)| format!("[{blank}{}{blank}]", values.join(&format!("{blank},"))));
        let object = (prop::collection::vec(inner, 0..4), blank()).prop_map(|(values, blank)| {
            let members: Vec<String> = values
                .iter()
                .enumerate()
                .map(|(n, value)| format!("\"m{n}\"{blank}:{blank}{value}"))
                .collect();
            format!("{{{blank}{}{blank}}}", members.join(","))
        });
        prop_oneof![list, object]
    })
}

/// A resource with its members in any order.
fn resource() -> impl Strategy<Value = String> {
    (any::<u32>(), value(), value(), blank(), 0..4_usize).prop_map(|(id, a, b, blank, turn)| {
        let mut members = [
            "\"resourceType\":\"Observation\"".to_owned(),
            format!("\"id\"{blank}:{blank}\"{id}\""),
            format!("\"code\":{a}"),
            format!("\"subject\":{b}"),
        ];
        members.rotate_left(turn);
        format!("{{{blank}{}{blank}}}", members.join(&format!("{blank},{blank}")))
    })
}

fn bundle() -> impl Strategy<Value = (String, Vec<String>)> {
    let entry = (resource(), value(), blank(), any::<bool>());
    (prop::collection::vec(entry, 0..5), value(), blank(), 0..3_usize).prop_map(
        |(entries, other, blank, turn)| {
            let texts: Vec<String> = entries
                .iter()
                .map(|(resource, other, blank, first)| match first {
                    true => {
                        format!("{{{blank}\"resource\"{blank}:{blank}{resource}{blank},\"other\":{other}}}")
                    }
                    false => format!("{{\"other\":{other},{blank}\"resource\":{resource}{blank}}}{blank}"),
                })
                .collect();
            let mut members = [
                "\"resourceType\":\"Bundle\"".to_owned(),
                format!("\"entry\"{blank}:{blank}[{blank}{}{blank}]", texts.join(",")),
                format!("\"other\":{other}"),
            ];
            members.rotate_left(turn);
            let text = format!("{blank}{{{blank}{}{blank}}}{blank}", members.join(","));
            (text, entries.into_iter().map(|(resource, ..)| resource).collect())
        },
    )
}

proptest! {
    #[test]
    fn bundles_come_apart_and_together((text, resources) in bundle()) {
        serde_json::from_str::<serde_json::Value>(&text).unwrap();
        let import = Import::read(text.as_bytes(), &Limits::default()).unwrap();
        prop_assert_eq!(import.form(), Form::Bundle);
        let found: Vec<&[u8]> = import.resources().iter().map(|resource| resource.bytes()).collect();
        prop_assert_eq!(found, resources.iter().map(String::as_bytes).collect::<Vec<_>>());
        prop_assert!(import.resources().iter().all(|resource| resource.kind() == "Observation"));
        prop_assert_eq!(round_trip(&import), text.as_bytes());
    }

    #[test]
    fn changed_bundles_are_refused_or_exact((text, _) in bundle(), at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = text.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(import) = Import::read(&bytes, &Limits::default()) {
            prop_assert_eq!(round_trip(&import), &bytes[..]);
            // Another reader understands it as well.
            prop_assert!(bytes.starts_with(b"\xef\xbb\xbf")
                || import.form() == Form::Ndjson
                || serde_json::from_slice::<&serde_json::value::RawValue>(&bytes).is_ok());
        }
    }
}
