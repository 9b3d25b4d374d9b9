//! Units in one spelling. `[TEXT-6.3]`
//!
//! UCUM distinguishes cases, and people do not write UCUM. What is meant without a doubt is written as UCUM writes it; the rest stays as it is.

use alloc::string::{String, ToString};

use unicode_normalization::UnicodeNormalization;

/// Whole units, in lower case, that are not made of parts as UCUM's are. Where UCUM has two for the same amount, one of them.
const WHOLE: &[(&str, &str)] = &[
    ("c", "Cel"),
    ("degc", "Cel"),
    ("celsius", "Cel"),
    ("°c", "Cel"),
    ("f", "[degF]"),
    ("degf", "[degF]"),
    ("fahrenheit", "[degF]"),
    ("°f", "[degF]"),
    ("bpm", "/min"),
    ("beats/min", "/min"),
    ("beats/minute", "/min"),
    ("breaths/min", "/min"),
    ("breaths/minute", "/min"),
    ("1/min", "/min"),
    ("percent", "%"),
    ("pct", "%"),
    ("mmhg", "mm[Hg]"),
    ("torr", "mm[Hg]"),
    ("cmh2o", "cm[H2O]"),
    ("inhg", "[in_i'Hg]"),
    ("kg/m^2", "kg/m2"),
    ("kg/m*2", "kg/m2"),
    ("k/ul", "10*3/uL"),
    ("10*9/l", "10*3/uL"),
    ("10*3/ul", "10*3/uL"),
    ("10*3/mm3", "10*3/uL"),
    ("tsd/ul", "10*3/uL"),
    ("thou/ul", "10*3/uL"),
    ("10*12/l", "10*6/uL"),
    ("10*6/ul", "10*6/uL"),
    ("10*6/mm3", "10*6/uL"),
    ("mio/ul", "10*6/uL"),
    ("1", ""),
];

/// Parts of a unit, in lower case: words and abbreviations that mean nothing else.
const PARTS: &[(&str, &str)] = &[
    ("mcg", "ug"),
    ("mcl", "uL"),
    ("mcmol", "umol"),
    ("gm", "g"),
    ("gms", "g"),
    ("gram", "g"),
    ("grams", "g"),
    ("kgs", "kg"),
    ("kilogram", "kg"),
    ("kilograms", "kg"),
    ("liter", "L"),
    ("litre", "L"),
    ("liters", "L"),
    ("litres", "L"),
    ("iu", "[IU]"),
    ("[iu]", "[IU]"),
    ("miu", "m[IU]"),
    ("m[iu]", "m[IU]"),
    ("uiu", "u[IU]"),
    ("u[iu]", "u[IU]"),
    ("kiu", "k[IU]"),
    ("k[iu]", "k[IU]"),
    ("eq", "eq"),
    ("meq", "meq"),
    ("mosm", "mosm"),
    ("mosmol", "mosm"),
    ("sec", "s"),
    ("secs", "s"),
    ("second", "s"),
    ("seconds", "s"),
    ("msec", "ms"),
    ("mins", "min"),
    ("minute", "min"),
    ("minutes", "min"),
    ("hr", "h"),
    ("hrs", "h"),
    ("hour", "h"),
    ("hours", "h"),
    ("day", "d"),
    ("days", "d"),
    ("week", "wk"),
    ("weeks", "wk"),
    ("month", "mo"),
    ("months", "mo"),
    ("yr", "a"),
    ("yrs", "a"),
    ("year", "a"),
    ("years", "a"),
    ("in", "[in_i]"),
    ("inch", "[in_i]"),
    ("inches", "[in_i]"),
    ("ft", "[ft_i]"),
    ("lb", "[lb_av]"),
    ("lbs", "[lb_av]"),
    ("pound", "[lb_av]"),
    ("pounds", "[lb_av]"),
    ("oz", "[oz_av]"),
];

/// A unit as UCUM writes it: `mg/dl` is `mg/dL`, `µg` is `ug`, `10^9/L` is `10*3/uL`; without spaces, and without what stands in braces, which says nothing about the amount.
pub(super) fn ucum(unit: &str) -> String {
    let visible = unit.chars().filter(|c| !c.is_ascii_whitespace());
    let mut text: String = if unit.is_ascii() { visible.collect() } else { visible.nfkc().collect() };
    text.retain(|c| c != ' ');
    if !text.is_ascii() {
        text = text.replace('\u{3bc}', "u").replace('\u{d7}', "x");
    }
    let text = without_braces(&text);
    let text = powers_of_ten(&text);
    if let Some(whole) = find(WHOLE, &text) {
        return whole.into();
    }
    let mut ucum = String::with_capacity(text.len());
    for part in text.split_inclusive(['/', '.']) {
        let (part, sign) = match part.strip_suffix(['/', '.']) {
            Some(before) => (before, part.get(before.len()..).unwrap_or_default()),
            None => (part, ""),
        };
        ucum.push_str(find(PARTS, part).unwrap_or(part));
        // A litre is `l` as well as `L`.
        if matches!(part, "l" | "dl" | "cl" | "ml" | "ul" | "nl" | "pl" | "fl") {
            ucum.pop();
            ucum.push('L');
        }
        ucum.push_str(sign);
    }
    find(WHOLE, &ucum).map_or(ucum, Into::into)
}

fn find(table: &[(&'static str, &'static str)], text: &str) -> Option<&'static str> {
    table.iter().find(|(written, _)| written.eq_ignore_ascii_case(text)).map(|(_, ucum)| *ucum)
}

/// `{beats}/min` is `/min`: what stands in braces is a remark.
fn without_braces(text: &str) -> String {
    let mut rest = text;
    let mut without = String::with_capacity(text.len());
    while let Some((before, (_, after))) =
        rest.split_once('{').and_then(|(before, inside)| Some((before, inside.split_once('}')?)))
    {
        without.push_str(before);
        rest = after;
    }
    without.push_str(rest);
    // `mL/min/{1.73_m2}` is per one of these.
    without.strip_suffix('/').map_or(without.clone(), ToString::to_string)
}

/// `10^3`, `x10^3`, `10E3`, `10e3` as `10*3`.
fn powers_of_ten(text: &str) -> String {
    let without = text.strip_prefix(['x', 'X']).filter(|rest| rest.starts_with("10")).unwrap_or(text);
    match without.strip_prefix("10").and_then(|rest| rest.strip_prefix(['^', 'E', 'e', '*'])) {
        Some(power) => alloc::format!("10*{}", power.trim_start_matches('*')),
        None => without.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant_is_written_as_ucum_writes_it() {
        for (written, expected) in [
            ("mmHg", "mm[Hg]"),
            ("mm[Hg]", "mm[Hg]"),
            ("mg/dl", "mg/dL"),
            ("mg / dL", "mg/dL"),
            ("l", "L"),
            ("\u{b5}g", "ug"),
            ("\u{3bc}mol/l", "umol/L"),
            ("mcg/kg", "ug/kg"),
            ("bpm", "/min"),
            ("{beats}/min", "/min"),
            ("/min{beats}", "/min"),
            ("percent", "%"),
            ("°C", "Cel"),
            ("℃", "Cel"),
            ("F", "[degF]"),
            ("kg/m²", "kg/m2"),
            ("mL/min/{1.73_m2}", "mL/min"),
            ("10^9/L", "10*3/uL"),
            ("x10E3/µL", "10*3/uL"),
            ("10*3/uL", "10*3/uL"),
            ("K/uL", "10*3/uL"),
            ("mIU/L", "m[IU]/L"),
            ("[iU]/L", "[IU]/L"),
            ("mEq/L", "meq/L"),
            ("{score}", ""),
            ("1", ""),
            ("", ""),
            // Mega and milli, molar and metre: cases count.
            ("Mg", "Mg"),
            ("m", "m"),
            ("U/L", "U/L"),
            ("{", "{"),
        ] {
            assert_eq!(ucum(written), expected, "{written}");
            assert_eq!(ucum(expected), expected, "{written}");
        }
    }
}
