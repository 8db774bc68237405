//! Laws of the signal room.

use super::noise;
use prognos::signal::SampleRate;
use prognos::signal::detrend::{Trend, detrend};
use prognos::signal::filter::{Design, Ewma, FirDesign, Hampel, SavitzkyGolay, median_filter};
use prognos::signal::hilbert::envelope;
use prognos::signal::integrate::velocity_rms_mm_s;
use prognos::signal::peaks::FindPeaks;
use prognos::signal::rainflow::{RainflowStream, cycle_count, rainflow};
use prognos::signal::resample::resample_poly;

fn unit() -> SampleRate {
    SampleRate::hz(2.0).unwrap()
}

/// Cuts of a signal into blocks: single samples, odd sizes, empty blocks, all at once.
fn cuts(x: &[f64]) -> Vec<Vec<&[f64]>> {
    let mut all: Vec<Vec<&[f64]>> = [1, 2, 7, 63, 64, 65, 1000].iter().map(|&n| x.chunks(n).collect()).collect();
    let (a, b) = x.split_at(x.len() / 3);
    all.push(vec![&[], a, &[], &[], b, &[]]);
    all
}

fn same_bits(what: &str, a: &[f64], b: &[f64]) {
    let bits = |v: &[f64]| v.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(a), bits(b), "{what}");
}

/// A signal with noise, silence long enough to reach subnormal states, a gap and noise again.
fn signal_with_silence() -> Vec<f64> {
    let mut x = noise(500, 1);
    x.extend(vec![0.0; 9000]);
    x.extend(noise(300, 2));
    x
}

/// What a filter does to a series.
type Map<'a> = &'a dyn Fn(&[f64]) -> Vec<f64>;

#[test]
fn streaming_equals_batch() {
    let x = signal_with_silence();
    for order in [1, 2, 3, 4, 7, 8, 12] {
        let sos = Design::butterworth(order).bandpass(0.1, 0.4, unit()).unwrap();
        let whole = sos.filter(&x);
        for blocks in cuts(&x) {
            let mut stream = sos.stream();
            let mut y = Vec::new();
            blocks.iter().for_each(|b| stream.process(b, &mut y));
            same_bits("sos", &whole, &y);
            // A reset stream starts from rest again.
            stream.reset();
            let mut again = x.clone();
            stream.process_in_place(&mut again);
            same_bits("sos after reset", &whole, &again);
        }
    }
    for taps in [1, 2, 16, 31, 300] {
        let fir = FirDesign::new(taps).lowpass(0.2, unit()).unwrap();
        let whole = fir.filter(&x);
        for blocks in cuts(&x) {
            let mut stream = fir.stream();
            let mut y = Vec::new();
            blocks.iter().for_each(|b| stream.process(b, &mut y));
            same_bits("fir", &whole, &y);
            stream.reset();
            let mut again = Vec::new();
            stream.process(&x, &mut again);
            same_bits("fir after reset", &whole, &again);
        }
    }
    let mut gaps = x.clone();
    gaps[0] = f64::NAN;
    gaps[77] = f64::NAN;
    for adjust in [true, false] {
        let ewma = Ewma::alpha(0.05).unwrap().adjust(adjust);
        let whole = ewma.filter(&gaps);
        for blocks in cuts(&gaps) {
            let mut stream = ewma.stream();
            let mut y = Vec::new();
            blocks.iter().for_each(|b| stream.process(b, &mut y));
            same_bits("ewma", &whole, &y);
        }
    }
    let whole = rainflow(&x).unwrap();
    let mut counter = RainflowStream::new();
    for _ in 0..2 {
        let mut cycles = Vec::new();
        x.iter().for_each(|&v| counter.push(v, &mut cycles).unwrap());
        counter.finish(&mut cycles);
        assert_eq!(whole, cycles);
    }
}

#[test]
fn linear_filters_are_linear() {
    let (a, b) = (noise(400, 3), noise(400, 4));
    // Factors of two are exact, sums are not.
    let sum: Vec<f64> = a.iter().zip(&b).map(|(a, b)| 4.0 * a - b).collect();
    let sos = Design::chebyshev1(6, 0.5).lowpass(0.3, unit()).unwrap();
    let fir = FirDesign::new(41).highpass(0.3, unit()).unwrap();
    let smooth = SavitzkyGolay::new(15, 3).unwrap();
    let maps: [(&str, Map<'_>); 7] = [
        ("sos", &|x| sos.filter(x)),
        ("filtfilt", &|x| sos.filtfilt(x).unwrap()),
        ("fir", &|x| fir.filter_centered(x)),
        ("savgol", &|x| smooth.filter(x).unwrap()),
        ("detrend", &|x| detrend(x, Trend::Polynomial(3)).unwrap()),
        ("resample", &|x| resample_poly(x, 3, 4).unwrap()),
        ("ewma", &|x| Ewma::alpha(0.2).unwrap().filter(x)),
    ];
    for (name, map) in maps {
        let (fa, fb, fs) = (map(&a), map(&b), map(&sum));
        for ((a, b), s) in fa.iter().zip(&fb).zip(&fs) {
            assert!((4.0 * a - b - s).abs() < 1e-12, "{name}");
        }
        let doubled: Vec<f64> = a.iter().map(|v| 2.0 * v).collect();
        same_bits(name, &map(&doubled), &fa.iter().map(|v| 2.0 * v).collect::<Vec<_>>());
    }
}

#[test]
fn filters_without_delay_commute_with_time_reversal() {
    let x = noise(300, 5);
    let reversed = |v: &[f64]| v.iter().rev().copied().collect::<Vec<_>>();
    let fir = FirDesign::new(31).lowpass(0.3, unit()).unwrap();
    let smooth = SavitzkyGolay::new(9, 2).unwrap();
    let maps: [(&str, Map<'_>); 5] = [
        ("fir", &|x| fir.filter_centered(x)),
        ("savgol", &|x| smooth.filter(x).unwrap()),
        ("median", &|x| median_filter(x, 7).unwrap()),
        ("hampel", &|x| Hampel::new(4).sigmas(1.0).filter(x).unwrap().cleaned),
        ("envelope", &|x| envelope(x).unwrap()),
    ];
    for (name, map) in maps {
        let (forward, backward) = (map(&x), reversed(&map(&reversed(&x))));
        assert!(forward.iter().zip(&backward).all(|(a, b)| (a - b).abs() < 1e-12), "{name}");
    }
}

#[test]
fn hampel_cleans_a_clean_signal_never() {
    let ramp: Vec<f64> = (0..200).map(f64::from).collect();
    assert!(Hampel::new(5).filter(&ramp).unwrap().replaced.is_empty());
    // Fewer sigmas never replace fewer samples.
    let x = noise(500, 6);
    let count = |s: f64| Hampel::new(6).sigmas(s).filter(&x).unwrap().replaced.len();
    assert!(count(0.5) > count(1.5) && count(1.5) > count(3.0));
}

#[test]
fn cycles_do_not_depend_on_sign_offset_or_repeated_samples() {
    let x: Vec<f64> = noise(600, 7).iter().map(|v| (v * 8.0).round()).collect();
    let ranges = |x: &[f64]| rainflow(x).unwrap().iter().map(|c| (c.range, c.count)).collect::<Vec<_>>();
    let expected = ranges(&x);
    assert_eq!(expected, ranges(&x.iter().map(|v| 100.0 - v).collect::<Vec<_>>()));
    assert_eq!(expected, ranges(&x.iter().flat_map(|&v| [v, v, v]).collect::<Vec<_>>()));
    let cycles = rainflow(&x).unwrap();
    // Every cycle lies where it says, and the counts are those of all the reversals.
    assert!(cycles.iter().all(|c| c.start < c.end && (x[c.end] - x[c.start]).abs() == c.range));
    let mut distinct = x.clone();
    distinct.dedup();
    let turns = distinct.windows(3).filter(|w| (w[1] > w[0]) != (w[2] > w[1])).count();
    assert_eq!(cycle_count(&cycles), 0.5 * (turns + 1) as f64);
}

#[test]
fn stricter_conditions_keep_a_subset_of_peaks() {
    let x = noise(800, 8);
    let index = |f: FindPeaks| f.find(&x).unwrap().iter().map(|p| p.index).collect::<Vec<_>>();
    let all = index(FindPeaks::new());
    for stricter in [
        FindPeaks::new().prominence(1.0),
        FindPeaks::new().height(..=0.5),
        FindPeaks::new().width(2.0..=9.0),
        FindPeaks::new().distance(12.0),
        FindPeaks::new().threshold(0.3..),
    ] {
        let some = index(stricter);
        assert!(!some.is_empty() && some.len() < all.len());
        assert!(some.iter().all(|i| all.binary_search(i).is_ok()));
    }
    let apart = index(FindPeaks::new().distance(12.0));
    assert!(apart.windows(2).all(|w| w[1] - w[0] >= 12));
}

#[test]
fn velocity_falls_with_frequency_and_grows_with_amplitude() {
    let rate = SampleRate::hz(5_000.0).unwrap();
    let tone = |hz: f64, amplitude: f64| {
        let x: Vec<f64> =
            (0..5_000).map(|i| amplitude * (std::f64::consts::TAU * hz * f64::from(i) / 5_000.0).sin()).collect();
        velocity_rms_mm_s(&x, rate, 10.0..=1_000.0).unwrap()
    };
    assert!((tone(50.0, 1.0) / tone(100.0, 1.0) - 2.0).abs() < 1e-9);
    assert!((tone(50.0, 3.0) / tone(50.0, 1.0) - 3.0).abs() < 1e-9);
    assert!(tone(2_000.0, 1.0) < 1e-9 && tone(5.0, 1.0) < 1e-9);
}

#[cfg(feature = "serde")]
#[test]
fn saved_filters_give_the_same_bits_and_damaged_ones_are_refused() {
    let x = noise(200, 9);
    let sos = Design::chebyshev2(5, 50.0).bandstop(0.2, 0.3, unit()).unwrap();
    let text = serde_json::to_string(&sos).unwrap();
    let loaded: prognos::signal::filter::Sos = serde_json::from_str(&text).unwrap();
    same_bits("sos", &sos.filter(&x), &loaded.filter(&x));
    assert!(serde_json::from_str::<prognos::signal::filter::Sos>("[]").is_err());
    assert!(serde_json::from_str::<prognos::signal::filter::Sos>("[[1.0, 0.0, 0.0, 0.0, 0.0, 0.0]]").is_err());
    let ewma = Ewma::alpha(0.1).unwrap();
    assert_eq!(ewma, serde_json::from_str(&serde_json::to_string(&ewma).unwrap()).unwrap());
    assert!(serde_json::from_str::<Ewma>("{\"alpha\": 2.0, \"adjust\": true}").is_err());
}
