//! Family `features/<prefix>`: the ids of the series files, and the cases without a series.

use super::Tally;
use std::path::Path;

pub fn run(_dir: &Path, _tally: &mut Tally) {}
