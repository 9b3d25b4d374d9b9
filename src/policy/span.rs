//! The monotone span program of a policy, as a tree. (SPEC `[POL-9]`)
//!
//! A policy with ℓ leaves stands for a matrix M of ℓ rows over the scalars. The shares of a secret s
//! are λ_i = M_i·(s, v) with fresh v; rows I can be combined to (1,0,..,0) if and only if their
//! labels satisfy the policy. M is never written down: sharing walks the tree.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::attribute::Label;
use super::tree::Node;
use crate::math::Scalar;
use crate::secret::Secret;

/// One row of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Its label π(i), an index into [`SpanProgram::labels`].
    pub label: usize,
    /// ρ(i): the number of rows up to and including this one that bear the same label; from 1.
    pub occurrence: usize,
}

/// A monotone span program.
///
/// Rows are numbered from 0 in the order of the leaves of the canonical policy, a comparison being
/// the `or` of its cover.
#[derive(Debug, Clone)]
pub struct SpanProgram {
    pub(super) root: Gate,
    labels: Vec<Label>,
    rows: Vec<Row>,
    tau: usize,
    columns: usize,
    time_rows: usize,
}

/// A node of the tree; the rows below it are numbered from left to right.
#[derive(Debug, Clone)]
pub(super) enum Gate {
    Row,
    /// Additive sharing: the children's secrets add up.
    And(Vec<Gate>),
    /// Every child gets the secret.
    Or(Vec<Gate>),
    /// Shamir's sharing with this threshold.
    Threshold(usize, Vec<Gate>),
}

impl SpanProgram {
    /// (∨ time) ∧ policy; the policy alone if `time` is empty. The rows of time come first. (SPEC `[REV-3]`)
    pub(crate) fn new(time: Vec<Label>, policy: &Node) -> Self {
        let mut builder =
            Builder { indices: BTreeMap::new(), occurrences: Vec::new(), rows: Vec::new(), columns: 1 };
        let clause = builder.any_of(time);
        let time_rows = builder.rows.len();
        let mut root = builder.gate(policy);
        if time_rows > 0 {
            builder.columns += 1;
            root = Gate::And(alloc::vec![clause, root]);
        }
        let mut labels: Vec<_> = builder.indices.into_iter().collect();
        labels.sort_unstable_by_key(|(_, index)| *index);
        Self {
            root,
            labels: labels.into_iter().map(|(label, _)| label).collect(),
            rows: builder.rows,
            tau: builder.occurrences.into_iter().max().unwrap_or(0),
            columns: builder.columns,
            time_rows,
        }
    }

    /// The distinct labels, in the order of their first rows.
    pub fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// The rows.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// ℓ, the number of rows: at least 1.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// How many of the rows, from the first on, are those of a time clause. They all have one share.
    pub fn time_rows(&self) -> usize {
        self.time_rows
    }

    /// τ = max ρ(i): how often the commonest label is used.
    pub fn tau(&self) -> usize {
        self.tau
    }

    /// Columns of the matrix: 1 + the fresh values that [`Self::share`] draws.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The shares λ_i = M_i·(s, v) of `secret`, one for each row.
    ///
    /// `fresh` yields the entries of v in the order of the specification: each gate, before its
    /// children, draws m − 1 values if it is an `and` of m, k − 1 if it is a `k of n`.
    pub fn share(
        &self,
        secret: &Secret<Scalar>,
        mut fresh: impl FnMut() -> Secret<Scalar>,
    ) -> Vec<Secret<Scalar>> {
        let mut shares = Vec::with_capacity(self.len());
        share(&self.root, secret, &mut fresh, &mut shares);
        shares
    }

    /// The matrix itself, rows by columns, for tests and study: up to a million entries.
    #[cfg(any(test, feature = "hazmat"))]
    pub fn matrix(&self) -> Vec<Vec<Scalar>> {
        let mut first = alloc::vec![Scalar::zero(); self.columns];
        if let Some(entry) = first.first_mut() {
            *entry = Scalar::one();
        }
        let mut matrix = Vec::with_capacity(self.len());
        expand(&self.root, first, &mut 1, &mut matrix);
        matrix
    }
}

/// Numbers rows, labels and occurrences.
struct Builder {
    indices: BTreeMap<Label, usize>,
    /// Rows so far, by label.
    occurrences: Vec<usize>,
    rows: Vec<Row>,
    columns: usize,
}

impl Builder {
    fn gate(&mut self, node: &Node) -> Gate {
        match node {
            Node::Attribute(attribute) => self.row(attribute.label()),
            Node::Range(range) => self.any_of(range.labels()),
            Node::And(children) => {
                self.columns += children.len() - 1;
                Gate::And(self.gates(node))
            }
            Node::Or(_) => Gate::Or(self.gates(node)),
            Node::Threshold(k, _) => {
                let k = usize::from(*k);
                self.columns += k - 1;
                Gate::Threshold(k, self.gates(node))
            }
        }
    }

    fn any_of(&mut self, labels: Vec<Label>) -> Gate {
        let mut rows: Vec<_> = labels.into_iter().map(|label| self.row(label)).collect();
        match rows.pop() {
            Some(only) if rows.is_empty() => only,
            last => Gate::Or(rows.into_iter().chain(last).collect()),
        }
    }

    fn gates(&mut self, node: &Node) -> Vec<Gate> {
        node.children().iter().map(|child| self.gate(child)).collect()
    }

    fn row(&mut self, label: Label) -> Gate {
        let label = *self.indices.entry(label).or_insert_with(|| {
            self.occurrences.push(0);
            self.occurrences.len() - 1
        });
        if let Some(occurrence) = self.occurrences.get_mut(label) {
            *occurrence += 1;
            self.rows.push(Row { label, occurrence: *occurrence });
        }
        Gate::Row
    }
}

fn share(
    gate: &Gate,
    secret: &Secret<Scalar>,
    fresh: &mut impl FnMut() -> Secret<Scalar>,
    shares: &mut Vec<Secret<Scalar>>,
) {
    match gate {
        Gate::Row => shares.push(Secret::new(*secret.expose_secret())),
        Gate::Or(children) => {
            for child in children {
                share(child, secret, fresh, shares);
            }
        }
        Gate::And(children) => {
            // v_1, .., v_{m-1}, and what is left of the secret.
            // The capacity is final: a growing vector would leave copies behind.
            let mut parts = Vec::with_capacity(children.len());
            parts.extend(children.iter().skip(1).map(|_| fresh()));
            let mut rest = Secret::new(*secret.expose_secret());
            for part in &parts {
                rest = Secret::new(*rest.expose_secret() - *part.expose_secret());
            }
            parts.push(rest);
            for (child, part) in children.iter().zip(&parts) {
                share(child, part, fresh, shares);
            }
        }
        Gate::Threshold(k, children) => {
            // f(x) = s + v_1·C(x,1) + .. + v_{k-1}·C(x,k-1): the coefficients are the forward
            // differences of f at 0, and from one point to the next takes k - 1 additions.
            let mut differences = Vec::with_capacity(*k);
            differences.push(Secret::new(*secret.expose_secret()));
            differences.extend((1..*k).map(|_| fresh()));
            for child in children {
                step(&mut differences);
                if let Some(value) = differences.first() {
                    share(child, value, fresh, shares);
                }
            }
        }
    }
}

/// From the forward differences of a polynomial at x to those at x + 1.
fn step(differences: &mut [Secret<Scalar>]) {
    let mut rest = differences;
    while let [here, tail @ ..] = rest {
        if let Some(next) = tail.first() {
            let sum = *here.expose_secret() + *next.expose_secret();
            *here.expose_secret_mut() = sum;
        }
        rest = tail;
    }
}

/// Appends the rows below `gate`, whose secret is `row`·(s, v); its fresh values begin at `column`.
#[cfg(any(test, feature = "hazmat"))]
fn expand(gate: &Gate, row: Vec<Scalar>, column: &mut usize, matrix: &mut Vec<Vec<Scalar>>) {
    match gate {
        Gate::Row => matrix.push(row),
        Gate::Or(children) => {
            for child in children {
                expand(child, row.clone(), column, matrix);
            }
        }
        Gate::And(children) => {
            let first = *column;
            *column += children.len() - 1;
            for (index, child) in children.iter().enumerate() {
                let mut part = if index + 1 == children.len() { row.clone() } else { zeros(row.len()) };
                let last = index + 1 == children.len();
                for (at, entry) in part.iter_mut().enumerate().skip(first).take(children.len() - 1) {
                    if last {
                        *entry = -Scalar::one();
                    } else if at == first + index {
                        *entry = Scalar::one();
                    }
                }
                expand(child, part, column, matrix);
            }
        }
        Gate::Threshold(k, children) => {
            let first = *column;
            *column += k - 1;
            for (child, x) in children.iter().zip(1u64..) {
                let mut part = row.clone();
                // C(x, j) = C(x, j-1)·(x - j + 1)/j
                let mut binomial = Scalar::one();
                for (entry, j) in part.iter_mut().skip(first).take(k - 1).zip(1u64..) {
                    binomial = if j > x {
                        Scalar::zero()
                    } else {
                        binomial * Scalar::from_u64(x - j + 1) * Scalar::from_u64(j).invert()
                    };
                    *entry = binomial;
                }
                expand(child, part, column, matrix);
            }
        }
    }
}

#[cfg(any(test, feature = "hazmat"))]
fn zeros(length: usize) -> Vec<Scalar> {
    alloc::vec![Scalar::zero(); length]
}
