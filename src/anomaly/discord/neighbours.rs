//! The k nearest neighbours of every stretch.

/// The k nearest neighbours of every stretch, nearest first.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub struct Neighbours {
    k: usize,
    /// By rank, then by stretch.
    distances: Vec<f64>,
    indices: Vec<Option<usize>>,
}

impl Neighbours {
    /// From the list of each stretch, nearest first.
    pub(super) fn gather(k: usize, lists: impl ExactSizeIterator<Item = Vec<(f64, usize)>>) -> Self {
        let count = lists.len();
        let mut all = Self { k, distances: vec![f64::INFINITY; count * k], indices: vec![None; count * k] };
        for (i, list) in lists.enumerate() {
            for (rank, (distance, index)) in list.into_iter().take(k).enumerate() {
                all.distances[rank * count + i] = distance;
                all.indices[rank * count + i] = Some(index);
            }
        }
        all
    }

    /// Number of stretches.
    #[must_use]
    pub fn len(&self) -> usize {
        self.distances.len() / self.k
    }

    /// Whether there is no stretch.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.distances.is_empty()
    }

    /// Neighbours kept of every stretch.
    #[must_use]
    pub fn k(&self) -> usize {
        self.k
    }

    /// Distance of every stretch to its nearest neighbour; infinite where there is none.
    #[must_use]
    pub fn distances(&self) -> &[f64] {
        self.distances_of(0)
    }

    /// Place of the nearest neighbour of every stretch.
    #[must_use]
    pub fn indices(&self) -> &[Option<usize>] {
        self.indices_of(0)
    }

    /// Distance of every stretch to its neighbour of a rank, 0 the nearest; empty beyond the last rank kept.
    #[must_use]
    pub fn distances_of(&self, rank: usize) -> &[f64] {
        if rank < self.k { &self.distances[rank * self.len()..(rank + 1) * self.len()] } else { &[] }
    }

    /// Place of the neighbour of a rank of every stretch, 0 the nearest; empty beyond the last rank kept.
    #[must_use]
    pub fn indices_of(&self, rank: usize) -> &[Option<usize>] {
        if rank < self.k { &self.indices[rank * self.len()..(rank + 1) * self.len()] } else { &[] }
    }

    /// Place and distance of the neighbours of one stretch, nearest first; none for a stretch that is not there.
    pub fn of(&self, stretch: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let count = self.len();
        let ranks = if stretch < count { self.k } else { 0 };
        (0..ranks).filter_map(move |rank| {
            let at = rank * count + stretch;
            self.indices[at].map(|j| (j, self.distances[at]))
        })
    }
}

/// What a file says; checked before it becomes [`Neighbours`]. JSON has no infinity: no number where there is no neighbour.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    k: usize,
    distances: Vec<Option<f64>>,
    indices: Vec<Option<usize>>,
}

#[cfg(feature = "serde")]
impl From<Neighbours> for Raw {
    fn from(all: Neighbours) -> Self {
        let distances = all.distances.into_iter().map(|d| d.is_finite().then_some(d)).collect();
        Self { k: all.k, distances, indices: all.indices }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for Neighbours {
    type Error = crate::error::Error;
    fn try_from(raw: Raw) -> Result<Self, Self::Error> {
        let fits = raw.k > 0 && raw.distances.len() == raw.indices.len() && raw.distances.len().is_multiple_of(raw.k);
        let both = |(d, i): (&Option<f64>, &Option<usize>)| match (d, i) {
            (Some(d), Some(_)) => d.is_finite() && *d >= 0.0,
            (None, None) => true,
            _ => false,
        };
        if !fits || !raw.distances.iter().zip(&raw.indices).all(both) {
            return Err(Self::Error::Model { reason: "neighbours: distances and places do not fit".to_owned() });
        }
        let distances = raw.distances.into_iter().map(|d| d.unwrap_or(f64::INFINITY)).collect();
        Ok(Self { k: raw.k, distances, indices: raw.indices })
    }
}
