//! All threads of the crate start here.
//!
//! The rule that keeps results the same bits on any number of threads, and without the `parallel` feature:
//! items are mapped independently into places that belong to them, and whatever is reduced is reduced
//! afterwards in the order of the index.

/// Maps `0..n` to a vector in index order; every worker makes its own scratch with `init`.
pub(crate) fn map_init<S, T, I, F>(n: usize, init: I, f: F) -> Vec<T>
where
    T: Send,
    I: Fn() -> S + Sync + Send,
    F: Fn(&mut S, usize) -> T + Sync + Send,
{
    #[cfg(feature = "parallel")]
    {
        use rayon::prelude::*;
        (0..n).into_par_iter().map_init(init, |s, i| f(s, i)).collect()
    }
    #[cfg(not(feature = "parallel"))]
    {
        let mut scratch = init();
        (0..n).map(|i| f(&mut scratch, i)).collect()
    }
}

/// Maps `0..n` to a vector in index order.
pub(crate) fn map<T, F>(n: usize, f: F) -> Vec<T>
where
    T: Send,
    F: Fn(usize) -> T + Sync + Send,
{
    map_init(n, || (), |(), i| f(i))
}

/// Hands the rows of a row-major buffer, each `width` long, to `f` with their index.
///
/// `width` 0 does nothing. A last incomplete row is handed out as it is.
pub(crate) fn rows_init<S, V, I, F>(out: &mut [V], width: usize, init: I, f: F)
where
    V: Send,
    I: Fn() -> S + Sync + Send,
    F: Fn(&mut S, usize, &mut [V]) + Sync + Send,
{
    if width == 0 {
        return;
    }
    #[cfg(feature = "parallel")]
    {
        use rayon::prelude::*;
        out.par_chunks_mut(width).enumerate().for_each_init(init, |s, (i, row)| f(s, i, row));
    }
    #[cfg(not(feature = "parallel"))]
    {
        let mut scratch = init();
        for (i, row) in out.chunks_mut(width).enumerate() {
            f(&mut scratch, i, row);
        }
    }
}
