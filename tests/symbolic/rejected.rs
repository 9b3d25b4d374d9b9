//! Constructions that were rejected, and the collusions that break them. The "design" side of
//! each pair is the same construction without the collusion, or the variant that stands.

use crate::policy::{Label, labels};
use crate::polynomial::{Polynomial, known, one, secret};
use crate::scheme::{Realm, base, encrypt_rows, occurrence};
use crate::world::*;

/// Binary-tree key updates (KUNodes): alpha is split anew at each node of a tree of readers; in
/// each epoch the authority publishes g1^{alpha - alpha_node} for the nodes above live readers.
#[test]
fn tree_of_readers_with_one_r_for_all_nodes_of_a_reader() {
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let mut pool = realm.outsider();
        let alpha_of = |node: &str| secret(format!("alpha of {node}"));
        for (reader, branch, attributes) in [("revoked", "left", BOTH), ("live", "right", PHYSICIAN)] {
            for node in ["root", branch] {
                let r = secret(format!("r of {reader} {}", twin.pick(node, "at all nodes")));
                let part = Realm { name: "node", alpha: alpha_of(node) };
                pool.learns(&part.key(&r, &labels(attributes, [])));
            }
        }
        let epoch = labels(&["epoch"], []);
        let update = Realm { name: "update", alpha: &realm.alpha - alpha_of("right") };
        pool.learns(&update.key(&secret("r of the epoch"), &epoch));
        // Policy and epoch both share s1, in rows of their own.
        let s1 = secret("s1");
        for (policy, tag) in [(physician_in_cardiology(), "rows"), ("epoch".into(), "epoch row")] {
            pool.learns(&encrypt_rows(&s1, tag, &policy, &[], occurrence));
        }
        pool.reaches(&(s1 * &realm.alpha))
    });
}

/// The exponents of a record and a key in constructions where the attribute or the epoch is a
/// secret multiple of a point: C1 = s, row = B λ + element s', key part = element r.
struct Sketch {
    realm: Realm,
    s: Polynomial,
    s_prime: Polynomial,
    r: Polynomial,
}

impl Sketch {
    fn new() -> Self {
        let [s, s_prime, r] = ["s", "s'", "r"].map(secret);
        Self { realm: Realm::setup("realm"), s, s_prime, r }
    }

    /// The reader holds a key with this part; of the header he has one row under the element.
    fn opens(&self, part: &Polynomial, element: &Polynomial, extra: &[Polynomial]) -> bool {
        let mut reader = self.realm.outsider();
        reader.learns_g2(&self.r);
        reader.learns_g1(&(&self.realm.alpha + base() * &self.r));
        reader.learns_g1(&(part * &self.r));
        reader.learns_g2(&self.s);
        reader.learns_g2(&self.s_prime);
        reader.learns_g1(&(base() * &self.s + element * &self.s_prime));
        extra.iter().for_each(|element| reader.learns_g1(element));
        reader.reaches(&(&self.realm.alpha * &self.s))
    }
}

/// Epoch t has the element g1^{τ_t}; rows move from epoch to epoch by a number τ_{t+1} - τ_t
/// that the store holds. The number moves old keys, too.
#[test]
fn epoch_deltas_with_a_revoked_reader_and_the_delta_of_the_store() {
    only_the_twin_breaks(|twin| {
        let sketch = Sketch::new();
        let tau = secret("tau");
        let next = &tau + twin.pick(secret("delta"), known("delta"));
        let public = [tau.clone(), next.clone(), sketch.s_prime.clone()];
        sketch.opens(&tau, &next, &public)
    });
}

/// Each attribute has a version u; revocation multiplies rows and keys by rk = u'/u.
#[test]
fn attribute_versions_with_a_revoked_reader_and_the_re_encryption_key() {
    only_the_twin_breaks(|twin| {
        let sketch = Sketch::new();
        let h = Label::attribute("physician").hash();
        let u = secret("u");
        let next = twin.pick(secret("u'"), &u * known("rk"));
        sketch.opens(&(&h * &u), &(&h * &next), &[&h * &u, &h * &next])
    });
}

/// One factor for the rows of all attributes: shares are replaced, never multiplied.
#[test]
fn shares_multiplied_by_a_number_the_store_knows() {
    only_the_twin_breaks(|twin| {
        let sketch = Sketch::new();
        let h = Label::attribute("physician").hash();
        // The store publishes (B^s H^{s'})^c as the row after a revocation.
        let c = twin.pick(secret("c"), known("c"));
        let row = (base() * &sketch.s + &h * &sketch.s_prime) * c;
        let mut reader = sketch.realm.outsider();
        reader.learns(&sketch.realm.key(&sketch.r, &labels(PHYSICIAN, [])));
        reader.learns_g2(&sketch.s);
        reader.learns_g2(&sketch.s_prime);
        reader.learns_g1(&row);
        reader.reaches(&(&sketch.realm.alpha * &sketch.s))
    });
}

/// A key that is not bound to a reader by r: K2 = g1^alpha B, K3 = H(x).
#[test]
fn keys_without_r_pool() {
    only_the_twin_breaks(|twin| {
        let realm = Realm::setup("realm");
        let mut pool = realm.outsider();
        for (name, attributes) in [("bob", PHYSICIAN), ("carol", CARDIOLOGY)] {
            let r = twin.pick(secret(format!("r of {name}")), one());
            pool.learns(&realm.key(&r, &labels(attributes, TREE.path(3))));
        }
        let record = record("record", 2);
        pool.learns(&record);
        pool.reaches(&record.session_key(&realm))
    });
}
