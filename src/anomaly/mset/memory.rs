//! Which training rows the memory keeps.

/// Rows of a row-major table that span it: for every column the rows that hold its smallest and largest value, then rows
/// at equal steps in the order of their length, until there are `wanted`. Ascending; all rows when there are not more.
///
/// The two steps are those of the method's practice (Gross et al. 1997; Zavaljevski & Gross 2000: min-max selection and
/// vector ordering).
pub(super) fn select(cells: &[f64], d: usize, wanted: usize) -> Vec<usize> {
    let n = cells.len() / d.max(1);
    if n <= wanted {
        return (0..n).collect();
    }
    let mut taken = vec![false; n];
    for j in 0..d {
        let (mut low, mut high) = (0, 0);
        for i in 1..n {
            if cells[i * d + j] < cells[low * d + j] {
                low = i;
            }
            if cells[i * d + j] > cells[high * d + j] {
                high = i;
            }
        }
        taken[low] = true;
        taken[high] = true;
    }
    let extremes = taken.iter().filter(|t| **t).count();
    let mut rest: Vec<(f64, usize)> = (0..n)
        .filter(|&i| !taken[i])
        .map(|i| (cells[i * d..(i + 1) * d].iter().map(|v| v * v).sum::<f64>(), i))
        .collect();
    rest.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let more = wanted.saturating_sub(extremes).min(rest.len());
    for step in 0..more {
        // The middles of `more` equal parts.
        taken[rest[(2 * step + 1) * rest.len() / (2 * more)].1] = true;
    }
    (0..n).filter(|&i| taken[i]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_and_equal_steps() {
        let cells: Vec<f64> = (0..100).map(|i| f64::from((i * 37) % 100)).collect();
        let picked = select(&cells, 1, 12);
        assert_eq!(picked.len(), 12);
        let mut values: Vec<f64> = picked.iter().map(|&i| cells[i]).collect();
        values.sort_unstable_by(f64::total_cmp);
        assert_eq!((values[0], values[11]), (0.0, 99.0));
        assert!(values.windows(2).all(|w| w[1] - w[0] <= 11.0));
        assert_eq!(select(&cells, 1, 100).len(), 100);
        // The extremes are kept even when fewer are wanted.
        assert_eq!(select(&cells, 2, 1).len(), 4);
        assert_eq!(select(&[1.0; 40], 2, 3), [0, 5, 15]);
    }
}
