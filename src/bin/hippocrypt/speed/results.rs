//! The results of a run: rows, and how they are stored as JSON and CSV.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value, json};

use super::machine::Machine;
use super::statistics::significant;
use super::workload::grid::{Cell, size};

/// Of the JSON form; one more whenever a reader of the old form would misread the new one.
pub const SCHEMA_VERSION: u64 = 1;

/// Digits of a figure that are stored; no measurement has more.
const DIGITS: usize = 5;

/// What a row is about: a cell of the grid, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub op: String,
    pub shape: Option<String>,
    pub n: Option<u64>,
    pub temp: Option<String>,
    pub payload: Option<u64>,
    pub parameters: BTreeMap<String, String>,
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub place: Place,
    /// The median of the samples in microseconds.
    pub median_us: f64,
    /// The distance of their quartiles in percent of the median.
    pub spread: f64,
    /// The median of the ratios of each sample to the pairings measured beside it.
    pub pairings: f64,
    /// Bytes of what the operation makes or reads.
    pub bytes: u64,
    /// Payload bytes in a microsecond, for operations on payloads alone.
    pub mb_per_s: Option<f64>,
    /// That rate as a fraction of the bare cipher's in place, at the same payload and chunk size.
    pub of_aead: Option<f64>,
    /// The same where the bare cipher's data go the same way (`aead-copy`).
    pub of_copy: Option<f64>,
}

/// All of it.
#[derive(Debug)]
pub struct Results {
    pub machine: Machine,
    /// The median of all pairings that were measured, in microseconds.
    pub pairing_us: f64,
    pub options: Value,
    pub rows: Vec<Row>,
}

impl Place {
    pub fn of(cell: &Cell) -> Self {
        let setting = cell.setting.iter();
        Self {
            op: cell.op.name.to_owned(),
            shape: cell.shape_and_n().map(|(shape, _)| shape.name().to_owned()),
            n: cell.shape_and_n().map(|(_, n)| n as u64),
            temp: cell.temp().map(|temp| temp.name().to_owned()),
            payload: cell.payload().map(|payload| payload as u64),
            parameters: setting.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        }
    }

    /// `chunk=64KiB`, separated by spaces.
    pub fn parameters_text(&self) -> String {
        let pairs = self.parameters.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join(" ")
    }

    pub fn to_json(&self) -> Map<String, Value> {
        let mut object = Map::new();
        object.insert("op".into(), json!(self.op));
        object.insert("shape".into(), json!(self.shape));
        object.insert("n".into(), json!(self.n));
        object.insert("temp".into(), json!(self.temp));
        object.insert("payload".into(), json!(self.payload));
        object.insert("parameters".into(), json!(self.parameters));
        object
    }

    fn from_json(row: &Value) -> Option<Self> {
        let text = |name: &str| optional(row, name, |value| value.as_str().map(str::to_owned));
        let number = |name: &str| optional(row, name, Value::as_u64);
        let parameters = row.get("parameters")?.as_object()?.iter();
        Some(Self {
            op: text("op")??,
            shape: text("shape")?,
            n: number("n")?,
            temp: text("temp")?,
            payload: number("payload")?,
            parameters: parameters
                .map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
                .collect::<Option<_>>()?,
        })
    }
}

/// `encrypt/and/100/cold/32B/chunk=64KiB`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.op)?;
        let n = self.n.map(|n| n.to_string());
        let payload = self.payload.map(size);
        for part in [&self.shape, &n, &self.temp, &payload].into_iter().flatten() {
            write!(f, "/{part}")?;
        }
        self.parameters.iter().try_for_each(|(name, value)| write!(f, "/{name}={value}"))
    }
}

impl Row {
    fn to_json(&self, backend: &str) -> Value {
        let figure = |value| json!(significant(value, DIGITS));
        let mut row = self.place.to_json();
        row.insert("backend".into(), json!(backend));
        row.insert("median_us".into(), figure(self.median_us));
        row.insert("spread".into(), json!(significant(self.spread, 3)));
        row.insert("pairings".into(), figure(self.pairings));
        row.insert("bytes".into(), json!(self.bytes));
        row.insert("mb_per_s".into(), self.mb_per_s.map_or(Value::Null, figure));
        row.insert("of_aead".into(), self.of_aead.map_or(Value::Null, figure));
        row.insert("of_copy".into(), self.of_copy.map_or(Value::Null, figure));
        Value::Object(row)
    }

    fn from_json(row: &Value) -> Option<Self> {
        let number = |name: &str| optional(row, name, Value::as_f64);
        let positive = |name: &str| number(name)?.filter(|value| *value > 0.0);
        Some(Self {
            place: Place::from_json(row)?,
            median_us: positive("median_us")?,
            spread: number("spread")??,
            pairings: positive("pairings")?,
            bytes: row.get("bytes")?.as_u64()?,
            mb_per_s: number("mb_per_s")?,
            of_aead: number("of_aead")?,
            // Results that are older do not have it.
            of_copy: number("of_copy").flatten(),
        })
    }
}

/// `Some(None)` for null, `None` for what is missing or of another type.
fn optional<T>(row: &Value, name: &str, read: impl FnOnce(&Value) -> Option<T>) -> Option<Option<T>> {
    match row.get(name)? {
        Value::Null => Some(None),
        value => read(value).map(Some),
    }
}

impl Results {
    /// Names and values of the JSON object.
    pub fn fields(&self) -> Vec<(&'static str, Value)> {
        let rows: Value = self.rows.iter().map(|row| row.to_json(&self.machine.backend)).collect();
        let mut fields = vec![("schema_version", json!(SCHEMA_VERSION))];
        fields.extend(self.machine.fields().map(|(name, value)| (name, json!(value))));
        fields.push(("pairing_us", json!(significant(self.pairing_us, DIGITS))));
        fields.push(("options", self.options.clone()));
        fields.push(("rows", rows));
        fields
    }

    /// Reads what was stored.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
        let version = value.get("schema_version").and_then(Value::as_u64);
        if version != Some(SCHEMA_VERSION) {
            return Err(match version {
                Some(version) => {
                    format!("results of form {version}; this version reads form {SCHEMA_VERSION}")
                }
                None => "JSON, but no results of `hippocrypt speed --format json`".to_owned(),
            });
        }
        let machine = Machine::from_json(&value).ok_or("it does not say where it was measured")?;
        let pairing_us = value.get("pairing_us").and_then(Value::as_f64).ok_or("it has no pairing")?;
        let rows = value.get("rows").and_then(Value::as_array).ok_or("it has no rows")?;
        let rows: Vec<Row> = (1..)
            .zip(rows)
            .map(|(number, row)| Row::from_json(row).ok_or_else(|| format!("row {number} is malformed")))
            .collect::<Result<_, _>>()?;
        let options = value.get("options").cloned().unwrap_or_default();
        Ok(Self { machine, pairing_us, options, rows })
    }

    /// One line for each row, below a line of names.
    pub fn to_csv(&self) -> String {
        let names = "op,backend,shape,n,temp,payload,median_us,spread,pairings,bytes,mb_per_s,of_aead,of_copy,parameters,cpu,version\n";
        let mut csv = names.to_owned();
        for row in &self.rows {
            let Row { place, median_us, spread, pairings, bytes, mb_per_s, of_aead, of_copy } = row;
            let figure = |value: f64| significant(value, DIGITS).to_string();
            let fields = [
                place.op.clone(),
                self.machine.backend.clone(),
                or_empty(place.shape.as_ref()),
                or_empty(place.n),
                or_empty(place.temp.as_ref()),
                or_empty(place.payload),
                figure(*median_us),
                significant(*spread, 3).to_string(),
                figure(*pairings),
                bytes.to_string(),
                or_empty(mb_per_s.map(figure)),
                or_empty(of_aead.map(figure)),
                or_empty(of_copy.map(figure)),
                place.parameters_text(),
                self.machine.cpu.clone(),
                self.machine.version.clone(),
            ];
            csv.push_str(&fields.map(|field| quoted(&field)).join(","));
            csv.push('\n');
        }
        csv
    }
}

/// The text of a value; an empty one for none.
pub fn or_empty(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// A field of CSV (RFC 4180).
pub fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Results of one operation over sizes, with these medians.
    pub fn results(rows: &[(&str, u64, f64)]) -> Results {
        let row = |(op, n, median_us): &(&str, u64, f64)| Row {
            place: Place {
                op: (*op).to_owned(),
                shape: Some("and".to_owned()),
                n: Some(*n),
                temp: Some("cold".to_owned()),
                payload: None,
                parameters: BTreeMap::new(),
            },
            median_us: *median_us,
            spread: 1.5,
            pairings: *median_us / 600.0,
            bytes: 32,
            mb_per_s: None,
            of_aead: None,
            of_copy: None,
        };
        Results {
            machine: Machine::here(),
            pairing_us: 600.0,
            options: Value::Null,
            rows: rows.iter().map(row).collect(),
        }
    }

    fn stored(results: &Results) -> String {
        let fields = results.fields().into_iter().map(|(name, value)| (name.to_owned(), value));
        Value::Object(fields.collect()).to_string()
    }

    #[test]
    fn results_are_read_back() {
        let mut results = results(&[("keygen", 1, 600.0), ("keygen", 10, 1800.0)]);
        results.rows[0].place.parameters.insert("depth".into(), "8".into());
        results.rows[0].place.payload = Some(64);
        results.rows[0].mb_per_s = Some(12.5);
        let read = Results::from_json(&stored(&results)).unwrap();
        assert_eq!((read.rows, read.machine), (results.rows, results.machine));
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said() {
        let text = stored(&results(&[("keygen", 1, 600.0)]));
        for (from, to, reason) in [
            ("{", "", "not JSON"),
            ("\"schema_version\":1", "\"schema_version\":2", "form 2"),
            ("\"schema_version\"", "\"x\"", "no results"),
            ("\"median_us\":600.0", "\"median_us\":0", "row 1"),
            ("\"median_us\":600.0", "\"median_us\":\"600\"", "row 1"),
            (",\"temp\":\"cold\"", "", "row 1"),
            ("\"cpu\"", "\"gpu\"", "where"),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text, "{from}");
            let error = Results::from_json(&changed).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn fields_with_commas_are_quoted() {
        assert_eq!(quoted("a b"), "a b");
        assert_eq!(quoted("a, \"b\""), "\"a, \"\"b\"\"\"");
    }
}
