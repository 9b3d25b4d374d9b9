//! A reader's way to trapdoors: blinded at the gate, verified, and what they open. `[SRCH-3.4]` `[SRCH-7]`

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use once_cell::race::OnceBox;
use rand_core::CryptoRng;

use super::context::{Context, PolicyId, WriterId};
use super::error::GateError;
use super::gate::{GateAnswer, GateRequest, MAX_POINTS};
use super::head::{Head, PolicyEntry};
use super::keyword::{Keyword, MAX_FIELD_BYTES, MAX_VALUE_BYTES};
use super::owner::PolicySeed;
use super::scheme::{self, LabKeys};
use super::slot::EntryKey;
use crate::codec::{Decoder, Encoder, Kind};
use crate::error::{DecodeError, DecodeReason};
use crate::math::{G1, G1_BYTES, G2, PreparedG2, Scalar};
use crate::secret::{Secret, SecretBytes, opaque_debug};
use crate::sign::RequestKey;

/// What a reader of a policy has for one context: a, the reader's half of x. `[SRCH-3.2]`
pub struct SearchKey {
    context: Context,
    policy: PolicyId,
    version: u32,
    a: Secret<Scalar>,
}

/// Keywords on their way to the gate and back: the answer is read with it, once.
#[must_use = "send the request, and read the answer with it"]
pub struct AskedGate {
    request: Vec<u8>,
    context: Context,
    keywords: Vec<Keyword>,
    h: Secret<Vec<G1>>,
    rho: Vec<Secret<Scalar>>,
}

/// What was asked, what the gate has answered, and the keys of the context that it is about.
pub struct Answered<'k> {
    /// What was asked.
    pub asked: AskedGate,
    /// The answer.
    pub answer: &'k [u8],
    /// The keys of its context.
    pub keys: &'k ContextKeys,
}

impl fmt::Debug for Answered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answered").finish_non_exhaustive()
    }
}

/// D_w: opens everything that was and will be written under one keyword in one context. A secret. `[SRCH-3.4]`
pub struct Trapdoor {
    context: Context,
    keyword: Keyword,
    /// Boxed, so that moving a trapdoor leaves nothing of it behind.
    d: Box<Secret<G1>>,
}

/// The public keys of a context, made ready: X, and Y of every lab. `[SRCH-7.1]`
///
/// Make it once for a head: a lab's part takes 0.1 ms at its first use, and 20 KB.
pub struct ContextKeys {
    context: Context,
    context_bytes: Vec<u8>,
    x_point: G2,
    x_lines: OnceBox<PreparedG2>,
    writers: BTreeMap<WriterId, Option<Lab>>,
}

struct Lab {
    y_point: G2,
    lines: OnceBox<PreparedG2>,
}

/// The keys of the entries of one keyword in one context, one for each writer: what is searched with. A secret. `[SRCH-7.2]`
pub struct EntryKeys {
    pub(super) context: Context,
    pub(super) keyword: Keyword,
    pub(super) keys: BTreeMap<WriterId, EntryKey>,
}

opaque_debug!(SearchKey, AskedGate, Trapdoor, ContextKeys, EntryKeys);

fn lines_of(point: &G2) -> Box<PreparedG2> {
    Box::new(PreparedG2::new(point))
}

impl ContextKeys {
    /// The keys of a context; `None` unless the head says that it is live.
    pub fn new(head: &Head, context: &Context) -> Option<Self> {
        let x_point = head.scope(context)?.x_point;
        let lab = |y_point: &G2| Lab { y_point: *y_point, lines: OnceBox::new() };
        let writers = head.writers(context).map(|writer| (writer.writer, writer.y_point.as_ref().map(lab)));
        Some(Self {
            context: context.clone(),
            context_bytes: context.to_bytes(),
            x_point,
            x_lines: OnceBox::new(),
            writers: writers.collect(),
        })
    }

    /// The context.
    pub fn context(&self) -> &Context {
        &self.context
    }

    fn x_lines(&self) -> &PreparedG2 {
        self.x_lines.get_or_init(|| lines_of(&self.x_point))
    }
}

impl SearchKey {
    /// The reader's half, from the seed that a head's entry wraps.
    pub fn new(seed: &PolicySeed, context: &Context, entry: &PolicyEntry) -> Self {
        let a = scheme::reader_exponent(&seed.0, context);
        Self { context: context.clone(), policy: entry.policy, version: entry.version, a }
    }

    /// The context.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Asks the gate `gate`, as `reader`, for the trapdoors of up to 64 keywords. `now` is in seconds since 1970.
    ///
    /// # Errors
    /// [`GateError::Count`].
    pub fn ask(
        &self,
        keywords: &[Keyword],
        gate: &str,
        reader: &str,
        key: &RequestKey,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<AskedGate, GateError> {
        if keywords.is_empty() || keywords.len() > MAX_POINTS {
            return Err(GateError::Count(MAX_POINTS));
        }
        let references: Vec<&Keyword> = keywords.iter().collect();
        let h = scheme::hash_keywords(&self.context, &references);
        // One for each keyword: a common one would show the gate whether two requests ask for the same pair.
        let rho: Vec<_> = keywords.iter().map(|_| Secret::random_nonzero(rng)).collect();
        let points = h
            .expose_secret()
            .iter()
            .zip(&rho)
            .map(|(h, rho)| scheme::blind(h, &self.a, rho).to_bytes())
            .collect();
        let request =
            GateRequest::sign(key, gate, reader, &self.context, &self.policy, self.version, now, points, rng);
        let (context, keywords) = (self.context.clone(), keywords.to_vec());
        Ok(AskedGate { request: request?.to_bytes(), context, keywords, h, rho })
    }
}

impl AskedGate {
    /// The bytes for the gate.
    pub fn request(&self) -> &[u8] {
        &self.request
    }

    /// Reads the gate's answer, and verifies all of it at once: nothing that is not right comes out.
    ///
    /// # Errors
    /// [`GateError::Malformed`], [`GateError::NotAsked`], [`GateError::WrongAnswer`].
    pub fn finish(
        self,
        answer: &[u8],
        keys: &ContextKeys,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<Trapdoor>, GateError> {
        let answered = Answered { asked: self, answer, keys };
        Ok(Self::finish_all([answered], rng)?.pop().unwrap_or_default())
    }

    /// Reads several answers, which may be about several indexes, and verifies them all at once: of many that is a third of the work. Nothing comes out unless all is right.
    ///
    /// # Errors
    /// Those of [`finish`](Self::finish).
    pub fn finish_all<'k>(
        answered: impl IntoIterator<Item = Answered<'k>>,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<Vec<Trapdoor>>, GateError> {
        let mut all = Vec::new();
        for Answered { asked, answer, keys } in answered {
            let answer = GateAnswer::from_bytes(answer)?;
            if answer.points.len() != asked.keywords.len() || keys.context != asked.context {
                return Err(GateError::NotAsked);
            }
            let unblinded = answer.points.iter().zip(&asked.rho).map(|(z, rho)| scheme::unblind(z, rho));
            let d = Secret::new(unblinded.collect::<Vec<G1>>());
            all.push((asked, d, keys));
        }
        let contexts: Vec<scheme::Raised<'_>> = all
            .iter()
            .map(|(asked, d, keys)| scheme::Raised {
                d: d.expose_secret(),
                h: asked.h.expose_secret(),
                x_lines: keys.x_lines(),
            })
            .collect();
        if !scheme::trapdoors_are_right(&contexts, rng) {
            return Err(GateError::WrongAnswer);
        }
        let trapdoors = all.iter().map(|(asked, d, _)| {
            let of =
                |(keyword, d): (&Keyword, &G1)| Trapdoor::new(asked.context.clone(), keyword.clone(), *d);
            asked.keywords.iter().zip(d.expose_secret()).map(of).collect()
        });
        Ok(trapdoors.collect())
    }
}

impl Trapdoor {
    pub(super) fn new(context: Context, keyword: Keyword, d: G1) -> Self {
        Self { context, keyword, d: Box::new(Secret::new(d)) }
    }

    /// The keyword.
    pub fn keyword(&self) -> &Keyword {
        &self.keyword
    }

    /// The context.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The keys of the entries that each writer of the context makes under this keyword: a pairing for each lab. `[SRCH-7.2]`
    ///
    /// `None` if `keys` are of another context.
    pub fn entry_keys(&self, keys: &ContextKeys) -> Option<EntryKeys> {
        self.entry_keys_of(keys, |_| true)
    }

    /// The same for some of the writers: of a lab that has written nothing no key is needed, and each costs half a millisecond.
    pub fn entry_keys_of(
        &self,
        keys: &ContextKeys,
        mut is_needed: impl FnMut(&WriterId) -> bool,
    ) -> Option<EntryKeys> {
        if keys.context != self.context {
            return None;
        }
        let (context, keyword, d) = (&keys.context_bytes, &self.keyword, self.d.expose_secret());
        let x_point = keys.x_point.to_bytes();
        let key_of = |(writer, lab): (&WriterId, &Option<Lab>)| {
            let t = match lab {
                None => scheme::own_entry_key(context, writer, keyword, d),
                Some(lab) => {
                    let y_point = lab.y_point.to_bytes();
                    let bound = LabKeys { context, writer, y_point: &y_point, x_point: &x_point };
                    let lines = lab.lines.get_or_init(|| lines_of(&lab.y_point));
                    scheme::lab_entry_key(&bound, keyword, d, lines)
                }
            };
            (*writer, EntryKey::new(&t))
        };
        let keys = keys.writers.iter().filter(|(writer, _)| is_needed(writer)).map(key_of).collect();
        Some(EntryKeys { context: self.context.clone(), keyword: self.keyword.clone(), keys })
    }

    /// Encodes trapdoors, to be kept: a secret. A trapdoor is good for its index epoch, and what was found with it once can be found
    /// again without a gate.
    pub fn all_to_bytes(trapdoors: &[Trapdoor]) -> SecretBytes {
        let size = |trapdoor: &Trapdoor| 128 + trapdoor.keyword.as_bytes().len();
        let mut encoder = Encoder::object(Kind::Trapdoors, 4 + trapdoors.iter().map(size).sum::<usize>());
        encoder.count(trapdoors.len());
        for trapdoor in trapdoors {
            trapdoor.context.encode(&mut encoder);
            encoder.short_bytes(trapdoor.keyword.as_bytes());
            encoder.raw(Secret::new(trapdoor.d.expose_secret().to_bytes()).expose_secret());
        }
        encoder.finish_secret()
    }

    /// Decodes trapdoors that were kept.
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn all_from_bytes(bytes: &[u8]) -> Result<Vec<Trapdoor>, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::Trapdoors)?;
        let count = decoder.count(25 + G1_BYTES, "number of trapdoors")?;
        let mut trapdoors = Vec::with_capacity(count);
        for _ in 0..count {
            let context = Context::decode(&mut decoder)?;
            let keyword = decode_keyword(&mut decoder)?;
            let at = decoder.position();
            let d = G1::from_bytes(decoder.secret("trapdoor")?.expose_secret());
            let d = d.ok_or(Decoder::error_at(at, "trapdoor", DecodeReason::InvalidPoint))?;
            trapdoors.push(Trapdoor::new(context, keyword, d));
        }
        decoder.finish()?;
        Ok(trapdoors)
    }
}

pub(super) fn decode_keyword(decoder: &mut Decoder<'_>) -> Result<Keyword, DecodeError> {
    let at = decoder.position();
    let bytes = decoder.short_bytes(2 + MAX_FIELD_BYTES + MAX_VALUE_BYTES, "keyword")?;
    let reason = DecodeReason::NotCanonical("a keyword is version 1, field, 0x1f, value");
    Keyword::from_bytes(bytes).map_err(|_| Decoder::error_at(at, "keyword", reason))
}

impl EntryKeys {
    /// The keyword.
    pub fn keyword(&self) -> &Keyword {
        &self.keyword
    }

    /// The context.
    pub fn context(&self) -> &Context {
        &self.context
    }
}
