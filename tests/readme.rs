//! The six lines at the top of the README and of the documentation are the same, and the README tells the
//! truth about commands and features.

use std::fs;

fn read(name: &str) -> String {
    fs::read_to_string(format!("{}/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The code of the first block that begins with `fence`, without what rustdoc hides.
fn first_block(text: &str, fence: &str) -> Vec<String> {
    let (_, rest) = text.split_once(&format!("{fence}\n")).unwrap();
    let (block, _) = rest.split_once("```").unwrap();
    let shown =
        block.lines().map(|line| line.trim_start_matches("//!").trim()).filter(|line| !line.starts_with('#'));
    shown.map(str::to_owned).filter(|line| !line.is_empty()).collect()
}

#[test]
fn the_first_example_is_the_tested_one() {
    let readme = first_block(&read("README.md"), "```rust");
    let documentation = first_block(&read("src/lib.rs"), "//! ```");
    assert_eq!(readme, documentation);
    // Six lines besides the imports and the assertion's own.
    assert_eq!(readme.iter().filter(|line| !line.starts_with("use ")).count(), 6);
}

#[test]
fn every_feature_is_in_both_tables() {
    let manifest = read("Cargo.toml");
    let (_, features) = manifest.split_once("[features]\n").unwrap();
    let (features, _) = features.split_once("\n[").unwrap();
    let names = features.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name);
    for name in names.filter(|name| !name.starts_with('#') && *name != "default") {
        for file in ["README.md", "src/lib.rs"] {
            assert!(read(file).contains(&format!("| `{name}` |")), "{file} says nothing of `{name}`");
        }
    }
}

#[test]
fn ci_calls_the_commands_of_the_readme() {
    let (readme, ci) = (read("README.md"), read(".ci/run"));
    for command in ["cargo run --release --features redb,fhir --example clinic", "cargo test --all-features"]
    {
        assert!(readme.contains(command) && ci.contains(command), "{command}");
    }
}
