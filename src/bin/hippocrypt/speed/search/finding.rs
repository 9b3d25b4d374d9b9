//! Searching an index that is full: locally after a sync, and by a server.

use hippocrypt::search::server::{self, Shelf};
use hippocrypt::search::{Mirror, Progress, Remote, RemoteSearch};

use super::super::workload::Wrong;
use super::watch::{Figure, Watch};
use super::writing::{Full, SLOTS};

/// Bytes of a page of segments.
const PAGE: usize = 1 << 20;

pub fn all(watch: &Watch, samples: usize, full: &Full) -> Result<Vec<Figure>, Wrong> {
    let (mirror, sync) = sync(watch, full)?;
    let mut figures = vec![sync];
    figures.extend(locally(watch, samples, full, &mirror)?);
    figures.push(remotely(watch, samples, full)?);
    Ok(figures)
}

/// A mirror, page by page: every segment is verified.
fn sync(watch: &Watch, full: &Full) -> Result<(Mirror, Figure), Wrong> {
    let house = &full.house;
    let mut figure = Figure::new("sync", Some(full.pairs), "byte");
    let mut mirror = Mirror::new(*house.owner.collection());
    let mut bytes = 0;
    loop {
        let positions = mirror.positions(&house.head, &house.context);
        let page = server::page(&house.store, &house.head, &house.context, &positions, PAGE)?;
        bytes += page.len();
        let progress =
            watch.time(&mut figure, page.len(), || mirror.extend(&house.head, &house.context, &page))??;
        if progress == Progress::Complete {
            break;
        }
    }
    figure.rate(bytes);
    let (_, slots) = mirror.size();
    let needed = usize::try_from(full.pairs)?.next_multiple_of(SLOTS);
    Wrong::unless(slots == needed, "the mirror has another number of slots")?;
    Ok((mirror, figure))
}

fn locally(watch: &Watch, samples: usize, full: &Full, mirror: &Mirror) -> Result<Vec<Figure>, Wrong> {
    let house = &full.house;
    let keys = house.keys()?;
    let mut figures = Vec::new();
    for (results, keyword) in &full.wanted {
        let name = format!("search-local-{results}");
        let mut figure = Figure::new(&name, Some(full.pairs), "search").with("segments", mirror.size().0);
        let trapdoors = house.owner.trapdoors(&house.context, std::slice::from_ref(keyword));
        let keys = trapdoors.first().and_then(|trapdoor| trapdoor.entry_keys(&keys));
        let keys = keys.ok_or_else(|| Wrong::new("the context is another one"))?;
        for _ in 0..samples {
            let hits = watch.time(&mut figure, 1, || mirror.search(&house.head, &keys))??;
            Wrong::unless(hits.len() == *results, "a search has found another number of records")?;
        }
        figures.push(figure);
    }
    Ok(figures)
}

/// The server's look-up of a tag for every segment, of which one has it.
fn remotely(watch: &Watch, samples: usize, full: &Full) -> Result<Figure, Wrong> {
    let house = &full.house;
    let mut shelf = Shelf::default();
    shelf.load(&house.store, &house.head, &house.context)?;
    let outline = shelf.outline();
    let mut figure =
        Figure::new("search-remote-server", Some(full.pairs), "tag").with("segments", outline.segments());
    let one = full.wanted.first().ok_or_else(|| Wrong::new("there is nothing to be found"))?;
    let trapdoors = house.owner.trapdoors(&house.context, std::slice::from_ref(&one.1));
    let keys = trapdoors.first().map(|trapdoor| Ok::<_, Wrong>(trapdoor.entry_keys(&house.keys()?)));
    let keys = keys.transpose()?.flatten().ok_or_else(|| Wrong::new("the context is another one"))?;
    for _ in 0..samples {
        let search = RemoteSearch::new(&keys, &outline);
        figure.bytes(search.query().len());
        let answer = watch.time(&mut figure, outline.segments(), || shelf.answer(search.query()))??;
        let mut state = search.read(&house.head, &answer)?;
        let hits = loop {
            match state {
                Remote::More(next) => {
                    state = {
                        let answer = shelf.answer(next.query())?;
                        next.read(&house.head, &answer)?
                    }
                }
                Remote::Done(hits) => break hits,
            }
        };
        Wrong::unless(hits.len() == one.0, "the server has found another number of records")?;
    }
    Ok(figure)
}
