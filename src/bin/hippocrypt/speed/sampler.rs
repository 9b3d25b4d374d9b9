//! Takes the samples: round after round over all cells, so that a disturbance of the machine meets a
//! sample of each and not all samples of one; and each between two pairings, so that it meets them, too.

use std::cell::RefCell;

use super::results::{Place, Row};
use super::statistics::{median, spread};
use super::workload::Wrong;
use super::workload::clock::{Reading, Stopwatch, micros};
use super::workload::grid::Cell;
use super::workload::operations::{BARE_AEAD, COPYING_AEAD, Work};
use super::workload::world::{Pairing, World};
use crate::failure::{Code, Failure};

/// A sample lasts about so long at least, if its operation can be repeated: in microseconds.
const SAMPLE_US: f64 = 200.0;
/// But it has no more repetitions than this.
const MAX_REPEATS: f64 = 2_000.0;

/// A cell with its samples.
pub struct Samples<'w> {
    cell: Cell,
    work: Work<'w>,
    repeats: usize,
    bytes: usize,
    micros: Vec<f64>,
    ratios: Vec<f64>,
}

/// What is measured, and with what.
pub struct Sampler<'w> {
    world: &'w World,
    pairing: Pairing,
    /// Every pairing that was measured beside a sample, in microseconds.
    pairings: RefCell<Vec<f64>>,
}

impl<'w> Sampler<'w> {
    pub fn new(world: &'w World) -> Self {
        let sampler = Self { world, pairing: Pairing::new(), pairings: RefCell::default() };
        // The first ones meet cold caches.
        for _ in 0..5 {
            sampler.pairing.time();
        }
        sampler
    }

    /// The median pairing, in microseconds.
    pub fn pairing_us(&self) -> f64 {
        let measured = self.pairings.borrow();
        if measured.is_empty() { micros(self.pairing.time()) } else { median(&measured) }
    }

    /// Prepares a cell, and runs it until it is as warm as it has to be.
    ///
    /// # Errors
    /// [`Code::WrongResult`].
    pub fn prepare(&self, cell: Cell) -> Result<Samples<'w>, Failure> {
        let work = (cell.op.prepare)(self.world, &cell).map_err(|wrong| failure(&cell, &wrong))?;
        let mut samples =
            Samples { cell, work, repeats: 1, bytes: 0, micros: Vec::new(), ratios: Vec::new() };
        for _ in 0..cell.uses_before() {
            let reading = self.run(&mut samples)?;
            samples.repeats = repeats(reading.operation_us);
        }
        Ok(samples)
    }

    /// Takes one sample.
    ///
    /// # Errors
    /// [`Code::WrongResult`].
    pub fn sample(&self, samples: &mut Samples<'w>) -> Result<(), Failure> {
        let Reading { operation_us, pairing_us } = self.run(samples)?;
        samples.micros.push(operation_us);
        samples.ratios.push(operation_us / pairing_us);
        self.pairings.borrow_mut().push(pairing_us);
        Ok(())
    }

    fn run(&self, samples: &mut Samples<'w>) -> Result<Reading, Failure> {
        let cell = samples.cell;
        let mut watch = Stopwatch::new(self.world.cleared_for(&cell), Some(&self.pairing), samples.repeats);
        let done = (samples.work)(&mut watch).and_then(|bytes| Ok((bytes, watch.reading()?)));
        let (bytes, reading) = done.map_err(|wrong| failure(&cell, &wrong))?;
        samples.bytes = bytes;
        Ok(reading)
    }
}

impl Samples<'_> {
    pub fn cell(&self) -> &Cell {
        &self.cell
    }

    fn row(&self) -> Row {
        let median_us = median(&self.micros);
        let payload_alone = self.cell.payload().filter(|_| self.cell.shape_and_n().is_none());
        Row {
            place: Place::of(&self.cell),
            median_us,
            spread: spread(&self.micros),
            pairings: median(&self.ratios),
            bytes: self.bytes as u64,
            mb_per_s: payload_alone.map(|payload| payload as f64 / median_us),
            of_aead: None,
            of_copy: None,
        }
    }
}

/// The rows of all cells; those of records with their share of the bare cipher's rate, in place and on
/// the same way, if that was measured, too.
pub fn rows(samples: &[Samples<'_>]) -> Vec<Row> {
    let mut rows: Vec<Row> = samples.iter().map(Samples::row).collect();
    let bare: Vec<Row> = rows
        .iter()
        .filter(|row| [BARE_AEAD, COPYING_AEAD].contains(&row.place.op.as_str()))
        .cloned()
        .collect();
    for row in rows.iter_mut().filter(|row| row.mb_per_s.is_some()) {
        let (of, place) = (row.pairings, &row.place);
        let share = |op: &str, api: Option<&str>| {
            let same = |other: &Place| {
                let parameter = |place: &Place, name: &str| place.parameters.get(name).cloned();
                (other.op == op && other.payload == place.payload)
                    && parameter(other, "chunk") == parameter(place, "chunk")
                    && parameter(other, "api").as_deref() == api
            };
            bare.iter().find(|bare| same(&bare.place)).map(|bare| bare.pairings / of)
        };
        let (of_aead, of_copy) = match place.op.as_str() {
            BARE_AEAD => (None, None),
            COPYING_AEAD => (share(BARE_AEAD, None), None),
            _ => {
                let api = place.parameters.get("api").map(String::as_str);
                (share(BARE_AEAD, None), share(COPYING_AEAD, api))
            }
        };
        (row.of_aead, row.of_copy) = (of_aead, of_copy);
    }
    rows
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 1 to MAX_REPEATS
fn repeats(operation_us: f64) -> usize {
    (SAMPLE_US / operation_us).ceil().clamp(1.0, MAX_REPEATS) as usize
}

/// A result that is wrong is no row.
fn failure(cell: &Cell, wrong: &Wrong) -> Failure {
    Failure::new(Code::WrongResult, format!("{}: {wrong}", cell.path()))
        .hint("this build or this machine computes wrongly: do not trust it, and report what you see")
        .detail("cell", cell.path())
}

#[cfg(test)]
mod tests {
    use super::super::workload::grid::{Axes, Choice, Shape, Temp};
    use super::super::workload::operations::Operation;
    use super::*;

    const POLICY: Axes = Axes { policy: true, temp: true, payloads: &[] };
    const BARE: Axes = Axes { policy: false, temp: false, payloads: &[] };

    fn cell(op: &'static Operation, temp: Temp) -> Cell {
        Cell { op, shape: Shape::Or, n: 2, temp, payload: 0, setting: &[] }
    }

    fn measure(cell: Cell, samples: usize) -> Result<Row, Failure> {
        let world = World::new().unwrap();
        let sampler = Sampler::new(&world);
        let mut taken = sampler.prepare(cell)?;
        (0..samples).try_for_each(|_| sampler.sample(&mut taken))?;
        assert_eq!(sampler.pairings.borrow().len(), samples);
        rows(&[taken]).pop().ok_or(Failure::new(Code::WrongResult, "no row"))
    }

    #[test]
    fn a_wrong_result_is_no_row() {
        static WRONG_LATER: Operation = Operation {
            name: "wrong",
            about: "",
            axes: BARE,
            settings: &[&[]],
            prepare: |_, _| {
                let mut uses = 0;
                Ok(Box::new(move |watch| {
                    uses = watch.time(|| uses + 1);
                    Wrong::unless(uses < 4, "two and two is five").map(|()| 1)
                }))
            },
        };
        // The first use is in the preparation.
        assert!(measure(cell(&WRONG_LATER, Temp::Cold), 2).is_ok());
        let failure = measure(cell(&WRONG_LATER, Temp::Cold), 3).unwrap_err();
        assert_eq!(failure.code, Code::WrongResult);
        assert!(failure.to_string().contains("wrong: two and two is five"), "{failure}");
    }

    #[test]
    fn a_work_that_forgets_the_clock_is_wrong() {
        static FORGETFUL: Operation = Operation {
            name: "x",
            about: "",
            axes: BARE,
            settings: &[&[]],
            prepare: |_, _| Ok(Box::new(|_| Ok(1))),
        };
        assert!(measure(cell(&FORGETFUL, Temp::Cold), 1).is_err());
    }

    /// Encrypts, and yields how many attributes are in the cache when the clock starts.
    static CACHED: Operation = Operation {
        name: "cached",
        about: "",
        axes: POLICY,
        settings: &[&[]],
        prepare: |world, cell| {
            let (parameters, reader) = (&world.realm(cell).parameters, world.reader(cell)?);
            Ok(Box::new(move |watch| {
                Ok(watch.time(|| {
                    let cached = parameters.attribute_cache().bytes();
                    parameters.encrypt(&reader.policy, b"", &mut hippocrypt::os_rng()).unwrap();
                    cached
                }))
            }))
        },
    };

    #[test]
    fn cold_is_without_tables_and_warm_is_with() {
        assert_eq!(measure(cell(&CACHED, Temp::Cold), 2).unwrap().bytes, 0);
        // Two attributes with a table of 33 KB each.
        assert!(measure(cell(&CACHED, Temp::Warm), 1).unwrap().bytes > 60_000);
    }

    #[test]
    fn short_operations_are_repeated() {
        assert_eq!([0.001, 1.0, 3.0, 150.0, 1e6].map(repeats), [2_000, 200, 67, 2, 1]);
    }

    #[test]
    fn rates_are_held_against_the_bare_cipher() {
        let world = World::new().unwrap();
        let sampler = Sampler::new(&world);
        let choice = Choice { payloads: Some(vec![64, 128]), ..Choice::all() };
        let cells =
            choice.cells().into_iter().filter(|cell| cell.payload().is_some() && !cell.op.axes.policy);
        let mut samples: Vec<Samples<'_>> = cells.map(|cell| sampler.prepare(cell).unwrap()).collect();
        for samples in &mut samples {
            samples.micros = vec![2.0];
            let double = samples.cell.payload == 128;
            samples.ratios = vec![match samples.cell.op.name {
                "aead" if double => 4.0,
                "aead" => 2.0,
                "aead-copy" if samples.cell.path().ends_with("memory") => 6.0,
                "aead-copy" if samples.cell.path().ends_with("into") => 4.0,
                "aead-copy" => 7.0,
                _ => 8.0,
            }];
        }
        let rows = rows(&samples);
        let of = |payload| rows.iter().filter(move |row| row.place.payload == Some(payload));
        let shares: Vec<_> = of(64).map(|row| (row.of_aead, row.of_copy)).collect();
        let [memory, into, in_place, stream] =
            [Some(0.75), Some(0.5), None, Some(0.875)].map(|of_copy| (Some(0.25), of_copy));
        let seal = [memory, into, in_place, stream];
        let open = [memory, in_place, stream];
        let bare = [None, Some(2.0 / 6.0), Some(0.5), Some(2.0 / 7.0)].map(|of_aead| (of_aead, None));
        assert_eq!(shares, [&seal[..], &open, &bare].concat());
        assert_eq!(of(128).filter_map(|row| row.of_aead).collect::<Vec<_>>()[..7], [0.5; 7]);
        assert!(of(128).all(|row| row.mb_per_s == Some(64.0)));
    }
}
