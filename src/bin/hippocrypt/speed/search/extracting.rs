//! From resources to keywords: what every writer does before anything is encrypted.

use std::path::{Path, PathBuf};

use hippocrypt::fhir::{self, Import, Limits};
use hippocrypt::search::LeakageProfile;

use super::super::workload::Wrong;
use super::watch::{Figure, Watch};
use crate::commands::vault::import::files;
use crate::failure::Failure;

/// What is read where nothing is given: the bundle of the example.
const BUILT_IN: &[u8] = include_bytes!("../../../../../examples/data/clinic-bundle.json");
/// Resources of a sample, at least.
const RESOURCES: usize = 500;

/// The files of a folder; the built-in bundle without one.
pub fn files(input: Option<&Path>) -> Result<Vec<Vec<u8>>, Failure> {
    let Some(input) = input else { return Ok(vec![BUILT_IN.to_vec()]) };
    let mut read = Vec::new();
    for file in files::find(&[PathBuf::from(input)], &[])? {
        let name = file.path.display().to_string();
        let bytes =
            std::fs::read(&file.path).map_err(|error| Failure::from(error).in_file_if_unnamed(&name))?;
        if Import::read(&bytes, &Limits::default()).is_ok() {
            read.push(bytes);
        }
    }
    Ok(read)
}

/// Keywords of all resources, without reading the files and with it.
pub fn all(watch: &Watch, samples: usize, files: &[Vec<u8>]) -> Result<Vec<Figure>, Wrong> {
    let (limits, budget) = (Limits::default(), LeakageProfile::standard().budget());
    let imports = files.iter().map(|file| Import::read(file, &limits)).collect::<Result<Vec<_>, _>>()?;
    let resources: usize = imports.iter().map(|import| import.resources().len()).sum();
    if resources == 0 {
        return Ok(Vec::new());
    }
    let rounds = RESOURCES.div_ceil(resources);
    let count = |imports: &[Import<'_>]| -> usize {
        let all = imports.iter().flat_map(|import| import.resources());
        all.map(|resource| fhir::keywords(resource, budget).len()).sum()
    };
    let keywords = count(&imports);
    let bytes: usize =
        imports.iter().flat_map(|import| import.resources()).map(|one| one.bytes().len()).sum();

    let mut extract = Figure::new("extract", None, "resource").with("keywords", keywords / resources);
    let mut read = Figure::new("extract-and-read", None, "resource").with("keywords", keywords / resources);
    for _ in 0..samples {
        let made = watch
            .time(&mut extract, resources * rounds, || (0..rounds).map(|_| count(&imports)).sum::<usize>())?;
        Wrong::unless(made == keywords * rounds, "a resource has other keywords the second time")?;
        let made = watch.time(&mut read, resources * rounds, || -> Result<usize, Wrong> {
            let mut made = 0;
            for file in (0..rounds).flat_map(|_| files) {
                made += count(&[Import::read(file, &limits)?]);
            }
            Ok(made)
        })??;
        Wrong::unless(made == keywords * rounds, "a file has other keywords the second time")?;
    }
    for figure in [&mut extract, &mut read] {
        figure.bytes(bytes / resources);
    }
    Ok(vec![extract, read])
}
