//! Random worlds: the span must agree with plain logic, both ways, in every one.
//!
//! `HIPPOCRYPT_FULL=1` runs fifty times as many. A failure prints its seed, which alone
//! determines the world.

use std::collections::BTreeSet;

use crate::field::Random;
use crate::policy::{Label, Policy, labels};
use crate::polynomial::{Polynomial, forget_variables, known, prf, secret};
use crate::scheme::{Header, Key, Realm, encrypt_rows, occurrence};
use crate::span::Holdings;
use crate::tree::{Node, Tree};

/// What may be broken on purpose, to see that the search would find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weakness {
    None,
    /// r is derived from the realm alone.
    OneRandomness,
    /// All rows of a label share s'.
    OneIndex,
    /// All seals of an epoch share w and s''.
    OneSeal,
    /// Delegates keep the randomness of their parent.
    BareDelegates,
    /// Headers have no time clause.
    NoClause,
    /// The proxy's keys are not blinded.
    NoBlinding,
}

const ATTRIBUTES: [&str; 3] = ["A", "B", "C"];

/// Numbers 0..4 as prefixes: a tree of depth 2 as in comparisons, in the attribute domain.
const NUMBERS: Tree = Tree { depth: 2 };

fn number_label(node: Node) -> String {
    format!("number {node:?}")
}

fn attribute_labels(names: impl IntoIterator<Item = String>) -> BTreeSet<Label> {
    names.into_iter().map(|name| Label::attribute(&name)).collect()
}

struct World {
    random: Random,
    seed: u64,
    weakness: Weakness,
    realm: Realm,
    tree: Tree,
    pool: Holdings,
    /// The labels of each key in the hands of the adversary; entitlement is never pooled.
    corrupt: Vec<BTreeSet<Label>>,
    /// Keys of honest readers, as the proxy has them.
    proxy: Vec<Key>,
    /// Session keys, and whether the adversary is entitled to each.
    targets: Vec<(Polynomial, bool)>,
}

impl World {
    fn new(seed: u64, weakness: Weakness) -> Self {
        forget_variables();
        let mut random = Random::new(seed);
        let tree = Tree { depth: [1, 2, 2, 3][random.below(4) as usize] };
        let realm = Realm::setup("realm");
        let pool = realm.outsider();
        let (corrupt, proxy, targets) = Default::default();
        let mut world = Self { random, seed, weakness, realm, tree, pool, corrupt, proxy, targets };
        (0..1 + world.random.below(3)).for_each(|reader| world.reader(reader));
        if world.random.percent(30) {
            world.delegates();
        }
        let mut policies: Vec<Policy> = Vec::new();
        for record in 0..1 + world.random.below(3) {
            // A second record often has the policy of the one before.
            let repeat = policies.last().filter(|_| world.random.percent(40)).cloned();
            let policy = repeat.unwrap_or_else(|| world.policy(2));
            world.record(record, &policy);
            policies.push(policy);
        }
        world
    }

    fn epoch(&mut self) -> u32 {
        self.random.below(self.tree.epochs().into()) as u32
    }

    fn number(&mut self) -> BTreeSet<Label> {
        let value = self.random.below(4) as u32;
        attribute_labels(NUMBERS.path(value).into_iter().map(number_label))
    }

    /// Some attributes, mostly a number, rarely two.
    fn attributes(&mut self) -> BTreeSet<Label> {
        let names = ATTRIBUTES.into_iter().filter(|_| self.random.percent(50));
        let mut held = labels(&names.collect::<Vec<_>>(), []);
        for chance in [60, 15] {
            if self.random.percent(chance) {
                held.append(&mut self.number());
            }
        }
        held
    }

    /// Tokens of a span of epochs: readers join late and leave early.
    fn tokens(&mut self) -> BTreeSet<Label> {
        let (one, other) = (self.epoch(), self.epoch());
        labels(&[], self.tree.tokens(one.min(other)..=one.max(other)))
    }

    /// A reader with one or two key ids. One in three is honest and may open everything; then
    /// the adversary has Y and what the proxy has.
    fn reader(&mut self, number: u64) {
        let secret_y = self.random.percent(35);
        let y = match secret_y {
            true => secret(format!("y{number}")),
            false => known(&format!("{} y{number}", self.seed)),
        };
        self.pool.learns_g1(&y);
        for key_id in 0..1 + self.random.below(2) {
            let mut held = if secret_y { self.everything() } else { self.attributes() };
            held.append(&mut if secret_y {
                labels(&[], self.tree.tokens(0..self.tree.epochs()))
            } else {
                self.tokens()
            });
            let r = match self.weakness {
                Weakness::OneRandomness => prf("k_r", &[]),
                _ => self.realm.randomness(&key_id.to_string(), &format!("reader {number}"), &y),
            };
            let key = match self.weakness {
                Weakness::NoBlinding => self.realm.key(&r, &held),
                // One in four proxy keys is made by the reader from a full key of his own.
                _ if self.random.percent(25) => self.realm.key(&r, &held).blind(&y),
                _ => self.realm.transform_key(&y, &r, &held),
            };
            self.pool.learns(&key);
            if secret_y { self.proxy.push(key) } else { self.corrupt.push(held) }
        }
    }

    fn everything(&self) -> BTreeSet<Label> {
        let numbers = [3, 1].into_iter().flat_map(|value| NUMBERS.path(value)).map(number_label);
        attribute_labels(ATTRIBUTES.map(String::from).into_iter().chain(numbers))
    }

    /// Two corrupt delegates of an honest holder of a full key.
    fn delegates(&mut self) {
        let all = &self.everything() | &labels(&[], self.tree.tokens(0..self.tree.epochs()));
        let parent = self.realm.key(&secret("r of the parent"), &all);
        for delegate in 0..2 {
            let held = &(&self.attributes() | &self.tokens()) & &all;
            let fresh = match self.weakness {
                Weakness::BareDelegates => known("r' that all know"),
                _ => secret(format!("r' of {delegate}")),
            };
            self.pool.learns(&parent.delegate(&held, &fresh));
            self.corrupt.push(held);
        }
    }

    fn policy(&mut self, depth: u32) -> Policy {
        if depth == 0 || self.random.percent(30) {
            return match self.random.below(6) {
                5 => {
                    // number >= bound
                    let nodes = NUMBERS.cover(self.random.below(4) as u32).into_iter().map(number_label);
                    Policy::Any(nodes.map(|name| (*name).into()).collect())
                }
                leaf => ATTRIBUTES[leaf as usize % 3].into(),
            };
        }
        let gate = self.random.below(10);
        let children = if gate < 3 { 2 + self.random.below(2) } else { 2 };
        let children: Vec<_> = (0..children).map(|_| self.policy(depth - 1)).collect();
        match gate {
            0..3 => Policy::Threshold(1 + self.random.below(children.len() as u64) as usize, children),
            3..8 => Policy::All(children),
            _ => Policy::Any(children),
        }
    }

    /// One record, of which the adversary has some versions: unsealed, sealed at some epochs,
    /// with its rows refreshed, and the proxy's answers to honest readers.
    fn record(&mut self, number: u64, policy: &Policy) {
        let since = self.epoch();
        let clause = if self.weakness == Weakness::NoClause { vec![] } else { self.tree.cover(since) };
        let rho = if self.weakness == Weakness::OneIndex { |_| 1 } else { occurrence as fn(usize) -> usize };
        let s1 = secret(format!("s1 of {number}"));
        let serial =
            if self.weakness == Weakness::OneSeal { "serial".into() } else { format!("serial {number}") };
        let seals: BTreeSet<u32> = (0..self.random.below(3)).map(|_| self.epoch()).collect();
        let unsealed = seals.is_empty() || self.random.percent(20);
        let mut seen: Vec<Header> = Vec::new();
        for version in 0..if self.random.percent(25) { 2 } else { 1 } {
            let header = encrypt_rows(&s1, &format!("{number}.{version}"), policy, &clause, rho);
            let sealed = |&epoch: &u32| header.seal(&serial, epoch, &self.tree.cover(epoch));
            seen.extend(seals.iter().map(sealed));
            // The seal of some epoch may be left over, without the rows that belonged to it.
            if self.random.percent(20) {
                let epoch = self.epoch();
                self.pool.learns(&header.seal(&serial, epoch, &self.tree.cover(epoch)).seal.unwrap());
            }
            if unsealed {
                seen.push(header);
            }
        }
        seen.iter().for_each(|header| self.pool.learns(header));
        for key in &self.proxy {
            self.pool.learns_gt(&seen[0].transform(key));
        }
        let holds =
            |held: &BTreeSet<Label>, epoch: u32| !held.is_disjoint(&labels(&[], self.tree.cover(epoch)));
        let entitled = self.corrupt.iter().any(|held| {
            let seal_opens = unsealed || seals.iter().any(|&epoch| holds(held, epoch));
            policy.satisfied_by(held) && holds(held, since) && seal_opens
        });
        self.targets.push((seen[0].session_key(&self.realm), entitled));
    }

    /// What the span decides otherwise than logic; nothing if all is well.
    fn disagreement(&self) -> Option<String> {
        let mut span = self.pool.span();
        let wrong = self.targets.iter().position(|(target, entitled)| span.contains(target) != *entitled);
        if let Some(record) = wrong {
            let entitled = self.targets[record].1;
            return Some(format!("record {record}: entitled {entitled}, reached {}", !entitled));
        }
        // Nor may any combination of the other session keys be within reach.
        let mut closed = self.targets.iter().filter(|(_, entitled)| !entitled);
        if closed.any(|(target, _)| !span.insert(target)) {
            return Some("a combination of session keys is reached".into());
        }
        self.pool.reaches_g1(&self.realm.alpha).then(|| "the master key is reached".into())
    }
}

/// Larger worlds take most of the time and show nothing that smaller ones do not.
const PAIRINGS: usize = 6000;

fn worlds(seeds: std::ops::Range<u64>, weakness: Weakness) -> impl Iterator<Item = World> {
    seeds.map(move |seed| World::new(seed, weakness)).filter(|world| world.pool.pairings() <= PAIRINGS)
}

#[test]
fn the_span_agrees_with_logic_in_random_worlds() {
    let full = std::env::var_os("HIPPOCRYPT_FULL").is_some_and(|value| value == "1");
    let count = if full { 100_000 } else { 2_000 };
    let (mut seen, mut entitled, mut closed) = (0, 0, 0);
    for world in worlds(0..count, Weakness::None) {
        if let Some(what) = world.disagreement() {
            panic!("seed {}: {what}", world.seed);
        }
        seen += 1;
        for (_, target) in &world.targets {
            *if *target { &mut entitled } else { &mut closed } += 1;
        }
    }
    // Neither answer may become a rarity.
    assert!(seen * 10 > count * 9 && entitled * 5 > seen && closed * 5 > seen, "{seen} {entitled} {closed}");
    println!("{seen} worlds, {entitled} targets open, {closed} closed");
}

#[test]
fn random_worlds_find_every_weakness() {
    for weakness in [
        Weakness::OneRandomness,
        Weakness::OneIndex,
        Weakness::OneSeal,
        Weakness::BareDelegates,
        Weakness::NoClause,
        Weakness::NoBlinding,
    ] {
        let found = worlds(0..1000, weakness).position(|world| world.disagreement().is_some());
        println!("{weakness:?}: world {found:?}");
        assert!(found.is_some(), "{weakness:?} is not found");
    }
}
