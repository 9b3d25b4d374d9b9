//! Tables for people, out of the rows that machines get.

use serde_json::Value;

use crate::report::grouped;

/// A table of these rows: for each column the field and the heading.
pub fn of(rows: &[Value], columns: &[(&str, &str)]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let cell = |row: &Value, field: &str| match row.get(field) {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let mut lines = vec![columns.iter().map(|(_, heading)| (*heading).to_owned()).collect::<Vec<_>>()];
    lines.extend(rows.iter().map(|row| columns.iter().map(|(field, _)| cell(row, field)).collect()));
    let width = |column: usize| {
        lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut text = String::new();
    for line in &lines {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// Longest bar, in characters.
const BAR: u64 = 40;

/// A bar for each number, with its name before and itself after.
pub fn bars(counts: &[(String, u64)]) -> String {
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let width = counts.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, count) in counts {
        // What is there is seen.
        let length = (u128::from(*count) * u128::from(BAR)).div_ceil(u128::from(most));
        let bar = "█".repeat(usize::try_from(length).unwrap_or(0));
        text.push_str(&format!("{name:width$}  {bar} {}\n", grouped(&count.to_string())));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_are_aligned_and_what_is_missing_is_a_dash() {
        let rows = [json!({ "a": "é", "b": 12 }), json!({ "a": "long", "b": null })];
        assert_eq!(of(&rows, &[("a", "x"), ("b", "y")]), "x     y\né     12\nlong  -\n");
        assert_eq!(of(&[], &[("a", "x")]), "");
    }

    #[test]
    fn bars_are_as_long_as_their_numbers() {
        let drawn = bars(&[("a".into(), 4000), ("bc".into(), 1), ("d".into(), 0)]);
        assert_eq!(drawn, format!("a   {} 4,000\nbc  █ 1\nd    0\n", "█".repeat(40)));
        assert_eq!(bars(&[]), "");
    }
}
