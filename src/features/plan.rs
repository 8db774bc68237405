//! A feature set compiled for speed: kernels by calculator, one list of what they all need.

use super::calculator::{Build, Kernel, MODERATE};
use super::set::{Feature, FeatureSet, NanPolicy};
use super::shared::{Needs, Scratch, Shared, Workspace};
use super::spec::{Args, FeatureSpec};
use crate::error::{Error, Result};
use crate::math::lanes;
use crate::signal::{SampleRate, Window};
use std::sync::Arc;

/// The kernels of a set, immutable and shared by all threads.
pub(crate) struct Plan {
    needs: Needs,
    kernels: Vec<Planned>,
    width: usize,
    widest: usize,
    /// Whether a kernel is for moderate samples only.
    asks_size: bool,
}

struct Planned {
    kernel: Box<dyn Kernel>,
    /// Where each number of the kernel goes in the row.
    columns: Vec<usize>,
    reads_missing: bool,
    moderate: bool,
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plan").field("needs", &self.needs).field("width", &self.width).finish_non_exhaustive()
    }
}

/// All specs of one scalar calculator.
struct Scalars {
    value: fn(&Shared<'_>, &Args) -> f64,
    needs: Needs,
    args: Vec<Args>,
}

impl Kernel for Scalars {
    fn needs(&self) -> Needs {
        self.needs.clone()
    }

    fn run(&self, shared: &Shared<'_>, _: &mut Scratch, out: &mut [f64]) {
        for (out, args) in out.iter_mut().zip(&self.args) {
            *out = (self.value)(shared, args);
        }
    }
}

/// A user's feature as a kernel.
struct Custom(Arc<dyn Feature>);

impl Kernel for Custom {
    fn needs(&self) -> Needs {
        self.0.needs()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        self.0.extract(shared, scratch, out);
    }
}

impl Plan {
    pub(crate) fn new(specs: &[FeatureSpec], custom: &[Arc<dyn Feature>]) -> Self {
        let mut groups: Vec<(&FeatureSpec, Vec<usize>)> = Vec::new();
        for (column, spec) in specs.iter().enumerate() {
            match groups.iter_mut().find(|(first, _)| std::ptr::eq(first.calculator, spec.calculator)) {
                Some((_, columns)) => columns.push(column),
                None => groups.push((spec, vec![column])),
            }
        }
        let mut kernels: Vec<Planned> = groups
            .into_iter()
            .map(|(first, columns)| {
                let args: Vec<&Args> = columns.iter().map(|&c| &specs[c].args).collect();
                let kernel: Box<dyn Kernel> = match &first.calculator.build {
                    Build::Group(build) => build(&args),
                    Build::Scalar { needs, value } => {
                        let mut all = Needs::new();
                        for args in &args {
                            all.join(&needs(args));
                        }
                        Box::new(Scalars { value: *value, needs: all, args: args.into_iter().cloned().collect() })
                    }
                };
                Planned {
                    kernel,
                    columns,
                    reads_missing: first.calculator.reads_missing,
                    moderate: first.calculator.moderate,
                }
            })
            .collect();
        let mut width = specs.len();
        for feature in custom {
            let columns = (width..width + feature.names().len()).collect::<Vec<_>>();
            width += columns.len();
            let kernel = Box::new(Custom(Arc::clone(feature)));
            kernels.push(Planned { kernel, columns, reads_missing: false, moderate: false });
        }
        let mut needs = Needs::new();
        for planned in &kernels {
            needs.join(&planned.kernel.needs());
        }
        let widest = kernels.iter().map(|k| k.columns.len()).max().unwrap_or(0);
        let asks_size = kernels.iter().any(|k| k.moderate);
        Self { needs, kernels, width, widest, asks_size }
    }
}

/// A compiled feature set with its buffers, for windows of one length: the form for gateways and hot loops.
///
/// Makes one row of numbers after another without allocating. Clone it to work in another thread.
///
/// ```
/// use prognos::features::FeatureSet;
/// use prognos::signal::SampleRate;
/// let set = FeatureSet::from_names(["root_mean_square", "crest_factor"])?;
/// let mut extractor = set.extractor(4, SampleRate::hz(100.0)?)?;
/// let mut row = [0.0; 2];
/// extractor.extract_into(&[3.0, -3.0, 3.0, -3.0], &mut row)?;
/// assert_eq!(row, [3.0, 1.0]);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug)]
pub struct Extractor {
    plan: Arc<Plan>,
    names: Arc<[String]>,
    policy: NanPolicy,
    len: usize,
    rate: SampleRate,
    work: Workspace,
    scratch: Scratch,
    group: Vec<f64>,
}

impl Clone for Extractor {
    fn clone(&self) -> Self {
        Self::with_plan(Arc::clone(&self.plan), Arc::clone(&self.names), self.policy, self.len, self.rate)
    }
}

impl Extractor {
    pub(crate) fn new(set: &FeatureSet, len: usize, rate: SampleRate) -> Self {
        Self::with_plan(set.plan(), set.shared_names(), set.policy(), len, rate)
    }

    fn with_plan(plan: Arc<Plan>, names: Arc<[String]>, policy: NanPolicy, len: usize, rate: SampleRate) -> Self {
        let work = Workspace::new(plan.needs.clone(), len, rate);
        let group = vec![0.0; plan.widest];
        Self { plan, names, policy, len, rate, work, scratch: Scratch::default(), group }
    }

    /// Names of the columns of a row.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Samples in a window.
    #[must_use]
    pub fn window_len(&self) -> usize {
        self.len
    }

    /// Fills `out` with the features of one window.
    ///
    /// # Errors
    /// [`Error::Shape`] when the window or `out` has another length than planned; with [`NanPolicy::Error`],
    /// [`Error::NonFinite`] for a sample that is NaN or infinite.
    pub fn extract_into(&mut self, samples: &[f64], out: &mut [f64]) -> Result<()> {
        if samples.len() != self.len {
            return Err(Error::shape("samples of a window", self.len, samples.len()));
        }
        if out.len() != self.plan.width {
            return Err(Error::shape("places for the features of a window", self.plan.width, out.len()));
        }
        if self.policy == NanPolicy::Error {
            crate::error::check_finite("window", "samples", samples)?;
        }
        self.fill(Window { samples, rate: self.rate, start: 0 }, None, out);
        Ok(())
    }

    /// The features of a window whose length fits, or for which this extractor is replaced by one that fits. `place`
    /// is where the window stands, when this extractor serves one signal only.
    pub(crate) fn fill(&mut self, window: Window<'_>, place: Option<usize>, out: &mut [f64]) {
        if window.samples.len() != self.len {
            let rate = self.rate;
            let (plan, names) = (Arc::clone(&self.plan), Arc::clone(&self.names));
            *self = Self::with_plan(plan, names, self.policy, window.samples.len(), rate);
        }
        let finite = self.work.compute(window.samples, place);
        let omitted = !finite && self.policy == NanPolicy::Omit;
        if omitted {
            let kept: Vec<f64> = window.samples.iter().copied().filter(|v| v.is_finite()).collect();
            let (plan, names) = (Arc::clone(&self.plan), Arc::clone(&self.names));
            let mut shorter = Self::with_plan(plan, names, self.policy, kept.len(), self.rate);
            shorter.fill(Window { samples: &kept, ..window }, None, out);
        }
        let shared = self.work.view(window);
        let moderate = !self.plan.asks_size || {
            let (low, high) = lanes::min_max(window.samples);
            low >= -MODERATE && high <= MODERATE
        };
        for (i, planned) in self.plan.kernels.iter().enumerate() {
            if !finite && !planned.reads_missing {
                if !omitted {
                    for &column in &planned.columns {
                        out[column] = f64::NAN;
                    }
                }
                continue;
            }
            if !moderate && planned.moderate {
                planned.columns.iter().for_each(|&column| out[column] = f64::NAN);
                continue;
            }
            let values = &mut self.group[..planned.columns.len()];
            self.scratch.turn(i);
            planned.kernel.run(&shared, &mut self.scratch, values);
            for (&column, &value) in planned.columns.iter().zip(&*values) {
                out[column] = if value.is_finite() { value } else { f64::NAN };
            }
        }
    }
}
