//! A policy as a tree, with marks where attributes satisfy it.

use hippocrypt::{AttributeSet, Missing, Policy};

/// Draws `policy`, one part a line; given attributes, every part bears ✓ or ✗.
///
/// ```text
/// ✓ any of
/// ├─ ✗ all of
/// │  ├─ ✓ role:cardiologist
/// │  └─ ✗ clearance >= 3 [the key holds 1]
/// └─ ✓ patient:4711
/// ```
pub fn tree(policy: &Policy, attributes: Option<&AttributeSet>) -> String {
    let mut drawing = String::new();
    draw(policy, attributes, "", "", &mut drawing);
    drawing
}

fn draw(policy: &Policy, attributes: Option<&AttributeSet>, first: &str, rest: &str, drawing: &mut String) {
    let missing = attributes.map(|attributes| policy.missing(attributes));
    let mark = match &missing {
        None => "",
        Some(None) => "✓ ",
        Some(Some(_)) => "✗ ",
    };
    let (text, parts) = match policy.split() {
        Some((k, parts)) => (gate(k, parts.len()), parts),
        None => (leaf(policy, missing.flatten()), Vec::new()),
    };
    drawing.push_str(&format!("{first}{mark}{text}\n"));
    for (index, part) in parts.iter().enumerate() {
        let (branch, trunk) =
            if index + 1 == parts.len() { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        draw(part, attributes, &format!("{rest}{branch}"), &format!("{rest}{trunk}"), drawing);
    }
}

fn gate(k: usize, n: usize) -> String {
    match k {
        1 => "any of".to_owned(),
        k if k == n => "all of".to_owned(),
        k => format!("{k} of"),
    }
}

/// A leaf; where it is missing, with what the key holds instead.
fn leaf(policy: &Policy, missing: Option<Missing>) -> String {
    missing.map_or_else(|| policy.to_string(), |missing| missing.to_string())
}

/// The fewest leaves with which `attributes` satisfy `policy`, in its order.
pub fn satisfied_by(policy: &Policy, attributes: &AttributeSet) -> Option<Vec<String>> {
    let Some((k, parts)) = policy.split() else {
        return policy.is_satisfied_by(attributes).then(|| vec![policy.to_string()]);
    };
    let mut ways: Vec<(usize, Vec<String>)> = parts
        .iter()
        .enumerate()
        .filter_map(|(index, part)| Some((index, satisfied_by(part, attributes)?)))
        .collect();
    if ways.len() < k {
        return None;
    }
    ways.sort_by_key(|(_, leaves)| leaves.len());
    ways.truncate(k);
    ways.sort_by_key(|(index, _)| *index);
    let mut leaves = Vec::new();
    for leaf in ways.into_iter().flat_map(|(_, leaves)| leaves) {
        if !leaves.contains(&leaf) {
            leaves.push(leaf);
        }
    }
    Some(leaves)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hippocrypt::Schema;

    fn question() -> (Policy, AttributeSet) {
        let schema = Schema::parse("clearance: uint(4)").unwrap();
        let policy = Policy::parse("a and clearance >= 3 or 2 of (b, c, d) or b and c", &schema).unwrap();
        (policy, AttributeSet::parse("a, b, d, clearance = 1", &schema).unwrap())
    }

    #[test]
    fn a_tree_shows_every_part() {
        let (policy, attributes) = question();
        let expected = "\
✓ any of
├─ ✗ all of
│  ├─ ✓ a
│  └─ ✗ clearance >= 3 [the key holds 1]
├─ ✗ all of
│  ├─ ✓ b
│  └─ ✗ c
└─ ✓ 2 of
   ├─ ✓ b
   ├─ ✗ c
   └─ ✓ d
";
        assert_eq!(tree(&policy, Some(&attributes)), expected);
        let plain = expected.replace(['✓', '✗'], "").replace("─  ", "─ ").replace(" [the key holds 1]", "");
        assert_eq!(tree(&policy, None), plain.trim_start());
    }

    #[test]
    fn the_smallest_way_is_named() {
        let (policy, attributes) = question();
        assert_eq!(satisfied_by(&policy, &attributes), Some(vec!["b".to_owned(), "d".to_owned()]));
        assert_eq!(satisfied_by(&policy, &AttributeSet::new()), None);
    }
}
