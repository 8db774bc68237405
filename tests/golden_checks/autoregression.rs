//! Ids `ar/*`: statsmodels 0.15. What is a list over lags (`acf_*`, `pacf_ld_lags`) stands in [`super::trend`].

use super::{Outcome, compare, number, stat};
use serde_json::{Value, json};

/// What became of an id of this family; `None` where nothing here computes it. The whole series file is there for ids
/// that read the values of another.
pub fn check(id: &str, expected: &Value, x: &[f64], fs: f64, _file: &Value) -> Option<Outcome> {
    let four = |name: &str, rest: &str| (1..=4).map(|c| format!("{name}__coeff_{c}__k_4{rest}")).collect::<Vec<_>>();
    let names: Vec<String> = match id {
        "ar/pacf_ywadjusted_lags" => {
            (0..super::numbers(expected).len()).map(|lag| format!("partial_autocorrelation__lag_{lag}")).collect()
        }
        "ar/autoreg_ols_k4_const_first" => (0..=4).map(|c| format!("ar_coefficient__coeff_{c}__k_4")).collect(),
        "ar/burg_k4_demean_coef_sigma2" => {
            let mut names = four("burg_coefficient", "");
            names.push("burg__attr_\"variance\"__k_4".to_owned());
            names
        }
        "ar/yule_walker_k4_adjusted" => walker("adjusted", four("yule_walker_coefficient", "__method_\"adjusted\"")),
        "ar/yule_walker_k4_mle" | "ar/levinson_durbin_k4" => {
            walker("mle", four("yule_walker_coefficient", "__method_\"mle\""))
        }
        "ar/adfuller_aic_stat_p_lag" => ["teststat", "pvalue", "usedlag"]
            .map(|attr| format!("augmented_dickey_fuller__attr_\"{attr}\"__autolag_\"AIC\""))
            .to_vec(),
        "ar/adfuller_maxlag4_noauto_stat" => vec!["adf__attr_\"teststat\"__lags_4".to_owned()],
        "ar/kpss_c_auto_stat" => vec!["kpss__attr_\"teststat\"".to_owned()],
        "ar/ljung_box_lag10" => vec!["ljung_box__attr_\"teststat\"__lags_10".to_owned()],
        _ => return None,
    };
    let mut found = stat::extract(&names, x, fs);
    let expected = match id {
        "ar/burg_k4_demean_coef_sigma2" => list(&expected["rho"], &expected["sigma2"]),
        // A standard deviation there, NaN where the variance is negative; a variance here.
        "ar/yule_walker_k4_adjusted" | "ar/yule_walker_k4_mle" => {
            found[4] = found[4].sqrt();
            list(&expected["rho"], &expected["sigma"])
        }
        "ar/levinson_durbin_k4" => list(&expected["arcoefs"], &expected["sigma_v"]),
        _ => expected.clone(),
    };
    Some(compare(&found, &expected, 1e-9, 1e-12))
}

fn walker(method: &str, mut names: Vec<String>) -> Vec<String> {
    names.push(format!("yule_walker_variance__k_4__method_\"{method}\""));
    names
}

/// The coefficients and, behind them, the spread.
fn list(coefficients: &Value, spread: &Value) -> Value {
    let mut all = coefficients.as_array().cloned().unwrap_or_default();
    all.push(number(spread).map_or(Value::Null, |_| spread.clone()));
    json!(all)
}
