//! The shape of the source tree: who may use whom, and that specification and code name the same
//! anchors.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What each top-level module may use. An edge that is not here fails the test.
const MAY_USE: [(&str, &[&str]); 19] = [
    ("codec", &["error", "secret"]),
    ("error", &["codec"]), // the kind of object that a decoding error names
    ("secret", &[]),
    ("hash", &["secret"]),
    ("merkle", &[]),
    ("sign", &["codec", "hash", "secret"]),
    ("dyadic", &[]),
    ("math", &["hash", "secret"]),
    ("testing", &["secret"]),
    ("policy", &["codec", "dyadic", "error", "hash", "math", "secret"]),
    ("epoch", &["codec", "dyadic", "error", "policy"]),
    ("abe", &["codec", "epoch", "error", "hash", "math", "merkle", "policy", "secret", "sign"]),
    (
        "revoke",
        &[
            "abe",
            "codec",
            "dyadic",
            "epoch",
            "error",
            "hash",
            "math",
            "outsource",
            "policy",
            "secret",
            "sign",
        ],
    ),
    ("store", &["codec"]),
    ("search", &["codec", "error", "hash", "math", "merkle", "secret", "sign", "store"]),
    ("ledger", &["codec", "error", "hash", "merkle", "secret", "sign", "store"]),
    (
        "phr",
        &[
            "abe",
            "codec",
            "epoch",
            "error",
            "hash",
            "ledger",
            "outsource",
            "policy",
            "revoke",
            "search",
            "secret",
            "sign",
            "store",
        ],
    ),
    ("fhir", &["abe", "codec", "error", "phr", "search"]),
    ("outsource", &["abe", "codec", "epoch", "error", "hash", "math", "policy", "secret", "sign"]),
];

fn source_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            source_files(&path, files);
        } else {
            files.push(path);
        }
    }
}

fn all_sources() -> Vec<PathBuf> {
    let mut files = Vec::new();
    source_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    files.sort();
    files
}

/// The top-level module that a file of the library belongs to; `None` for lib.rs and the program.
fn module_of(path: &Path) -> Option<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let first = path.strip_prefix(source).unwrap().iter().next()?.to_str()?.to_owned();
    let name = first.trim_end_matches(".rs").to_owned();
    (!matches!(name.as_str(), "lib" | "bin" | "SPEC.md")).then_some(name)
}

/// Every `name` of a `crate::name` in the code of a file (comments left out).
fn uses(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for (at, _) in line.match_indices("crate::") {
            // The tail of another name (`$crate`, `my_crate::`) is not ours.
            let before = line[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
                continue;
            }
            let rest = &line[at + "crate::".len()..];
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            assert!(!rest.starts_with('{'), "write one `use crate::module` a line: {line}");
            if name.chars().next().is_some_and(char::is_lowercase) {
                found.insert(name);
            }
        }
    }
    found
}

#[test]
fn modules_use_lower_layers_only() {
    let may_use: BTreeMap<_, _> = MAY_USE.into_iter().collect();
    let mut seen = BTreeSet::new();
    for path in all_sources() {
        let Some(module) = module_of(&path) else { continue };
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let allowed = may_use.get(module.as_str()).unwrap_or_else(|| {
            panic!("{} is in no layer: give `{module}` its place in MAY_USE", path.display())
        });
        seen.insert(module.clone());
        for used in uses(&fs::read_to_string(&path).unwrap()) {
            // `testing` exists in tests alone.
            let fine =
                used == module || used == "spec" || used == "testing" || allowed.contains(&used.as_str());
            assert!(fine, "{}: `{module}` may not use `{used}`", path.display());
        }
    }
    let known: BTreeSet<String> = may_use.keys().map(|name| (*name).to_owned()).collect();
    assert_eq!(seen, known, "MAY_USE names modules that do not exist");
}

#[test]
fn the_reader_of_use_lines_sees_what_it_should() {
    let text = "use crate::math::G1;\n// use crate::phr::X;\nlet x = crate::sign::f(); $crate::no::x";
    assert_eq!(uses(text).into_iter().collect::<Vec<_>>(), ["math", "sign"]);
}

/// Anchors such as `[ABE-3.2]` in a text.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for piece in text.split('[').skip(1) {
        let Some((inside, _)) = piece.split_once(']') else { continue };
        let Some((area, number)) = inside.split_once('-') else { continue };
        let area_fits = area.len() >= 3 && area.chars().all(|c| c.is_ascii_uppercase());
        let number_fits = number.split('.').all(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()));
        if area_fits && number_fits {
            found.insert(inside.to_owned());
        }
    }
    found
}

#[test]
fn specification_and_code_name_the_same_anchors() {
    let (mut specified, mut implemented) = (BTreeSet::new(), BTreeSet::new());
    for path in all_sources() {
        let text = fs::read_to_string(&path).unwrap();
        match path.extension().and_then(|extension| extension.to_str()) {
            // An anchor is defined by a heading; elsewhere in the text it is a reference.
            Some("md") => {
                for heading in text.lines().filter(|line| line.starts_with('#')) {
                    specified.extend(anchors(heading));
                }
            }
            Some("rs") => implemented.extend(anchors(&text)),
            _ => {}
        }
    }
    let only_code: Vec<_> = implemented.difference(&specified).collect();
    let only_text: Vec<_> = specified.difference(&implemented).collect();
    assert!(only_code.is_empty(), "anchors in the code that no SPEC.md defines: {only_code:?}");
    assert!(only_text.is_empty(), "anchors of a SPEC.md that no code bears: {only_text:?}");
    assert!(specified.len() > 20);
}

#[test]
fn references_between_specifications_lead_somewhere() {
    let texts: Vec<(PathBuf, String)> = all_sources()
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
        .collect();
    let defined: BTreeSet<String> = texts
        .iter()
        .flat_map(|(_, text)| text.lines().filter(|line| line.starts_with('#')).flat_map(anchors))
        .collect();
    for (path, text) in &texts {
        for anchor in anchors(text) {
            assert!(defined.contains(&anchor), "{}: [{anchor}] is defined nowhere", path.display());
        }
    }
}

#[test]
fn unsafe_code_stands_in_one_file() {
    for path in all_sources() {
        if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("math/fast.rs") {
            let text = fs::read_to_string(&path).unwrap();
            assert!(!text.contains("allow(unsafe_code)"), "{}", path.display());
        }
    }
}

/// What the proxy runs handles nothing secret: its file names no type of a secret.
#[test]
fn the_proxy_names_no_secret() {
    for file in [
        "outsource/proxy.rs",
        "outsource/proxy_key.rs",
        "outsource/stored.rs",
        "revoke/grant.rs",
        "revoke/proxy.rs",
        "revoke/requests.rs",
        "revoke/serve.rs",
        "revoke/state.rs",
        "revoke/tokens.rs",
    ] {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file)).unwrap();
        assert_eq!(secrets_named_in(&text), Vec::<String>::new(), "{file}");
        let twin = text + "use super::reader::RetrievalKey; fn f(_: Secret<u8>) {}";
        assert_eq!(secrets_named_in(&twin), ["Secret", "RetrievalKey"]);
    }
}

/// Nor do the files of the cloud, every one of them.
#[test]
fn the_cloud_names_no_secret() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/phr/cloud");
    let mut files = Vec::new();
    source_files(&folder, &mut files);
    assert!(files.len() >= 9);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(secrets_named_in(&text), Vec::<String>::new(), "{}", file.display());
        assert!(
            text.contains("//! Nothing in th") || file.ends_with("error.rs") || file.ends_with("limits.rs")
        );
    }
    let writer = fs::read_to_string(folder.join("../writer.rs")).unwrap();
    assert_eq!(secrets_named_in(&writer), ["AuthorKey", "ContentKey"]);
}

/// What embedders see of the roles: a new name is a decision.
#[test]
fn the_roles_have_these_names_and_no_others() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/phr/mod.rs");
    let text = fs::read_to_string(path).unwrap();
    let names = names_used_in(&text);
    let expected = "AccessRules Asked Attachment Authority Cloud CloudError Consent Credential Description Findings \
                    Limits Listed MAX_INLINE_BYTES Opened Owner PatientHandle ReadError Reader Realm Record \
                    RecordCategory RoleError RoleKey SecurityLabel Stats Writer";
    assert_eq!(names, expected.split_whitespace().collect::<Vec<_>>());
    assert!(names.iter().filter(|name| **name != "MAX_INLINE_BYTES").count() <= 25);
    assert_eq!(
        text.lines().filter(|line| line.starts_with("pub mod")).collect::<Vec<_>>(),
        ["pub mod audit;", "pub mod grant;", "pub mod index;", "pub mod deployment {}"]
    );
    let grant =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/phr/grant/mod.rs")).unwrap();
    assert_eq!(
        names_used_in(&grant),
        ["LaterEpoch", "LaterEpochError", "ObserveError", "Revocation", "Revocations", "SeedHeader"]
    );
}

/// Every name that a file makes public by `pub use`, sorted.
fn names_used_in(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("pub use ")) {
        let (_, imported) = line.trim_end_matches(';').rsplit_once("::").unwrap();
        names.extend(imported.trim_matches(['{', '}']).split(',').map(str::trim));
    }
    names.sort_unstable();
    names
}

/// Nor does the cloud of the example, which is the model for those who embed the library.
#[test]
fn the_cloud_of_the_example_names_no_secret() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/clinic");
    for file in ["cloud.rs", "gate.rs", "wire.rs", "folder.rs"] {
        let text = fs::read_to_string(folder.join(file)).unwrap();
        assert_eq!(secrets_named_in(&text), Vec::<String>::new(), "{file}");
    }
    let keeper = fs::read_to_string(folder.join("seal_keeper.rs")).unwrap();
    assert_eq!(secrets_named_in(&keeper), ["SealKey"]);
    let phone = fs::read_to_string(folder.join("phone.rs")).unwrap();
    assert_eq!(secrets_named_in(&phone), ["RoleKey"]);
}

fn secrets_named_in(text: &str) -> Vec<String> {
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let words: BTreeSet<&str> = code.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let secret = [
        "Secret",
        "SecretKey",
        "SecretBytes",
        "MasterKey",
        "AttributeKey",
        "AuthorKey",
        "ContentKey",
        "ReaderSeed",
        "RetrievalKey",
        "RequestKey",
        "RoleKey",
        "SealKey",
        "SigningKey",
    ];
    secret.into_iter().filter(|name| words.contains(name)).map(str::to_owned).collect()
}
