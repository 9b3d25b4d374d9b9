//! Two runs side by side: ratios between builds, backends or machines.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::args::Format;
use super::results::{Place, Results, Row, or_empty, quoted};
use super::statistics::{geometric_mean, significant};
use super::table::{PARAMETERS, PLACE, figure, place_cells, table};
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input::Source;
use crate::report::Report;

pub fn run(console: &Console, a: &Path, b: &Path, format: Format) -> Result<Report, Failure> {
    let (a_name, a) = read(console, a)?;
    let (b_name, b) = read(console, b)?;
    let comparison = Comparison::new(&a, &b);
    if comparison.pairs.is_empty() {
        let message = format!("{a_name} and {b_name} have no cell in common");
        return Err(Failure::new(Code::Usage, message).hint("measure the same part of the grid twice"));
    }
    let mut report = Report::answer("speed");
    report.field("a", file(&a_name, &a));
    report.field("b", file(&b_name, &b));
    report.field("ratios", comparison.summary_json());
    report.field("cells", comparison.cells_json());
    let places = |rows: &[&Row]| rows.iter().map(|row| row.place.to_json()).collect::<Value>();
    report.field("only_in_a", places(&comparison.only_a));
    report.field("only_in_b", places(&comparison.only_b));
    report.draw(match format {
        Format::Csv => comparison.to_csv(),
        _ => {
            let head = [(&a_name, &a, "A"), (&b_name, &b, "B")];
            let head =
                head.map(|(name, results, letter)| format!("{letter}  {name}: {}\n", results.machine.line()));
            format!("{}\n{}", head.concat(), comparison.to_text())
        }
    });
    Ok(report)
}

fn read(console: &Console, path: &Path) -> Result<(String, Results), Failure> {
    let mut source = Source::open(console, path)?;
    let bytes = source.read_whole()?;
    let text = String::from_utf8_lossy(bytes.expose_secret());
    let results = Results::from_json(&text).map_err(|reason| {
        Failure::new(Code::Malformed, reason)
            .hint("`hippocrypt speed --format json` makes files of results")
            .in_file(&source.name)
    })?;
    Ok((source.name, results))
}

fn file(name: &str, results: &Results) -> Value {
    let mut object = results.machine.to_json();
    if let Some(object) = object.as_object_mut() {
        object.insert("file".into(), json!(name));
        object.insert("pairing_us".into(), json!(results.pairing_us));
    }
    object
}

/// What two runs have in common, and what not.
struct Comparison<'a> {
    pairs: Vec<Pair<'a>>,
    only_a: Vec<&'a Row>,
    only_b: Vec<&'a Row>,
}

/// One cell in both runs.
struct Pair<'a> {
    a: &'a Row,
    b: &'a Row,
}

/// A figure of a row that is compared.
type Figure = (&'static str, fn(&Row) -> f64);

const FIGURES: [Figure; 2] = [("median_us", |row| row.median_us), ("pairings", |row| row.pairings)];

/// The ratios B/A of one figure: their geometric mean, the least and the greatest.
struct Summary<'a> {
    mean: f64,
    least: (f64, &'a Place),
    greatest: (f64, &'a Place),
}

impl Pair<'_> {
    fn ratio(&self, (_, figure): Figure) -> f64 {
        figure(self.b) / figure(self.a)
    }
}

impl<'a> Comparison<'a> {
    fn new(a: &'a Results, b: &'a Results) -> Self {
        let in_b: BTreeMap<&Place, &Row> = b.rows.iter().map(|row| (&row.place, row)).collect();
        let in_a: BTreeMap<&Place, &Row> = a.rows.iter().map(|row| (&row.place, row)).collect();
        let pair = |a: &'a Row| Some(Pair { a, b: in_b.get(&a.place)? });
        Self {
            pairs: a.rows.iter().filter_map(pair).collect(),
            only_a: a.rows.iter().filter(|row| !in_b.contains_key(&row.place)).collect(),
            only_b: b.rows.iter().filter(|row| !in_a.contains_key(&row.place)).collect(),
        }
    }

    /// `None` if nothing is common.
    fn summary(&self, figure: Figure) -> Option<Summary<'a>> {
        let mut ratios: Vec<(f64, &Place)> =
            self.pairs.iter().map(|pair| (pair.ratio(figure), &pair.a.place)).collect();
        let values: Vec<f64> = ratios.iter().map(|(ratio, _)| *ratio).collect();
        ratios.sort_by(|(x, _), (y, _)| x.total_cmp(y));
        Some(Summary { mean: geometric_mean(&values), least: *ratios.first()?, greatest: *ratios.last()? })
    }

    fn summary_json(&self) -> Value {
        let end = |(ratio, place): (f64, &Place)| json!({ "ratio": rounded(ratio), "cell": place.to_json() });
        let of = |figure: Figure| {
            let summary = self.summary(figure)?;
            let (min, max) = (end(summary.least), end(summary.greatest));
            Some((
                figure.0.to_owned(),
                json!({ "geometric_mean": rounded(summary.mean), "min": min, "max": max }),
            ))
        };
        Value::Object(FIGURES.into_iter().filter_map(of).collect())
    }

    fn cells_json(&self) -> Value {
        let cell = |pair: &Pair<'_>| {
            let mut cell = pair.a.place.to_json();
            for figure in FIGURES {
                let (name, of) = figure;
                cell.insert(
                    name.into(),
                    json!({ "a": of(pair.a), "b": of(pair.b), "ratio": rounded(pair.ratio(figure)) }),
                );
            }
            Value::Object(cell)
        };
        self.pairs.iter().map(cell).collect()
    }

    fn to_text(&self) -> String {
        let [micros, pairings] = FIGURES;
        let row = |pair: &Pair<'_>| {
            let Pair { a, b } = pair;
            let mut cells = place_cells(&a.place);
            cells.extend([figure(a.median_us), figure(b.median_us), ratio(pair.ratio(micros))]);
            cells.extend([figure(a.pairings), figure(b.pairings), ratio(pair.ratio(pairings))]);
            cells.push(a.place.parameters_text());
            cells
        };
        let names =
            [&PLACE[..], &["A µs", "B µs", "B/A", "A pairings", "B pairings", "B/A", PARAMETERS]].concat();
        let rows: Vec<Vec<String>> = self.pairs.iter().map(row).collect();
        let mut text = table(&names, &rows);
        for figure in FIGURES {
            let Some(Summary { mean, least, greatest }) = self.summary(figure) else { continue };
            let of = figure.0;
            text.push_str(&format!("\nB/A of {of}: geometric mean {}\n", ratio(mean)));
            text.push_str(&format!("  least    {}  {}\n", ratio(least.0), least.1));
            text.push_str(&format!("  greatest {}  {}\n", ratio(greatest.0), greatest.1));
        }
        for (letter, rows) in [("A", &self.only_a), ("B", &self.only_b)] {
            if !rows.is_empty() {
                text.push_str(&format!("\nonly in {letter}:\n"));
                rows.iter().for_each(|row| text.push_str(&format!("  {}\n", row.place)));
            }
        }
        text
    }

    /// The cells of both, and those of one with the other's fields empty.
    fn to_csv(&self) -> String {
        let names = "op,shape,n,temp,payload,parameters,a_median_us,b_median_us,ratio_median_us,a_pairings,b_pairings,ratio_pairings\n";
        let mut csv = names.to_owned();
        let mut line = |place: &Place, a: Option<&Row>, b: Option<&Row>| {
            let mut fields = vec![
                place.op.clone(),
                or_empty(place.shape.as_ref()),
                or_empty(place.n),
                or_empty(place.temp.as_ref()),
                or_empty(place.payload),
                place.parameters_text(),
            ];
            for figure in FIGURES {
                let ratio = a.zip(b).map(|(a, b)| Pair { a, b }.ratio(figure));
                let values = [a.map(figure.1), b.map(figure.1), ratio];
                fields.extend(values.map(|value| or_empty(value.map(rounded))));
            }
            csv.push_str(&fields.iter().map(|field| quoted(field)).collect::<Vec<_>>().join(","));
            csv.push('\n');
        };
        for Pair { a, b } in &self.pairs {
            line(&a.place, Some(a), Some(b));
        }
        self.only_a.iter().for_each(|row| line(&row.place, Some(row), None));
        self.only_b.iter().for_each(|row| line(&row.place, None, Some(row)));
        csv
    }
}

fn rounded(value: f64) -> f64 {
    significant(value, 5)
}

fn ratio(value: f64) -> String {
    format!("{value:.3}")
}

#[cfg(test)]
mod tests {
    use super::super::results::tests::results;
    use super::*;

    fn two() -> [Results; 2] {
        [
            results(&[("keygen", 1, 100.0), ("keygen", 10, 200.0), ("encrypt", 1, 50.0)]),
            results(&[("keygen", 10, 100.0), ("keygen", 1, 800.0), ("decrypt", 1, 50.0)]),
        ]
    }

    #[test]
    fn cells_are_matched_whatever_their_order() {
        let [a, b] = two();
        let comparison = Comparison::new(&a, &b);
        let ratios: Vec<f64> = comparison.pairs.iter().map(|pair| pair.ratio(FIGURES[0])).collect();
        assert_eq!(ratios, [8.0, 0.5]);
        let names = |rows: &[&Row]| rows.iter().map(|row| row.place.op.clone()).collect::<Vec<_>>();
        assert_eq!(
            (names(&comparison.only_a), names(&comparison.only_b)),
            (vec!["encrypt".into()], vec!["decrypt".into()])
        );
    }

    #[test]
    fn mean_least_and_greatest_are_those_of_the_ratios() {
        let [a, b] = two();
        let summary = Comparison::new(&a, &b).summary(FIGURES[0]).map(|s| (s.mean, s.least, s.greatest));
        let (mean, least, greatest) = summary.unwrap();
        assert!((mean - 2.0).abs() < 1e-12);
        assert_eq!((least.0, least.1.n), (0.5, Some(10)));
        assert_eq!((greatest.0, greatest.1.n), (8.0, Some(1)));
        assert!(Comparison::new(&a, &results(&[])).summary(FIGURES[0]).is_none());
    }

    #[test]
    fn parameters_tell_cells_apart() {
        let [a, mut b] = two();
        for row in &mut b.rows {
            row.place.parameters.insert("chunk".into(), "1KiB".into());
        }
        assert!(Comparison::new(&a, &b).pairs.is_empty());
    }

    #[test]
    fn the_text_lists_what_is_not_common() {
        let [a, b] = two();
        let text = Comparison::new(&a, &b).to_text();
        for part in [
            "geometric mean 2.000",
            "least    0.500  keygen/and/10/cold",
            "only in A:\n  encrypt/and/1/cold",
            "only in B:\n  decrypt",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
