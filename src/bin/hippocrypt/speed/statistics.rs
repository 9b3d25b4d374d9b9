//! Medians, quartiles, geometric means.

/// The median; NaN of nothing.
pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The distance of the quartiles in percent of the median: half of the values lie within it.
pub fn spread(values: &[f64]) -> f64 {
    100.0 * (quantile(values, 0.75) - quantile(values, 0.25)) / median(values)
}

/// The value below which the fraction `q` of `values` lies, interpolated linearly between neighbours.
pub fn quantile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mut above = q * sorted.len().saturating_sub(1) as f64;
    let mut rest = sorted.iter();
    while above >= 1.0 {
        rest.next();
        above -= 1.0;
    }
    match (rest.next(), rest.next()) {
        (Some(low), Some(high)) => low + above * (high - low),
        (Some(last), None) => *last,
        _ => f64::NAN,
    }
}

/// The mean of ratios, to which r and 1/r add up to nothing.
pub fn geometric_mean(ratios: &[f64]) -> f64 {
    (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp()
}

/// `value` to so many significant digits.
pub fn significant(value: f64, digits: usize) -> f64 {
    format!("{value:.*e}", digits.saturating_sub(1)).parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[3.0]), 3.0);
        assert_eq!(median(&[9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 100.0]), 3.0);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn the_spread_ignores_the_outer_half() {
        // Quartiles 2 and 4 of 1..=5, and an outlier instead of 5.
        assert_eq!(spread(&[5.0, 1.0, 4.0, 2.0, 3.0]), 200.0 / 3.0);
        assert_eq!(spread(&[1e9, 1.0, 4.0, 2.0, 3.0]), 200.0 / 3.0);
        // Between neighbours: 1.75 and 3.25 of 1..=4.
        assert_eq!(spread(&[1.0, 2.0, 3.0, 4.0]), 60.0);
        assert_eq!(spread(&[7.0]), 0.0);
    }

    #[test]
    fn ratios_that_undo_each_other_have_the_mean_one() {
        assert!((geometric_mean(&[4.0, 0.25]) - 1.0).abs() < 1e-12);
        assert!((geometric_mean(&[2.0, 8.0]) - 4.0).abs() < 1e-12);
    }

    #[test]
    fn digits_that_do_not_count_are_dropped() {
        assert_eq!(significant(1_234.567, 3), 1_230.0);
        assert_eq!(significant(0.000_123_456, 3), 0.000_123);
        assert_eq!(significant(9.999, 3), 10.0);
        assert_eq!(significant(0.0, 3), 0.0);
    }
}
