//! What a command found out: rows of text for people, one JSON object for machines.

use std::path::Path;

use hippocrypt::AuthorId;
use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::moments;

/// A result.
#[derive(Debug)]
pub struct Report {
    rows: Vec<(String, String)>,
    drawing: String,
    json: Map<String, Value>,
    /// Whether the report is the answer itself, which `--quiet` does not hide.
    pub is_answer: bool,
    /// What is wrong with what the report is about, if anything.
    pub verdict: Option<Failure>,
}

impl Report {
    pub fn new(command: &'static str) -> Self {
        Self {
            rows: Vec::new(),
            drawing: String::new(),
            json: Map::from_iter([("command".to_owned(), command.into())]),
            is_answer: false,
            verdict: None,
        }
    }

    /// A report that somebody has asked for.
    pub fn answer(command: &'static str) -> Self {
        Self { is_answer: true, ..Self::new(command) }
    }

    /// A row that reads the same for people and machines; machines find it under the label with
    /// underscores.
    pub fn row(&mut self, label: &str, value: impl Into<Value>) {
        let value = value.into();
        let text = match &value {
            Value::String(text) => text.clone(),
            Value::Bool(true) => "yes".to_owned(),
            Value::Bool(false) => "no".to_owned(),
            Value::Number(number) => grouped(&number.to_string()),
            other => other.to_string(),
        };
        self.row_as(label, value, text);
    }

    /// A row that people read as `text`.
    pub fn row_as(&mut self, label: &str, value: impl Into<Value>, text: impl Into<String>) {
        self.json.insert(label.replace([' ', '-'], "_"), value.into());
        self.rows.push((label.to_owned(), text.into()));
    }

    /// A number of bytes.
    pub fn bytes(&mut self, label: &str, bytes: u64) {
        self.row_as(label, bytes, format!("{} bytes", grouped(&bytes.to_string())));
    }

    /// A file that was written, and a remark for people.
    pub fn file(&mut self, label: &str, path: &Path, remark: &str) {
        let name = path.display().to_string();
        let text = if remark.is_empty() { name.clone() } else { format!("{name}  ({remark})") };
        self.row_as(label, name, text);
    }

    /// Who has signed a file.
    pub fn signed_by(&mut self, author: Option<AuthorId>) {
        let author = author.map(|author| author.to_string());
        self.row_as("signed by", author.clone(), author.unwrap_or_else(|| "nobody".to_owned()));
    }

    /// A moment, and how far it is away.
    pub fn moment(&mut self, label: &str, seconds: u64, now: u64) {
        self.row_as(label, seconds, moment(seconds, now));
    }

    /// For machines only.
    pub fn field(&mut self, name: &str, value: impl Into<Value>) {
        self.json.insert(name.to_owned(), value.into());
    }

    /// A drawing below the rows.
    pub fn draw(&mut self, drawing: String) {
        self.drawing = drawing;
    }

    /// Below what is drawn already, after an empty line.
    pub fn draw_below(&mut self, drawing: &str) {
        if !self.drawing.is_empty() {
            self.drawing.push('\n');
        }
        self.drawing.push_str(drawing);
    }

    /// Says what is wrong; the first thing counts.
    pub fn condemn(&mut self, failure: Failure) {
        self.verdict.get_or_insert(failure);
    }

    pub fn to_json(&self) -> Value {
        Value::Object(self.json.clone())
    }

    /// Rows with aligned values, and the drawing.
    pub fn to_text(&self) -> String {
        let width = self.rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
        let mut text = String::new();
        for (label, value) in &self.rows {
            text.push_str(&format!("{label:width$}  {value}\n"));
        }
        if !text.is_empty() && !self.drawing.is_empty() {
            text.push('\n');
        }
        text.push_str(&self.drawing);
        text
    }
}

/// A moment in seconds since 1970, as people see it from `now`.
pub fn moment(seconds: u64, now: u64) -> String {
    let away = seconds.abs_diff(now);
    let (count, unit) = match away {
        0..120 => (away, "s"),
        120..7_200 => (away / 60, "min"),
        7_200..172_800 => (away / 3_600, "h"),
        _ => (away / 86_400, "days"),
    };
    let date = moments::date(seconds);
    if seconds >= now {
        format!("{date} (in {count} {unit})")
    } else {
        format!("{date} ({count} {unit} ago)")
    }
}

/// Digits in groups of three.
pub fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes out of hexadecimal digits, in lower case.
pub fn unhex_all(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let digits: Option<Vec<u8>> = text.as_bytes().iter().map(digit).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}

/// N bytes out of hexadecimal digits.
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    unhex_all(text)?.try_into().ok()
}
