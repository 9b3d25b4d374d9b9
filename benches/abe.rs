//! The grid of `hippocrypt speed` under criterion: `abe/OPERATION/SHAPE/N/TEMPERATURE`.
//!
//! `cargo bench --features cli --bench abe -- abe/encrypt/and` measures a part of it; the bytes of what is
//! made or read are printed beside.

use std::time::Duration;

use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};

// The program uses more of it, and has its tests.
#[allow(dead_code, unused_imports)]
#[path = "../src/bin/hippocrypt/speed/workload/mod.rs"]
mod workload;

use workload::clock::Stopwatch;
use workload::grid::{Cell, Choice};
use workload::operations::Work;
use workload::world::World;

/// Runs the operation once; the time in microseconds, and its bytes.
fn run(world: &World, cell: &Cell, work: &mut Work<'_>) -> (f64, usize) {
    let mut watch = Stopwatch::new(world.cleared_for(cell), None, 1);
    let bytes = work(&mut watch).expect("a right result");
    (watch.reading().expect("a measurement").operation_us, bytes)
}

/// An operation that is as warm as it has to be.
fn prepare<'w>(world: &'w World, cell: &Cell) -> Work<'w> {
    let mut work = (cell.op.prepare)(world, cell).expect("inputs");
    let (_, bytes) = (0..cell.uses_before()).map(|_| run(world, cell, &mut work)).last().expect("a use");
    println!("abe/{}: {bytes} bytes", cell.path());
    work
}

fn abe(criterion: &mut Criterion) {
    let world = World::new().expect("a realm");
    let mut group = criterion.benchmark_group("abe");
    group.sampling_mode(SamplingMode::Flat);
    for cell in Choice::all().cells() {
        // Of what is filtered out nothing is prepared.
        let mut work = None;
        group.bench_function(cell.path(), |bencher| {
            let work = work.get_or_insert_with(|| prepare(&world, &cell));
            bencher.iter_custom(|iterations| {
                let micros: f64 = (0..iterations).map(|_| run(&world, &cell, work).0).sum();
                Duration::from_secs_f64(micros / 1e6)
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
    targets = abe
}
criterion_main!(benches);
