//! Results as a drawing: pairings over the number of attributes, both logarithmic, a panel for each
//! shape of policy and a line for each operation.
//!
//! Plain SVG that needs nothing else: colours follow the reader's light or dark scheme, and lines are told
//! apart by their marks, too, where colours are not.

use std::fmt::Write;

use super::results::{Place, Results, Row};
use super::table::figure;
use super::workload::grid::{Cell, SHAPES, size};

/// Whether a cell gives a point of the drawing.
pub fn shows(cell: &Cell) -> bool {
    cell.shape_and_n().is_some()
}

/// Colours of a page. Those of the lines are near Okabe's and Ito's, which the colour-blind can tell apart.
struct Scheme {
    paper: &'static str,
    ink: &'static str,
    faint: &'static str,
    grid: &'static str,
    lines: [&'static str; COLOURS],
}

const COLOURS: usize = 8;
/// Shapes of marks, which are filled for the first lines and open for the next.
const MARKS: usize = 4;

const LIGHT: Scheme = Scheme {
    paper: "#ffffff",
    ink: "#1b1f24",
    faint: "#5b636b",
    grid: "#dfe3e8",
    lines: ["#0072b2", "#d55e00", "#009e73", "#b0568c", "#b07800", "#3a8fc7", "#7a5195", "#555555"],
};

const DARK: Scheme = Scheme {
    paper: "#0d1117",
    ink: "#e6edf3",
    faint: "#9da7b1",
    grid: "#272d35",
    lines: ["#4aa8e0", "#f0803c", "#2fc79b", "#e39cc4", "#e6a820", "#8fd0f5", "#b795d6", "#bbbbbb"],
};

impl Scheme {
    fn css(&self) -> String {
        let Self { paper, ink, faint, grid, lines } = self;
        let mut css = format!(
            ".paper {{ fill: {paper}; }}\ntext {{ fill: {ink}; }}\n.faint {{ fill: {faint}; }}\n\
             .grid {{ stroke: {grid}; }}\n.frame {{ stroke: {faint}; fill: none; }}\n"
        );
        for (index, colour) in lines.iter().enumerate() {
            push(&mut css, format_args!(".l{index} {{ stroke: {colour}; fill: none; }}\n"));
            let inside = if index < MARKS { colour } else { paper };
            push(&mut css, format_args!(".m{index} {{ stroke: {colour}; fill: {inside}; }}\n"));
        }
        css
    }
}

/// Of a panel: the inner width and height, and what is left free for the axes.
const WIDTH: f64 = 380.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 64.0;
const TOP: f64 = 34.0;
const PANEL: (f64, f64) = (LEFT + WIDTH + 24.0, TOP + HEIGHT + 50.0);
/// What stands above the panels.
const TITLE: f64 = 54.0;
/// A line of the legend, and the entries in it.
const LEGEND: f64 = 24.0;
const LEGEND_WIDTH: f64 = 150.0;

/// A line of the drawing.
struct Line<'a> {
    colour: usize,
    dashed: bool,
    /// n and pairings, ascending.
    points: Vec<(f64, f64)>,
    label: &'a str,
}

/// A logarithmic axis from `low` to `high` on `length` pixels.
struct Axis {
    low: f64,
    high: f64,
    length: f64,
}

impl Axis {
    fn place(&self, value: f64) -> f64 {
        self.length * (value / self.low).ln() / (self.high / self.low).ln()
    }

    /// 1, 2 and 5 times powers of ten within the axis; powers of ten alone if there are many.
    fn ticks(&self) -> Vec<f64> {
        let steps: &[f64] = if self.high / self.low > 200.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let values = (-9..10).flat_map(|power| steps.iter().map(move |step| step * 10f64.powi(power)));
        values.filter(|value| (self.low..=self.high).contains(&(value * 1.000_001))).collect()
    }
}

/// The drawing; rows without n are no part of it.
pub fn svg(results: &Results) -> String {
    let rows: Vec<&Row> = results.rows.iter().filter(|row| row.place.n.is_some()).collect();
    let mut labels: Vec<String> = Vec::new();
    for row in &rows {
        let label = label(&row.place, &rows);
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    let shapes: Vec<&str> = SHAPES.iter().map(|shape| shape.name()).collect();
    let in_shape = |shape: &str, row: &&Row| row.place.shape.as_deref() == Some(shape);
    let shapes = shapes.into_iter().filter(|shape| rows.iter().any(|row| in_shape(shape, row)));
    let shapes: Vec<&str> = shapes.collect();

    let columns = shapes.len().clamp(1, 2);
    let (width, legend_columns) = (PANEL.0 * columns as f64, columns * 3);
    let legend_top = TITLE + PANEL.1 * shapes.len().div_ceil(columns) as f64 + 10.0;
    let legend_lines = (labels.len() + 2).div_ceil(legend_columns);
    let height = legend_top + LEGEND * legend_lines as f64 + 8.0;
    let x = range(rows.iter().filter_map(|row| row.place.n).map(|n| n as f64), WIDTH);
    let y = range(rows.iter().map(|row| row.pairings), HEIGHT);

    let mut svg = head(results, width, height);
    for (index, shape) in shapes.iter().enumerate() {
        let at = (PANEL.0 * (index % columns) as f64, TITLE + PANEL.1 * (index / columns) as f64);
        push(&mut svg, format_args!("<g transform=\"translate({:.0} {:.0})\">\n", at.0 + LEFT, at.1 + TOP));
        axes(&mut svg, shape, &x, &y);
        for line in lines(&rows, &labels, |row| in_shape(shape, row)) {
            draw(&mut svg, &line, &x, &y);
        }
        svg.push_str("</g>\n");
    }
    legend(&mut svg, &labels, legend_columns, legend_top);
    svg.push_str("</svg>\n");
    svg
}

/// The operation, and what else tells its lines apart.
fn label(place: &Place, rows: &[&Row]) -> String {
    let mut label = place.op.clone();
    let same = || rows.iter().map(|row| &row.place).filter(|other| other.op == place.op);
    if let Some(payload) = place.payload.filter(|_| same().any(|other| other.payload != place.payload)) {
        label = format!("{label} {}", size(payload));
    }
    if same().any(|other| other.parameters != place.parameters) {
        label = format!("{label} {}", place.parameters_text());
    }
    label.trim_end().to_owned()
}

/// The lines of one panel.
fn lines<'a>(rows: &[&Row], labels: &'a [String], here: impl Fn(&&Row) -> bool) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    for (colour, text) in labels.iter().enumerate() {
        for dashed in [true, false] {
            let on = |row: &&&Row| {
                let cold = row.place.temp.as_deref() == Some("cold");
                here(row) && cold == dashed && label(&row.place, rows) == *text
            };
            let point = |row: &&Row| Some((row.place.n? as f64, row.pairings));
            let mut points: Vec<(f64, f64)> = rows.iter().filter(on).filter_map(point).collect();
            points.sort_by(|(n, _), (m, _)| n.total_cmp(m));
            if !points.is_empty() {
                lines.push(Line { colour, dashed, points, label: text });
            }
        }
    }
    lines
}

/// An axis with room for all values.
fn range(values: impl Iterator<Item = f64>, length: f64) -> Axis {
    let (low, high) =
        values.fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
    let (low, high) = if low <= high { (low, high) } else { (1.0, 1.0) };
    Axis { low: low / 1.25, high: high * 1.25, length }
}

fn head(results: &Results, width: f64, height: f64) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" font-family=\"system-ui, sans-serif\" \
         font-size=\"12\">\n<title>hippocrypt speed: pairings over the number of attributes</title>\n"
    );
    let (light, dark) = (LIGHT.css(), DARK.css());
    push(
        &mut svg,
        format_args!("<style>\n{light}@media (prefers-color-scheme: dark) {{\n{dark}}}\n</style>\n"),
    );
    push(&mut svg, format_args!("<rect class=\"paper\" width=\"{width:.0}\" height=\"{height:.0}\"/>\n"));
    let machine = &results.machine;
    let about = format!(
        "{}, backend {}, hippocrypt {}; one pairing is {} µs",
        machine.cpu,
        machine.backend,
        machine.version,
        figure(results.pairing_us)
    );
    svg.push_str("<text x=\"16\" y=\"24\" font-size=\"15\" font-weight=\"600\">Cost over the number of attributes, in pairings</text>\n");
    push(&mut svg, format_args!("<text class=\"faint\" x=\"16\" y=\"43\">{}</text>\n", escaped(&about)));
    svg
}

fn axes(svg: &mut String, shape: &str, x: &Axis, y: &Axis) {
    push(svg, format_args!("<text x=\"0\" y=\"-10\" font-weight=\"600\">{}</text>\n", escaped(shape)));
    for n in x.ticks() {
        let at = x.place(n);
        push(svg, format_args!("<path class=\"grid\" d=\"M{at:.1} 0V{HEIGHT}\"/>\n"));
        push(
            svg,
            format_args!(
                "<text class=\"faint\" x=\"{at:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>\n",
                HEIGHT + 17.0,
                tick(n)
            ),
        );
    }
    for pairings in y.ticks() {
        let at = HEIGHT - y.place(pairings);
        push(svg, format_args!("<path class=\"grid\" d=\"M0 {at:.1}H{WIDTH}\"/>\n"));
        push(
            svg,
            format_args!(
                "<text class=\"faint\" x=\"-8\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n",
                at + 4.0,
                tick(pairings)
            ),
        );
    }
    push(svg, format_args!("<rect class=\"frame\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>\n"));
    push(
        svg,
        format_args!(
            "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"middle\">attributes n</text>\n",
            WIDTH / 2.0,
            HEIGHT + 36.0
        ),
    );
    push(
        svg,
        format_args!(
            "<text transform=\"translate(-46 {:.0}) rotate(-90)\" text-anchor=\"middle\">pairings</text>\n",
            HEIGHT / 2.0
        ),
    );
}

fn draw(svg: &mut String, line: &Line<'_>, x: &Axis, y: &Axis) {
    let places: Vec<(f64, f64)> =
        line.points.iter().map(|(n, pairings)| (x.place(*n), HEIGHT - y.place(*pairings))).collect();
    let path: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
    let class = line.colour % COLOURS;
    let dashes = if line.dashed { " stroke-dasharray=\"5 4\"" } else { "" };
    push(svg, format_args!("<g><title>{}</title>", escaped(line.label)));
    push(
        svg,
        format_args!("<path class=\"l{class}\" stroke-width=\"1.8\"{dashes} d=\"M{}\"/>", path.join("L")),
    );
    places.iter().for_each(|place| mark(svg, line.colour, *place));
    svg.push_str("</g>\n");
}

/// A mark of the shape that goes with the colour.
fn mark(svg: &mut String, colour: usize, (x, y): (f64, f64)) {
    let outline = match colour % MARKS {
        0 => "m-3.2 0a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0 -6.4 0z",
        1 => "m-2.9 -2.9h5.8v5.8h-5.8z",
        2 => "m0 -3.8l3.6 6.4h-7.2z",
        _ => "m0 -4.1l4.1 4.1l-4.1 4.1l-4.1 -4.1z",
    };
    push(
        svg,
        format_args!(
            "<path class=\"m{}\" stroke-width=\"1.4\" d=\"M{x:.1} {y:.1}{outline}\"/>",
            colour % COLOURS
        ),
    );
}

/// The operations, and what the two kinds of line mean.
fn legend(svg: &mut String, labels: &[String], columns: usize, top: f64) {
    let kinds = [("cold", true), ("warm", false)].map(|(text, dashed)| (text, None, dashed));
    let entries =
        labels.iter().enumerate().map(|(colour, text)| (text.as_str(), Some(colour), false)).chain(kinds);
    for (index, (text, colour, dashed)) in entries.enumerate() {
        let x = 16.0 + LEGEND_WIDTH * (index % columns) as f64;
        let y = top + LEGEND * (index / columns) as f64;
        let dashes = if dashed { " stroke-dasharray=\"5 4\"" } else { "" };
        let class = colour.map_or("frame".to_owned(), |colour| format!("l{}", colour % COLOURS));
        push(
            svg,
            format_args!("<path class=\"{class}\" stroke-width=\"1.8\"{dashes} d=\"M{x:.0} {y:.0}h26\"/>"),
        );
        colour.into_iter().for_each(|colour| mark(svg, colour, (x + 13.0, y)));
        push(
            svg,
            format_args!("<text x=\"{:.0}\" y=\"{:.0}\">{}</text>\n", x + 34.0, y + 4.0, escaped(text)),
        );
    }
}

/// A power of ten, or 2 or 5 times one, without digits that say nothing.
fn tick(value: f64) -> String {
    format!("{:.9}", value).trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Text within XML.
fn escaped(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Writing into a string cannot fail.
fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    let _ = text.write_fmt(arguments);
}

#[cfg(test)]
mod tests {
    use super::super::results::tests::results;
    use super::*;

    fn count(svg: &str, part: &str) -> usize {
        svg.matches(part).count()
    }

    #[test]
    fn every_operation_has_a_line_in_every_panel() {
        let mut results = results(&[("keygen", 1, 600.0), ("keygen", 10, 1_800.0), ("encrypt", 1, 900.0)]);
        let mut more = results.rows.clone();
        more.iter_mut().for_each(|row| row.place.temp = Some("warm".into()));
        more.iter_mut().for_each(|row| row.place.shape = Some("or".into()));
        results.rows.extend(more);
        let svg = svg(&results);
        assert_eq!(
            (count(&svg, "<g><title>keygen</title>"), count(&svg, "<g><title>encrypt</title>")),
            (2, 2)
        );
        // The lines of the cold panel, and the legend.
        assert_eq!(count(&svg, "stroke-dasharray"), 2 + 1);
        assert_eq!(count(&svg, ">attributes n</text>"), 2);
    }

    #[test]
    fn lines_of_one_operation_are_told_apart_by_what_differs() {
        let mut results = results(&[("encrypt", 1, 600.0), ("encrypt", 1, 900.0)]);
        results.rows[0].place.payload = Some(32);
        results.rows[1].place.payload = Some(1 << 20);
        let svg = svg(&results);
        assert!(svg.contains(">encrypt 32B<") && svg.contains(">encrypt 1MiB<"), "{svg}");
    }

    #[test]
    fn text_cannot_break_out() {
        let mut results = results(&[("keygen", 1, 600.0)]);
        results.machine.cpu = "<script>&\"\u{1b}".into();
        let svg = svg(&results);
        assert!(svg.contains("&lt;script&gt;&amp;&quot; ") && !svg.contains("<script"), "{svg}");
    }

    #[test]
    fn one_point_has_a_place() {
        let svg = svg(&results(&[("keygen", 1, 600.0)]));
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }

    #[test]
    fn ticks_are_round() {
        let ticks = |low, high| {
            let axis = Axis { low, high, length: 100.0 };
            axis.ticks().into_iter().map(tick).collect::<Vec<_>>()
        };
        assert_eq!(ticks(0.4, 12.0), ["0.5", "1", "2", "5", "10"]);
        assert_eq!(ticks(0.8, 1_250.0), ["1", "10", "100", "1000"]);
    }
}
