//! What the keys and ciphertexts of a realm are powers of, with what is precomputed for them.

use alloc::sync::Arc;
use alloc::vec::Vec;

#[cfg(feature = "std")]
use super::cache::AttributeCache;
use super::scheme;
use crate::math::{FixedG1, FixedG2, FixedGt, Gt};
use crate::policy::Label;

/// E of a realm, and the points of attributes; shared by clones.
#[derive(Clone)]
pub(crate) struct Bases {
    e: Arc<FixedGt>,
    #[cfg(feature = "std")]
    pub(crate) attributes: AttributeCache,
}

impl Bases {
    pub(crate) fn new(e: Gt) -> Self {
        Self {
            e: Arc::new(FixedGt::new(e)),
            #[cfg(feature = "std")]
            attributes: AttributeCache::default(),
        }
    }

    /// E.
    pub(crate) fn e(&self) -> &FixedGt {
        &self.e
    }

    /// H(x) for each label.
    pub(crate) fn points(&self, labels: &[Label]) -> Vec<Arc<FixedG1>> {
        #[cfg(feature = "std")]
        return self.attributes.points(labels);
        #[cfg(not(feature = "std"))]
        return scheme::attribute_points(labels);
    }

    /// Makes the tables of B, g2 and E now, not at their first use that pays.
    pub(crate) fn prepare(&self) {
        scheme::base().prepare();
        FixedG2::generator().prepare();
        self.e.prepare();
    }
}
