//! Naive twins: wavelet. Convolve the whole extended signal, keep every second value; multiply ψ with the signal.

use prognos::features::FeatureSet;
use prognos::signal::SampleRate;
use prognos::signal::wavelet::*;

fn wave(n: usize) -> Vec<f64> {
    (0..n).map(|i| (i as f64 * 0.37).sin() + 0.3 * (i as f64 * 1.7).cos() + 0.01 * i as f64).collect()
}

/// The signal with `pad` samples on either side, grown one by one from what is there: the rules said in words.
fn extended(x: &[f64], boundary: Boundary, pad: usize) -> Vec<f64> {
    let mut y = x.to_vec();
    if boundary == Boundary::Periodization && x.len() % 2 == 1 {
        y.push(x[x.len() - 1]);
    }
    let core = y.clone();
    let n = core.len();
    let (first, last) = (core[0], core[n - 1]);
    // `right[k]` is k + 1 places beyond the end.
    let mut right: Vec<f64> = Vec::new();
    let mut left: Vec<f64> = Vec::new();
    let mirrored = |k: usize| if (k / n).is_multiple_of(2) { n - 1 - k % n } else { k % n };
    for k in 0..pad {
        let odd = if (k / n).is_multiple_of(2) { -1.0 } else { 1.0 };
        let (r, l) = match boundary {
            Boundary::Zero => (0.0, 0.0),
            Boundary::Constant => (last, first),
            Boundary::Periodic | Boundary::Periodization => (core[k % n], core[n - 1 - k % n]),
            Boundary::Symmetric => (core[mirrored(k)], core[n - 1 - mirrored(k)]),
            Boundary::Antisymmetric => (odd * core[mirrored(k)], odd * core[n - 1 - mirrored(k)]),
            _ if n == 1 => (first, first),
            Boundary::Smooth => {
                let steps = (k + 1) as f64;
                (last + steps * (last - core[n - 2]), first - steps * (core[1] - first))
            }
            // The mirror stands on the last sample known: what comes is what was, n - 1 at a time.
            Boundary::Reflect | Boundary::Antireflect => {
                let at = |known: &[f64], core: &dyn Fn(usize) -> f64, place: usize| {
                    if place < n { core(place) } else { known[place - n] }
                };
                let stretch = (k / (n - 1) + 1) * (n - 1);
                let from = 2 * stretch - (n + k);
                let r = (at(&right, &|i| core[i], from), at(&right, &|i| core[i], stretch));
                let l = (at(&left, &|i| core[n - 1 - i], from), at(&left, &|i| core[n - 1 - i], stretch));
                if boundary == Boundary::Reflect { (r.0, l.0) } else { (2.0 * r.1 - r.0, 2.0 * l.1 - l.0) }
            }
        };
        right.push(r);
        left.push(l);
    }
    left.reverse();
    [left, core, right].concat()
}

/// Every second value of the convolution of the extended signal with a filter.
fn band(x: &[f64], filter: &[f64], boundary: Boundary) -> Vec<f64> {
    let taps = filter.len();
    let y = extended(x, boundary, 2 * taps);
    let n = x.len();
    let (count, first) = match boundary {
        Boundary::Periodization => (n.div_ceil(2), taps / 2),
        _ => ((n + taps - 1) / 2, 1),
    };
    let at = |k: usize| (0..taps).map(|j| filter[j] * y[2 * taps + 2 * k + first - j]).sum();
    (0..count).map(at).collect()
}

fn near(a: &[f64], b: &[f64], what: &str) {
    assert_eq!(a.len(), b.len(), "{what}");
    let size = b.iter().fold(1.0_f64, |m, v| m.max(v.abs()));
    for (i, (a, b)) in a.iter().zip(b).enumerate() {
        assert!((a - b).abs() <= 1e-12 * size, "{what} at {i}: {a} {b}");
    }
}

#[test]
fn one_level_is_the_convolution_of_the_extended_signal() {
    for name in ["haar", "db2", "db5", "sym8", "coif2", "bior2.2", "bior3.1", "rbio1.5", "db20", "dmey"] {
        let w: Wavelet = name.parse().unwrap();
        for boundary in Boundary::ALL {
            for n in [1, 2, 3, 5, 8, 16, 17, 40, 101] {
                let x = wave(n);
                let (a, d) = dwt(&x, w, boundary).unwrap();
                near(&a, &band(&x, w.dec_lo(), boundary), &format!("{name} {boundary} {n} a"));
                near(&d, &band(&x, w.dec_hi(), boundary), &format!("{name} {boundary} {n} d"));
                // The inverse: every coefficient adds its filter.
                let taps = w.len();
                let mut full = vec![0.0; 2 * a.len() + taps];
                for k in 0..a.len() {
                    for j in 0..taps {
                        full[2 * k + j] += w.rec_lo()[j] * a[k] + w.rec_hi()[j] * d[k];
                    }
                }
                let back = idwt(&a, &d, w, boundary).unwrap();
                if boundary == Boundary::Periodization {
                    let mut around = vec![0.0; back.len()];
                    for (i, v) in full.iter().enumerate() {
                        around[(i + back.len() * taps + 1 - taps / 2) % back.len()] += v;
                    }
                    near(&back, &around, &format!("{name} {boundary} {n} inverse"));
                } else {
                    near(&back, &full[taps - 2..taps - 2 + back.len()], &format!("{name} {boundary} {n} inverse"));
                }
            }
        }
    }
}

#[test]
fn levels_and_packets_split_again_and_again() {
    let w: Wavelet = "db4".parse().unwrap();
    for boundary in [Boundary::Symmetric, Boundary::Periodization, Boundary::Antireflect] {
        for n in [50, 129] {
            let x = wave(n);
            let c = Dwt::new(w, boundary, n, 4).unwrap().decompose(&x).unwrap();
            let tree = WaveletPackets::new(w, boundary, n, 3).unwrap().decompose(&x).unwrap();
            let mut a = x.clone();
            for level in 1..=4 {
                near(c.detail(level), &band(&a, w.dec_hi(), boundary), &format!("{boundary} {n} level {level}"));
                a = band(&a, w.dec_lo(), boundary);
            }
            near(c.approximation(), &a, &format!("{boundary} {n} approximation"));
            for path in 0..8_usize {
                let mut node = x.clone();
                for bit in [4, 2, 1] {
                    node = band(&node, if path & bit == 0 { w.dec_lo() } else { w.dec_hi() }, boundary);
                }
                near(tree.node(3, path, PacketOrder::Natural), &node, &format!("{boundary} {n} node {path:03b}"));
            }
        }
    }
}

#[test]
fn transforms_without_decimation_are_circular_sums() {
    for name in ["haar", "db3", "sym4", "coif1"] {
        let w: Wavelet = name.parse().unwrap();
        for n in [8, 24, 64] {
            let x = wave(n);
            let (m, s) = (Modwt::new(w, n, 3).unwrap(), Swt::new(w, n, 3, false).unwrap());
            let (m, approximations, s) =
                (m.decompose(&x).unwrap(), s.approximations(&x).unwrap(), s.decompose(&x).unwrap());
            let (mut v, mut a) = (x.clone(), x.clone());
            for level in 1..=3 {
                let hole = 1_i64 << (level - 1);
                let ring = |x: &[f64], h: &[f64], offset: i64, scale: f64| -> Vec<f64> {
                    let at = |t: i64, l: i64| x[(t + offset - hole * l).rem_euclid(n as i64) as usize];
                    (0..n as i64).map(|t| (0..h.len()).map(|l| scale * h[l] * at(t, l as i64)).sum()).collect()
                };
                let root = 0.5_f64.sqrt();
                near(m.detail(level), &ring(&v, w.rec_hi(), 0, root), &format!("modwt {name} {n} {level}"));
                v = ring(&v, w.rec_lo(), 0, root);
                let offset = hole * w.len() as i64 / 2;
                near(s.detail(level), &ring(&a, w.dec_hi(), offset, 1.0), &format!("swt {name} {n} {level}"));
                a = ring(&a, w.dec_lo(), offset, 1.0);
                near(&approximations[level - 1], &a, &format!("swt {name} {n} approximation {level}"));
            }
            near(m.approximation(), &v, "modwt approximation");
        }
    }
}

/// On a fine table the transform is the integral `Σ x[k] ψ((k - t)/s) / √s`, to the resolution of a sample.
#[test]
fn the_continuous_transform_is_the_integral() {
    for (name, scale) in [("mexh", 12.0), ("gaus2", 15.0), ("morl", 20.0), ("cmor1.5-1.0", 25.0)] {
        let wavelet: ContinuousWavelet = name.parse().unwrap();
        let psi = wavelet.psi(16).unwrap();
        let half = wavelet.half_support();
        let value = |t: f64| {
            let place = ((t + half) / (2.0 * half) * (psi.len() - 1) as f64).round();
            if t.abs() <= half { psi[place as usize].conj() } else { Default::default() }
        };
        let n = 700;
        let x: Vec<f64> = (0..n).map(|i| (i as f64 * 0.25).sin() + (i as f64 * 0.09).cos()).collect();
        let c = Cwt::params(wavelet).scales(&[scale]).precision(16).plan(n).unwrap().transform(&x).unwrap();
        let top = c.magnitude(0).into_iter().fold(0.0, f64::max);
        for t in (250..450).step_by(7) {
            // The kept middle is half a sample off the centre.
            let direct = (0..n).fold(<_>::default(), |sum: prognos::signal::spectral::Complex64, k| {
                sum + value((k as f64 - t as f64 + 0.5) / scale) * x[k] / scale.sqrt()
            });
            let im = c.imaginary(0).get(t).copied().unwrap_or(0.0);
            let off = (c.real(0)[t] - direct.re).hypot(im - direct.im);
            assert!(off < 0.01 * top, "{name} at {t}: {} {im} {direct} of {top}", c.real(0)[t]);
        }
    }
}

#[test]
fn features_are_plain_sums_over_coefficients() {
    let x = wave(500);
    let row = |names: &[&str]| {
        let mut row = vec![0.0; names.len()];
        let rate = SampleRate::hz(1000.0).unwrap();
        FeatureSet::from_names(names).unwrap().extractor(500, rate).unwrap().extract_into(&x, &mut row).unwrap();
        row
    };
    let w: Wavelet = "db4".parse().unwrap();
    let c = Dwt::new(w, Boundary::Symmetric, 500, 3).unwrap().decompose(&x).unwrap();
    let sum = |v: &[f64], f: &dyn Fn(f64) -> f64| v.iter().map(|v| f(*v)).sum::<f64>();
    let moment = |v: &[f64], k: i32| {
        let mean = sum(v, &|v| v) / v.len() as f64;
        sum(v, &|v| (v - mean).powi(k)) / v.len() as f64
    };
    let entropy = |p: &[f64]| {
        let total: f64 = p.iter().sum();
        p.iter().map(|p| p / total).filter(|p| *p > 0.0).map(|p| -p * p.ln()).sum::<f64>()
    };
    let energy = |v: &[f64]| sum(v, &|v| v * v);
    let d = c.detail(2);
    let bands = [energy(c.approximation()), energy(c.detail(1)), energy(d), energy(c.detail(3))];
    let squares: Vec<f64> = d.iter().map(|v| v * v).collect();
    near(
        &row(&[
            "dwt_energy__level_2",
            "dwt_approximation_energy__level_3",
            "dwt_mean_abs__level_2",
            "dwt_std__level_2",
            "dwt_kurtosis__level_2",
            "dwt_entropy__level_2",
            "dwt_relative_energy__level_2__levels_3",
            "dwt_relative_energy__level_0__levels_3",
            "dwt_energy_entropy__levels_3",
        ]),
        &[
            energy(d),
            bands[0],
            sum(d, &f64::abs) / d.len() as f64,
            moment(d, 2).sqrt(),
            moment(d, 4) / moment(d, 2).powi(2),
            entropy(&squares),
            bands[2] / bands.iter().sum::<f64>(),
            bands[0] / bands.iter().sum::<f64>(),
            entropy(&bands),
        ],
        "dwt",
    );
    let tree = WaveletPackets::new(w, Boundary::Symmetric, 500, 3).unwrap().decompose(&x).unwrap();
    let nodes: Vec<&[f64]> = (0..8).map(|i| tree.node(3, i, PacketOrder::Frequency)).collect();
    let energies: Vec<f64> = nodes.iter().map(|n| energy(n)).collect();
    let kurtoses: Vec<f64> = nodes.iter().map(|n| moment(n, 4) / moment(n, 2).powi(2)).collect();
    let best = (0..8).max_by(|a, b| kurtoses[*a].total_cmp(&kurtoses[*b])).unwrap();
    near(
        &row(&[
            "wpt_energy__level_3__node_5",
            "wpt_relative_energy__level_3__node_5",
            "wpt_kurtosis__level_3__node_5",
            "wpt_energy_entropy__level_3",
            "wpt_max_kurtosis__level_3",
            "wpt_max_kurtosis_frequency__level_3",
        ]),
        &[
            energies[5],
            energies[5] / energies.iter().sum::<f64>(),
            kurtoses[5],
            entropy(&energies),
            kurtoses[best],
            (best as f64 + 0.5) * 1000.0 / 16.0,
        ],
        "wpt",
    );
    let m = Modwt::new(w, 500, 2).unwrap().decompose(&x).unwrap();
    let inner = &m.detail(2)[21..];
    near(
        &row(&["modwt_energy__level_2", "modwt_variance__level_2"]),
        &[energy(m.detail(2)), energy(inner) / inner.len() as f64],
        "modwt",
    );
}
