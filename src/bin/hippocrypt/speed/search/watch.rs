//! Takes samples: each between two pairings, so that what disturbs the machine meets both.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::super::results::{Place, Row};
use super::super::statistics::{median, spread};
use super::super::workload::Wrong;
use super::super::workload::clock::{Reading, Stopwatch, micros};
use super::super::workload::world::Pairing;

/// The clock, and all pairings that were measured beside samples.
pub struct Watch {
    pairing: Pairing,
    pairings: RefCell<Vec<f64>>,
}

/// What was measured of one thing: `per` says of what a sample is the time.
pub struct Figure {
    place: Place,
    micros: Vec<f64>,
    ratios: Vec<f64>,
    bytes: u64,
    mb_per_s: Option<f64>,
}

impl Watch {
    pub fn new() -> Self {
        let pairing = Pairing::new();
        // The first ones meet cold caches.
        for _ in 0..5 {
            pairing.time();
        }
        Self { pairing, pairings: RefCell::default() }
    }

    /// The median pairing, in microseconds.
    pub fn pairing_us(&self) -> f64 {
        let measured = self.pairings.borrow();
        if measured.is_empty() { micros(self.pairing.time()) } else { median(&measured) }
    }

    /// Takes a sample of `figure`: of what `operation` does `count` times.
    pub fn time<T>(
        &self,
        figure: &mut Figure,
        count: usize,
        operation: impl FnOnce() -> T,
    ) -> Result<T, Wrong> {
        let mut watch = Stopwatch::new(None, Some(&self.pairing), 1);
        let result = watch.time_for(count.max(1), operation);
        let Reading { operation_us, pairing_us } = watch.reading()?;
        figure.micros.push(operation_us);
        figure.ratios.push(operation_us / pairing_us);
        self.pairings.borrow_mut().push(pairing_us);
        Ok(result)
    }
}

impl Figure {
    /// Nothing yet of an operation, in an index of so many pairs if that matters.
    pub fn new(op: &str, pairs: Option<u64>, per: &str) -> Self {
        let parameters = BTreeMap::from([("per".to_owned(), per.to_owned())]);
        let place = Place { op: op.to_owned(), shape: None, n: pairs, temp: None, payload: None, parameters };
        Self { place, micros: Vec::new(), ratios: Vec::new(), bytes: 0, mb_per_s: None }
    }

    /// Beside what was measured: how much else was done at once.
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.place.parameters.insert(name.to_owned(), value.to_string());
        self
    }

    /// The bytes that an operation has made or read.
    pub fn bytes(&mut self, bytes: usize) {
        self.bytes = bytes as u64;
    }

    /// The bytes, and the rate at which they were read: a sample is the time of one byte.
    pub fn rate(&mut self, bytes: usize) {
        self.bytes(bytes);
        self.mb_per_s = Some(1.0 / median(&self.micros));
    }

    /// A figure whose samples are these less `times` of the median of `part`: what is left when a part is taken away.
    pub fn without(self, part: &Figure, times: f64, op: &str) -> Self {
        let less = |values: &[f64], part: &[f64]| {
            let part = median(part) * times;
            values.iter().map(|value| value - part).collect::<Vec<f64>>()
        };
        let (micros, ratios) = (less(&self.micros, &part.micros), less(&self.ratios, &part.ratios));
        let place = Place { op: op.to_owned(), ..self.place };
        Self { place, micros, ratios, bytes: 0, mb_per_s: None }
    }

    /// A figure whose samples are these and those of `part` beside them.
    pub fn plus(mut self, part: &Figure, op: &str) -> Self {
        let add = |values: &mut [f64], part: &[f64]| {
            values.iter_mut().zip(part).for_each(|(value, part)| *value += part);
        };
        add(&mut self.micros, &part.micros);
        add(&mut self.ratios, &part.ratios);
        self.place.op = op.to_owned();
        self
    }

    /// The same samples once more.
    pub fn copied(&self) -> Self {
        let Self { place, micros, ratios, bytes, mb_per_s } = self;
        let (place, micros, ratios) = (place.clone(), micros.clone(), ratios.clone());
        Self { place, micros, ratios, bytes: *bytes, mb_per_s: *mb_per_s }
    }

    pub fn row(&self) -> Row {
        Row {
            place: self.place.clone(),
            median_us: median(&self.micros),
            spread: spread(&self.micros),
            pairings: median(&self.ratios),
            bytes: self.bytes,
            mb_per_s: self.mb_per_s,
            of_aead: None,
            of_copy: None,
        }
    }
}
