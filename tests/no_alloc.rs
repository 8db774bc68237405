//! No allocation per window after the first, whatever the features: counted by the allocator.
#![allow(unsafe_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use prognos::features::FeatureSet;
use prognos::features::convolution::{MiniRocket, MultiRocket};
use prognos::signal::{SampleRate, WindowSpec};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    /// Allocations of this thread: the test harness's own threads do not count.
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

fn count() {
    let _ = ALLOCATIONS.try_with(|n| n.set(n.get() + 1));
}

// SAFETY: every method passes its arguments unchanged to the system's allocator, which keeps the contract; counting
// touches a thread-local without a destructor and allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations_of(f: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.with(Cell::get);
    f();
    ALLOCATIONS.with(Cell::get) - before
}

fn wave(n: usize, phase: f64) -> Vec<f64> {
    (0..n).map(|i| (i as f64 * 0.37 + phase).sin() + 0.1 * (i as f64 * 1.7).cos()).collect()
}

#[test]
fn the_counter_counts() {
    assert!(allocations_of(|| drop(std::hint::black_box(vec![1.0; 100]))) > 0);
}

#[test]
fn no_feature_allocates_after_the_first_window() {
    let rate = SampleRate::hz(1000.0).unwrap();
    for n in [30, 512, 1000] {
        let windows: Vec<Vec<f64>> =
            (0..4).map(|k| wave(n, f64::from(k))).chain([vec![1.5; n], vec![0.0; n]]).collect();
        for spec in FeatureSet::examples() {
            let name = spec.to_string();
            let set = FeatureSet::from_specs(vec![spec]).unwrap();
            let mut extractor = set.extractor(n, rate).unwrap();
            let mut row = [0.0];
            extractor.extract_into(&windows[0], &mut row).unwrap();
            let count = allocations_of(|| {
                for window in &windows {
                    extractor.extract_into(window, &mut row).unwrap();
                }
            });
            assert_eq!(count, 0, "{name} allocates for windows of {n}");
        }
    }
}

#[test]
fn a_stream_does_not_allocate_once_it_runs() {
    let set = FeatureSet::vibration();
    let mut stream = set.stream(WindowSpec::sliding(256, 64), SampleRate::ONE_HZ).unwrap();
    let x = wave(4096, 0.0);
    stream.push_with(&x[..1024], |_, _| {}).unwrap();
    let count = allocations_of(|| {
        for block in x[1024..].chunks(100) {
            stream.push_with(block, |_, _| {}).unwrap();
        }
    });
    assert_eq!(count, 0);
}

#[test]
fn streaming_detectors_do_not_allocate_once_they_are_full() {
    use prognos::anomaly::stream::*;
    fn run(what: &str, mut model: impl StreamingDetector) {
        let width = model.width();
        let x = wave(4000 * width, 0.3);
        let (head, tail) = x.split_at(3000 * width);
        let mut feed = |x: &[f64]| x.chunks_exact(width).map(|row| model.update(row).unwrap()).sum::<f64>();
        assert!(feed(head) >= 0.0);
        let count = allocations_of(|| assert!(feed(tail) >= 0.0));
        assert_eq!(count, 0, "{what} allocates");
    }
    run("EWMA", EwmaChart::params().start(0.0, 1.0).unwrap());
    run("CUSUM", CusumChart::params().start(0.0, 1.0).unwrap());
    run("individuals", IndividualsChart::params().start(0.0, 1.0).unwrap());
    run("SPRT", Sprt::params().start(0.0, 1.0).unwrap());
    run("Page-Hinkley", PageHinkley::params().start().unwrap());
    run("ADWIN", Adwin::params().start().unwrap());
    run("BOCPD", Bocpd::params().max_run(500).start().unwrap());
    run("half-space trees", HalfSpaceTrees::params().start(4).unwrap());
    run("online LODA", OnlineLoda::params().start(4).unwrap());
    let forest = RandomCutForest::params().trees(5).subsample(32);
    run("random cut forest", forest.clone().start(4).unwrap());
    run("random cut forest with a shingle", forest.shingle(6).start(1).unwrap());
}

#[test]
fn no_spectral_plan_allocates_after_the_first_signal() {
    use prognos::signal::spectral::*;
    let rate = SampleRate::hz(1000.0).unwrap();
    let x = wave(1000, 0.0);
    let run = |what: &str, mut f: Box<dyn FnMut() + '_>| {
        f();
        assert_eq!(allocations_of(&mut f), 0, "{what} allocates");
    };
    let x = &x[..];
    for average in [Average::Mean, Average::Median] {
        let plan = Welch::params().segment(100).average(average).detrend(Detrend::Linear).plan(rate).unwrap();
        let (mut out, mut scratch) = (vec![0.0; plan.bins()], plan.scratch());
        run("Welch", Box::new(move || plan.process(x, &mut out, &mut scratch).unwrap()));
    }
    let plan = Multitaper::params().plan(1000, rate).unwrap();
    let (mut out, mut scratch) = (vec![0.0; 501], plan.scratch());
    run("multitaper", Box::new(move || plan.process(x, &mut out, &mut scratch).unwrap()));
    let plan = Periodogram::params().plan(1000, rate).unwrap();
    let (mut out, mut scratch) = (vec![0.0; 501], plan.scratch());
    run("periodogram", Box::new(move || plan.process(x, &mut out, &mut scratch).unwrap()));
    let plan = AmplitudeSpectrum::plan(1000, rate, WindowFunction::Hann, Detrend::Constant, Amplitude::Peak).unwrap();
    let (mut out, mut scratch) = (vec![0.0; 501], plan.scratch());
    run("amplitude spectrum", Box::new(move || plan.process(x, &mut out, &mut scratch).unwrap()));
    let plan = Cepstrum::new(1000).unwrap();
    let (mut out, mut scratch) = (vec![0.0; 1000], plan.scratch());
    let all = move || {
        plan.real(x, &mut out, &mut scratch).unwrap();
        plan.prewhiten(x, &mut out, &mut scratch).unwrap();
        plan.lifter(x, |q| f64::from(q > 9), &mut out, &mut scratch).unwrap();
    };
    run("cepstrum", Box::new(all));
    let plan = Stft::plan(Welch::params().segment(64), rate).unwrap();
    let mut scratch = plan.scratch();
    run("flux", Box::new(move || assert!(plan.flux_with(x, &mut scratch).unwrap() > 0.0)));
}

#[test]
fn no_convolution_allocates_with_its_scratch() {
    let rows = ndarray::Array2::from_shape_fn((4, 200), |(i, t)| wave(200, i as f64)[t]);
    let mini = MiniRocket::params().features(840).fit(&rows).unwrap();
    let multi = MultiRocket::params().kernels(168).fit(&rows).unwrap();
    let (mut few, mut many) = (vec![0.0; mini.n_features()], vec![0.0; multi.n_features()]);
    let (mut a, mut b) = (mini.scratch(), multi.scratch());
    let window = wave(200, 9.0);
    let count = allocations_of(|| {
        mini.transform_into(&window, &mut few, &mut a).unwrap();
        multi.transform_into(&window, &mut many, &mut b).unwrap();
    });
    assert_eq!(count, 0);
}

#[test]
fn no_wavelet_plan_allocates_with_its_scratch() {
    use prognos::signal::wavelet::{Boundary, Cwt, Dwt, Modwt, Swt, WaveletPackets};
    let x = wave(1000, 0.3);
    let x = x.as_slice();
    let db4 = "db4".parse().unwrap();
    for boundary in Boundary::ALL {
        let plan = Dwt::new(db4, boundary, 1000, 5).unwrap();
        let (mut out, mut back, mut scratch) = (vec![0.0; plan.coefficients()], vec![0.0; 1000], plan.scratch());
        let both = || {
            plan.process(x, &mut out, &mut scratch).unwrap();
            plan.process_inverse(&out, &mut back, &mut scratch).unwrap();
        };
        assert_eq!(allocations_of(both), 0, "levels, {boundary}");
        let plan = WaveletPackets::new(db4, boundary, 1000, 4).unwrap();
        let (mut out, mut scratch) = (vec![0.0; plan.coefficients()], plan.scratch());
        assert_eq!(allocations_of(|| plan.process(x, &mut out, &mut scratch).unwrap()), 0, "packets, {boundary}");
    }
    let plan = Swt::new(db4, 1000, 3, true).unwrap();
    let (mut out, mut scratch) = (vec![0.0; plan.coefficients()], plan.scratch());
    assert_eq!(allocations_of(|| plan.process(x, &mut out, &mut scratch).unwrap()), 0, "stationary");
    let plan = Modwt::new(db4, 1000, 5).unwrap();
    let (mut out, mut scratch) = (vec![0.0; plan.coefficients()], plan.scratch());
    assert_eq!(allocations_of(|| plan.process(x, &mut out, &mut scratch).unwrap()), 0, "maximal overlap");
    for wavelet in ["mexh", "cmor1.5-1.0"] {
        // Scales that are summed and scales that go through the FFT.
        let plan = Cwt::params(wavelet.parse().unwrap()).scales(&[1.0, 2.0, 20.0, 70.0]).plan(1000).unwrap();
        let (mut out, mut scratch) = (plan.zero_coefficients(), plan.scratch());
        assert_eq!(allocations_of(|| plan.process(x, &mut out, &mut scratch).unwrap()), 0, "{wavelet}");
    }
}
