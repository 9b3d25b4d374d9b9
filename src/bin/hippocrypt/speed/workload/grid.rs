//! The grid: operation x shape of the policy x number of attributes x cold or warm x payload.

use hippocrypt::AttributeCache;

use super::operations::{OPERATIONS, Operation, Setting};

/// Numbers of attributes.
pub const SIZES: [usize; 7] = [1, 5, 10, 20, 50, 100, 1_000];
/// The largest number of attributes that every shape has room for.
pub const MAX_SIZE: usize = 1_000;
/// Payloads of the operations that are about nothing else, in bytes.
pub const PAYLOADS: [usize; 5] = [32, 1 << 10, 1 << 16, 1 << 20, 1 << 24];
/// The payload of operations that are about the policy.
pub const MESSAGE: [usize; 1] = [32];
/// The longest payload that is measured.
pub const MAX_PAYLOAD: usize = 1 << 28;

/// Depths of the trees of epochs. 17 is the least in which a seal can have 16 nodes.
pub const DEPTHS: [u8; 4] = [10, 13, 16, 17];
/// The one of a realm for which nobody asks for another.
pub const DEPTH: [u8; 1] = [16];

/// The grid of a look in passing.
pub const QUICK_SIZES: [usize; 3] = [1, 10, 100];
pub const QUICK_SHAPES: [Shape; 1] = [Shape::And];

/// The shape of a policy; `shapes.rs` says what each is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    And,
    Or,
    KOfN,
    Mixed,
    Comparison,
}

pub const SHAPES: [Shape; 5] = [Shape::And, Shape::Or, Shape::KOfN, Shape::Mixed, Shape::Comparison];

impl Shape {
    pub const fn name(self) -> &'static str {
        match self {
            Shape::And => "and",
            Shape::Or => "or",
            Shape::KOfN => "k-of-n",
            Shape::Mixed => "mixed",
            Shape::Comparison => "comparison",
        }
    }
}

/// Whether the tables of the attributes have been built. Those of the realm always have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Temp {
    Cold,
    Warm,
}

pub const TEMPS: [Temp; 2] = [Temp::Cold, Temp::Warm];

impl Temp {
    pub const fn name(self) -> &'static str {
        match self {
            Temp::Cold => "cold",
            Temp::Warm => "warm",
        }
    }
}

/// Which axes an operation has.
#[derive(Debug, Clone, Copy)]
pub struct Axes {
    /// Shape and number of attributes.
    pub policy: bool,
    /// Cold and warm.
    pub temp: bool,
    /// Payloads in bytes, if nobody asks for others; none if the operation has no payload.
    pub payloads: &'static [usize],
}

/// One place of the grid. What is no axis of its operation has a value without a meaning.
#[derive(Debug, Clone, Copy)]
pub struct Cell {
    pub op: &'static Operation,
    pub shape: Shape,
    pub n: usize,
    pub temp: Temp,
    pub payload: usize,
    pub setting: Setting,
}

impl Cell {
    pub fn shape_and_n(&self) -> Option<(Shape, usize)> {
        self.op.axes.policy.then_some((self.shape, self.n))
    }

    pub fn temp(&self) -> Option<Temp> {
        self.op.axes.temp.then_some(self.temp)
    }

    pub fn payload(&self) -> Option<usize> {
        (!self.op.axes.payloads.is_empty()).then_some(self.payload)
    }

    /// A parameter of its setting.
    pub fn parameter(&self, name: &str) -> Option<&'static str> {
        parameter(self.setting, name)
    }

    /// D, in a realm with epochs.
    pub fn depth(&self) -> Option<u8> {
        depth(self.setting)
    }

    /// How many keys it is about, if it is about many.
    pub fn keys(&self) -> Option<usize> {
        self.parameter("keys")?.parse().ok()
    }

    /// How often the operation runs before its first sample: warm attributes have their tables.
    pub fn uses_before(&self) -> u32 {
        if self.temp() == Some(Temp::Warm) { AttributeCache::TABLE_FROM_USE } else { 1 }
    }

    /// The cell as a path, such as `encrypt/and/100/cold`, with the payload and the parameters of which
    /// there are several.
    pub fn path(&self) -> String {
        let mut path = self.op.name.to_owned();
        let mut add = |part: &str| {
            path.push('/');
            path.push_str(part);
        };
        if let Some((shape, n)) = self.shape_and_n() {
            add(shape.name());
            add(&n.to_string());
        }
        if let Some(temp) = self.temp() {
            add(temp.name());
        }
        if self.op.axes.payloads != [self.payload] {
            self.payload().iter().for_each(|payload| add(&size(*payload as u64)));
        }
        let common = |parameter| self.op.settings.iter().all(|setting| setting.contains(parameter));
        for (name, value) in self.setting.iter().filter(|parameter| !common(parameter)) {
            add(&format!("{name}={value}"));
        }
        path
    }
}

fn parameter(setting: Setting, name: &str) -> Option<&'static str> {
    setting.iter().find(|(other, _)| *other == name).map(|(_, value)| *value)
}

fn depth(setting: Setting) -> Option<u8> {
    parameter(setting, "D")?.parse().ok()
}

/// The part of the grid that is wanted. An axis that an operation lacks does not concern it.
#[derive(Debug, Clone)]
pub struct Choice {
    pub ops: Vec<&'static Operation>,
    pub shapes: Vec<Shape>,
    pub sizes: Vec<usize>,
    pub temps: Vec<Temp>,
    /// Instead of the payloads that an operation has by itself.
    pub payloads: Option<Vec<usize>>,
    /// Of trees of epochs.
    pub depths: Vec<u8>,
}

impl Choice {
    /// The whole grid.
    pub fn all() -> Self {
        Self {
            ops: OPERATIONS.iter().collect(),
            shapes: SHAPES.to_vec(),
            sizes: SIZES.to_vec(),
            temps: TEMPS.to_vec(),
            payloads: None,
            depths: DEPTH.to_vec(),
        }
    }

    /// The cells, in the order of the axes.
    pub fn cells(&self) -> Vec<Cell> {
        let mut cells = Vec::new();
        for &op in &self.ops {
            let Axes { policy, temp, payloads } = op.axes;
            let chosen = self.payloads.as_deref().unwrap_or(payloads);
            let shapes = axis(policy, &self.shapes, Shape::And);
            let sizes = axis(policy, &self.sizes, 0);
            let temps = axis(temp, &self.temps, Temp::Cold);
            let payloads = axis(!payloads.is_empty(), chosen, 0);
            let chosen = |setting: &Setting| depth(setting).is_none_or(|depth| self.depths.contains(&depth));
            for setting in op.settings.iter().copied().filter(chosen) {
                for &shape in &shapes {
                    for &n in &sizes {
                        for &payload in &payloads {
                            cells.extend(temps.iter().map(|&temp| Cell {
                                op,
                                shape,
                                n,
                                temp,
                                payload,
                                setting,
                            }));
                        }
                    }
                }
            }
        }
        cells
    }
}

/// The values of an axis, or the one value of an operation that does not have it.
fn axis<T: Copy>(has: bool, values: &[T], none: T) -> Vec<T> {
    if has { values.to_vec() } else { vec![none] }
}

/// Bytes as they are read and written: `32B`, `64KiB`, `1MiB`.
pub fn size(bytes: u64) -> String {
    match bytes {
        0 => "0B".to_owned(),
        bytes if bytes.is_multiple_of(1 << 20) => format!("{}MiB", bytes >> 20),
        bytes if bytes.is_multiple_of(1 << 10) => format!("{}KiB", bytes >> 10),
        bytes => format!("{bytes}B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_has_a_path_of_its_own() {
        let cells = Choice::all().cells();
        let mut paths: Vec<String> = cells.iter().map(Cell::path).collect();
        for path in ["pairing", "encrypt/and/100/cold", "seal-payload/64KiB/api=memory", "aead/32B"] {
            assert!(paths.iter().any(|other| other == path), "{path}");
        }
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), cells.len());
    }

    #[test]
    fn an_axis_concerns_the_operations_that_have_it() {
        let choice =
            Choice { sizes: vec![7, 8], temps: vec![Temp::Warm], payloads: Some(vec![5]), ..Choice::all() };
        let of = |name| choice.cells().into_iter().filter(move |cell| cell.op.name == name);
        assert_eq!(of("keygen").count(), SHAPES.len() * 2);
        assert!(of("keygen").all(|cell| cell.temp() == Some(Temp::Warm) && cell.payload().is_none()));
        assert!(of("encrypt").all(|cell| cell.payload() == Some(5)));
        assert_eq!((of("setup").count(), of("aead").count()), (1, 1));
    }

    #[test]
    fn sizes_are_written_as_they_are_read() {
        for (bytes, text) in
            [(1, "1B"), (1_023, "1023B"), (1 << 10, "1KiB"), (3 << 20, "3MiB"), (1_025, "1025B")]
        {
            assert_eq!(size(bytes), text);
            assert_eq!(crate::args::bytes(text), Ok(bytes));
        }
    }
}
