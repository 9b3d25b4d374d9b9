//! Results: amounts with units, answers, flags; and which kind of record a resource is.

use serde_json::Value;

use crate::plain::{at, codings};

/// All numbers between two, which are in it or not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    pub low: (f64, bool),
    pub high: (f64, bool),
}

impl Interval {
    pub fn of(operator: &str, number: f64) -> Self {
        let all = Self { low: (f64::NEG_INFINITY, false), high: (f64::INFINITY, false) };
        match operator {
            "<" => Self { high: (number, false), ..all },
            "<=" => Self { high: (number, true), ..all },
            ">" => Self { low: (number, false), ..all },
            ">=" => Self { low: (number, true), ..all },
            _ => Self { low: (number, true), high: (number, true) },
        }
    }

    /// Whether a number is in both.
    pub fn touches(self, other: Self) -> bool {
        let low = if self.low.0 > other.low.0 { self.low } else { other.low };
        let high = if self.high.0 < other.high.0 { self.high } else { other.high };
        let both = |at: f64| [self, other].iter().all(|interval| interval.has(at));
        low.0 < high.0 || low.0 == high.0 && both(low.0)
    }

    fn has(self, number: f64) -> bool {
        (self.low.0 < number || self.low == (number, true))
            && (number < self.high.0 || self.high == (number, true))
    }
}

/// What was measured, or answered, under codes.
#[derive(Debug, Default)]
pub struct Measured {
    pub codes: Vec<String>,
    pub amount: Option<(Interval, String)>,
    pub answers: Vec<String>,
    pub flag: Option<&'static str>,
}

/// The results of a record and of its components: one of each flag.
pub fn measured(kind: &str, record: &Value) -> Vec<Measured> {
    if kind != "Observation" {
        return Vec::new();
    }
    [record].into_iter().chain(at(record, "component")).flat_map(result).collect()
}

fn result(part: &Value) -> Vec<Measured> {
    let code = |(_, code): (String, String)| code;
    let codes_at = |path| -> Vec<String> {
        at(part, path).into_iter().filter(|value| value.is_object()).flat_map(codings).map(code).collect()
    };
    let codes = codes_at("code");
    let quantity = &part["valueQuantity"];
    let amount = quantity["value"].as_f64().map(|number| {
        (Interval::of(quantity["comparator"].as_str().unwrap_or_default(), number), unit(quantity))
    });
    let integer = || part["valueInteger"].as_f64().map(|number| (Interval::of("", number), String::new()));
    let range = || {
        let (low, high) = (&part["valueRange"]["low"], &part["valueRange"]["high"]);
        let any = low["value"].as_f64().or(high["value"].as_f64());
        any.map(|_| {
            let low_at = low["value"].as_f64().map_or((f64::NEG_INFINITY, false), |number| (number, true));
            let high_at = high["value"].as_f64().map_or((f64::INFINITY, false), |number| (number, true));
            (Interval { low: low_at, high: high_at }, unit(if low.is_object() { low } else { high }))
        })
    };
    let amount = amount.or_else(integer).or_else(range);
    let mut flags: Vec<_> =
        codes_at("interpretation").iter().filter_map(|code| interpreted(code)).map(Some).collect();
    if flags.is_empty() {
        flags.push(amount.as_ref().filter(|_| part["interpretation"].is_null()).and_then(|_| in_range(part)));
    }
    let all = flags.into_iter().map(|flag| Measured { codes: codes.clone(), flag, ..Measured::default() });
    let mut all: Vec<_> = all.collect();
    all[0].amount = amount;
    all[0].answers = codes_at("valueCodeableConcept");
    all
}

fn unit(quantity: &Value) -> String {
    spelled(quantity["code"].as_str().or(quantity["unit"].as_str()).unwrap_or_default())
}

/// A unit without what stands in braces, and in UCUM's spelling, as far as it occurs here: the same amount, the same unit.
pub fn spelled(unit: &str) -> String {
    let braces = unit.find('{').zip(unit.find('}'));
    let bare = braces.map_or(unit.into(), |(from, to)| [&unit[..from], &unit[to + 1..]].concat());
    match bare.trim() {
        "10*9/L" | "10^9/L" => "10*3/uL".into(),
        "10*12/L" => "10*6/uL".into(),
        "mmHg" => "mm[Hg]".into(),
        "g/dl" => "g/dL".into(),
        other => other.into(),
    }
}

fn interpreted(code: &str) -> Option<&'static str> {
    Some(match code {
        "H" | "HH" | "HU" => "high",
        "L" | "LL" | "LU" => "low",
        "N" => "normal",
        "A" | "AA" => "abnormal",
        _ => return None,
    })
}

/// How the quantity stands to the first reference range.
fn in_range(part: &Value) -> Option<&'static str> {
    let (quantity, range) = (&part["valueQuantity"], &part["referenceRange"][0]);
    let comparator = quantity["comparator"].as_str().unwrap_or_default();
    let amount = Interval::of(comparator, quantity["value"].as_f64()?);
    let bound = |name: &str| -> Result<Option<f64>, ()> {
        let bound = &range[name];
        let agrees = unit(bound).is_empty()
            || unit(bound) == unit(quantity)
            || (bound["code"].is_null() && bound["unit"] == quantity["unit"]);
        if agrees { Ok(bound["value"].as_f64()) } else { Err(()) }
    };
    let (low, high) = (bound("low").ok()?, bound("high").ok()?);
    if low.is_none() && high.is_none() {
        return None;
    }
    let above = high.map(|high| !amount.touches(Interval::of("<=", high)));
    let below = low.map(|low| !amount.touches(Interval::of(">=", low)));
    match (above, below) {
        (Some(true), _) => Some("high"),
        (_, Some(true)) => Some("low"),
        _ => {
            // What is known in part may be within or not.
            let may_be_high = high.is_some_and(|high| amount.touches(Interval::of(">", high)));
            let may_be_low = low.is_some_and(|low| amount.touches(Interval::of("<", low)));
            (!may_be_high && !may_be_low).then_some("normal")
        }
    }
}

/// The kind of record, for the types that are in the data; of observations and reports by their category.
pub fn category(kind: &str, record: &Value) -> Option<&'static str> {
    let of_codes = |table: &[(&str, &'static str)]| {
        let codes = at(record, "category").into_iter().flat_map(codings);
        codes
            .into_iter()
            .find_map(|(_, code)| table.iter().find(|(of, _)| *of == code).map(|(_, name)| *name))
    };
    Some(match kind {
        "Patient" | "Encounter" | "CarePlan" | "CareTeam" | "Goal" => "history",
        "Condition" => "condition",
        "Specimen" => "lab-result",
        "ImagingStudy" => "imaging",
        "Medication" | "MedicationRequest" => "medication",
        "Procedure" | "ServiceRequest" => "procedure",
        "Immunization" => "immunization",
        "AllergyIntolerance" => "allergy",
        "DocumentReference" | "Composition" => "note",
        "Consent" => "consent",
        "Observation" => of_codes(&[
            ("laboratory", "lab-result"),
            ("vital-signs", "vital-sign"),
            ("vital-sign", "vital-sign"),
            ("imaging", "imaging"),
            ("procedure", "procedure"),
            ("therapy", "procedure"),
            ("social-history", "history"),
            ("survey", "history"),
            ("exam", "history"),
            ("activity", "history"),
        ])?,
        "DiagnosticReport" => of_codes(&[
            ("LAB", "lab-result"),
            ("HM", "lab-result"),
            ("MB", "lab-result"),
            ("RAD", "imaging"),
            ("LP29684-5", "imaging"),
        ])
        .unwrap_or("note"),
        _ => return None,
    })
}
