//! Contributions of the columns to T2 and SPE.

/// Which of the two statistics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// Hotelling's T2 of the retained components: an ordinary pattern, too strong.
    T2,
    /// Squared prediction error (Q) of the discarded ones: a pattern that the healthy rows did not have.
    Spe,
}

/// Which decomposition of T2, in the words of Alcala & Qin (2009, 2011); `M = P diag(1 / lambda) Pᵀ`, `z` the scaled row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum T2Contribution {
    /// `((M^1/2 z)_j)²`, with `M^1/2 = P diag(lambda^-1/2) Pᵀ`: not negative, adds up to T2 (complete decomposition,
    /// Wise, Ricker & Veltkamp 1989).
    #[default]
    Complete,
    /// `z_j (M z)_j`: adds up to T2, single terms can be negative (partial decomposition, Nomikos 1996). Some texts
    /// give it the name of the complete one.
    Partial,
    /// `(M z)_j² / M_jj`: how much T2 falls when the best value is put in place of column j (Alcala & Qin 2009). Does
    /// not add up; names the right column for a large fault in one column, where the others can smear.
    Reconstruction,
}

/// Contributions to T2 of the scaled row `z`: row `a` of `loadings` is component `a`.
pub(super) fn t2(kind: T2Contribution, z: &[f64], loadings: &[f64], eigenvalues: &[f64]) -> Vec<f64> {
    let d = z.len();
    let mut product = vec![0.0; d];
    let mut diagonal = vec![0.0; d];
    for (p, &lambda) in loadings.chunks_exact(d.max(1)).zip(eigenvalues) {
        let t: f64 = p.iter().zip(z).map(|(p, z)| p * z).sum();
        let weight = if kind == T2Contribution::Complete { 1.0 / lambda.sqrt() } else { 1.0 / lambda };
        for ((m, q), p) in product.iter_mut().zip(&mut diagonal).zip(p) {
            *m += p * t * weight;
            *q += p * p * weight;
        }
    }
    let terms = z.iter().zip(&product).zip(&diagonal);
    match kind {
        T2Contribution::Complete => terms.map(|((_, m), _)| m * m).collect(),
        T2Contribution::Partial => terms.map(|((z, m), _)| z * m).collect(),
        T2Contribution::Reconstruction => terms.map(|((_, m), q)| if *q > 0.0 { m * m / q } else { 0.0 }).collect(),
    }
}

/// Residual of the scaled row, and the diagonal of the residual projector `I - P Pᵀ`.
pub(super) fn residual(z: &[f64], loadings: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut r = z.to_vec();
    let mut diagonal = vec![1.0; z.len()];
    for p in loadings.chunks_exact(z.len().max(1)) {
        let t: f64 = p.iter().zip(z).map(|(p, z)| p * z).sum();
        for ((r, q), p) in r.iter_mut().zip(&mut diagonal).zip(p) {
            *r -= p * t;
            *q -= p * p;
        }
    }
    (r, diagonal)
}
