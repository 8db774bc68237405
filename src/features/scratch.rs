//! Arrays that features borrow while they compute.

use std::any::Any;

/// Room for the arrays of a feature. It grows on the first window and stays.
///
/// The plain arrays are lent to every feature in turn, so that they stay in the cache; [`Scratch::own`] belongs to one
/// feature alone.
#[derive(Default)]
pub struct Scratch {
    first: Vec<f64>,
    second: Vec<f64>,
    index: Vec<usize>,
    words: Vec<u64>,
    own: Vec<Option<Box<dyn Any + Send + Sync>>>,
    owner: usize,
}

impl std::fmt::Debug for Scratch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scratch").field("floats", &self.first.len()).finish_non_exhaustive()
    }
}

impl Scratch {
    /// What the feature in turn keeps from window to window in this thread: a transform's plan, tables, arrays of other
    /// types. Made by `T::default()` on the first window. It must not change the numbers: a window has the same
    /// features whatever came before it.
    ///
    /// ```
    /// # use prognos::features::Scratch;
    /// #[derive(Default)]
    /// struct Table { squares: Vec<u32> }
    /// let mut scratch = Scratch::default();
    /// let table: &mut Table = scratch.own();
    /// if table.squares.is_empty() {
    ///     table.squares.extend((0..8).map(|i| i * i));
    /// }
    /// assert_eq!(scratch.own::<Table>().squares[3], 9);
    /// ```
    pub fn own<T: Any + Default + Send + Sync>(&mut self) -> &mut T {
        if self.own.len() <= self.owner {
            self.own.resize_with(self.owner + 1, || None);
        }
        let slot = &mut self.own[self.owner];
        if !slot.as_ref().is_some_and(|kept| kept.is::<T>()) {
            *slot = None;
        }
        let kept = slot.get_or_insert_with(|| Box::new(T::default()));
        match kept.downcast_mut() {
            Some(kept) => kept,
            None => unreachable!("the slot was just filled with this type"),
        }
    }

    /// The feature that is about to be computed.
    pub(crate) fn turn(&mut self, owner: usize) {
        self.owner = owner;
    }

    /// An array of `n` numbers; what it holds is left over from before.
    pub fn floats(&mut self, n: usize) -> &mut [f64] {
        grow(&mut self.first, n, 0.0)
    }

    /// A list, empty, which keeps the room it has grown to.
    pub(crate) fn list(&mut self) -> &mut Vec<f64> {
        self.first.clear();
        &mut self.first
    }

    /// Two arrays of `n` and `m` numbers; what they hold is left over from before.
    pub fn two(&mut self, n: usize, m: usize) -> (&mut [f64], &mut [f64]) {
        (grow(&mut self.first, n, 0.0), grow(&mut self.second, m, 0.0))
    }

    /// An array of `n` numbers and one of `m` indices; what they hold is left over from before.
    pub fn floats_and_indices(&mut self, n: usize, m: usize) -> (&mut [f64], &mut [usize]) {
        (grow(&mut self.first, n, 0.0), grow(&mut self.index, m, 0))
    }

    /// Two arrays of `n` and `m` numbers and one of `k` indices; what they hold is left over from before.
    pub fn two_and_indices(&mut self, n: usize, m: usize, k: usize) -> (&mut [f64], &mut [f64], &mut [usize]) {
        (grow(&mut self.first, n, 0.0), grow(&mut self.second, m, 0.0), grow(&mut self.index, k, 0))
    }

    /// An array of `n` words of 64 bits; what it holds is left over from before.
    pub fn words(&mut self, n: usize) -> &mut [u64] {
        grow(&mut self.words, n, 0)
    }
}

fn grow<T: Clone>(buffer: &mut Vec<T>, n: usize, zero: T) -> &mut [T] {
    if buffer.len() < n {
        buffer.resize(n, zero);
    }
    &mut buffer[..n]
}
