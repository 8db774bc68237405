//! What is known of the recordings in the repository's `datasets` folder holds for what the readers give.
#![cfg(feature = "datasets")]

use prognos::datasets::{self, reliability};
use prognos::signal::StepLimit;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("datasets")
}

#[test]
fn the_series_are_as_described() {
    let units = datasets::hvac_vibration(folder()).unwrap();
    assert_eq!(units.iter().map(|u| u.len()).collect::<Vec<_>>(), [4310, 4303]);
    for unit in &units {
        assert_eq!(unit.median_step().unwrap(), 600.0);
        assert_eq!(unit.missing("vibration").unwrap().count, 0);
    }
    // 2023-03-18T06:10:00Z
    assert_eq!(units[0].start(), Some(1_679_119_800.0));

    let flow = datasets::water_flow(folder()).unwrap();
    assert_eq!((flow.len(), flow.median_step().unwrap()), (1268, 3600.0));
    assert_eq!(flow.unit("flow_l_per_s").unwrap(), "l/s");
    // 2022-03-20T11:00:00+01:00; the record crosses into summer time, which its offsets tell.
    assert_eq!(flow.start(), Some(1_647_770_400.0));
    let lost: usize = flow.gaps(StepLimit::TimesMedian(1.5)).unwrap().iter().map(|g| g.missing_samples).sum();
    assert_eq!(flow.len() + lost, (flow.duration() / 3600.0).round() as usize + 1);

    let specimens = datasets::crack_growth(folder()).unwrap();
    assert_eq!(specimens.len(), 21);
    assert_eq!(specimens.iter().map(|s| s.cycles_millions.len()).sum::<usize>(), 262);
    let failed = specimens.iter().filter(|s| s.crack_length_relative.iter().any(|&c| c >= 1.6 / 0.9)).count();
    assert_eq!(failed, 12);
    assert!(
        specimens.iter().all(|s| (10..=13).contains(&s.cycles_millions.len()) && s.crack_length_relative[0] == 1.0)
    );

    let shuttle = datasets::shuttle(folder()).unwrap();
    assert_eq!(shuttle.rows.dim(), (49_097, 9));
    assert_eq!(shuttle.anomaly.iter().filter(|&&a| a).count(), 3511);
    assert_eq!(shuttle.names[8], "f9");
}

#[test]
fn the_life_data_are_as_described() {
    let d = folder();
    let facts = [
        (reliability::ball_bearings(&d).unwrap(), 23, 23, 0),
        (reliability::bofors_steel(&d).unwrap(), 389, 389, 0),
        (reliability::automotive(&d).unwrap(), 31, 10, 0),
        (reliability::integrated_circuits(&d).unwrap(), 4156, 28, 0),
        (reliability::tires(&d).unwrap(), 34, 11, 7),
        (reliability::motorettes(&d).unwrap(), 40, 17, 1),
        (reliability::glass_capacitors(&d).unwrap(), 64, 32, 2),
        (reliability::generator_fans(&d).unwrap(), 70, 12, 0),
    ];
    for (i, (data, units, failures, covariates)) in facts.iter().enumerate() {
        assert_eq!(
            (data.units(), data.failures(), data.covariates.ncols()),
            (*units, *failures, *covariates),
            "set {i}"
        );
        assert_eq!(data.covariates.nrows(), data.times.len());
    }
    let wheels = reliability::turbine_wheels(&d).unwrap();
    assert_eq!(wheels.iter().map(|w| w.inspected).sum::<usize>(), 432);
    assert_eq!(wheels.iter().map(|w| w.cracked).sum::<usize>(), 106);
    assert_eq!(reliability::inspected_cracks(&d).unwrap().iter().map(|c| c.1).sum::<usize>(), 94);
    assert_eq!(reliability::repairable_system_g1(&d).unwrap().failures.len(), 12);
    let six = reliability::repairable_systems_six(&d).unwrap();
    assert_eq!(six.len(), 6);
    assert_eq!(six.iter().map(|s| s.failures.len() + usize::from(s.observed_until.is_some())).sum::<usize>(), 33);
    let engines = reliability::valve_seats(&d).unwrap();
    assert_eq!(engines.len(), 41);
    assert_eq!(engines.iter().map(|e| e.failures.len()).sum::<usize>(), 48);
    assert!(engines.iter().all(|e| e.observed_until.is_some()));
    assert_eq!(reliability::air_conditioning_plane_a(&d).unwrap().len(), 12);
    assert_eq!(reliability::air_conditioning_plane_b(&d).unwrap().len(), 24);
}

#[test]
fn a_folder_that_is_not_there_is_an_error_with_its_path() {
    let error = datasets::water_flow("no such folder").unwrap_err().to_string();
    assert!(error.contains("no such folder"), "{error}");
}
