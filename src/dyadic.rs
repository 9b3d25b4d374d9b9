//! Dyadic intervals.
