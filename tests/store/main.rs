//! The stores: that all of them do the same, and what is left after a kill, a full disk, or damage.

mod conformance;
