//! The report.

use crate::common::Failure;
use crate::common::page::{Page, escape, paragraph, table};
use crate::common::plot::{AMBER, BLUE, Band, INK, Line, bars, chart};
use crate::{CAP, Results, Task};

/// The columns that the learners gain most by, in one line.
pub(crate) fn most_important(results: &Results) -> String {
    let top = results.model.importance().into_iter().take(6);
    top.map(|(name, share)| format!("{name} {:.0} %", 100.0 * share)).collect::<Vec<_>>().join(", ")
}

pub(crate) fn html(task: &Task, results: &Results) -> Result<String, Failure> {
    let mut page = Page::new(
        &format!("Remaining life: {}", task.name),
        "Predictions for engines the models did not see; one configuration for all sets.",
    );
    let lines: String = results.lines.iter().map(|line| paragraph(line)).collect();
    page.section("Figures", &lines);

    let mut grid = String::from("<div class=grid>");
    let n = task.train.n_units();
    for k in 0..6.min(n) {
        let u = k * n / 6.min(n);
        let rows = task.train.rows_of(u);
        let ages = &task.train.ages()[rows.clone()];
        let remaining: Vec<f64> = rows.clone().map(|i| results.held_out.targets[i]).collect();
        let line = |name, color, values: Vec<f64>| Line {
            name,
            color,
            points: ages.iter().copied().zip(values).collect(),
            dots: false,
        };
        let band = Band {
            name: "90 % interval",
            color: BLUE,
            points: rows
                .clone()
                .map(|i| (task.train.ages()[i], results.intervals[i].0, results.intervals[i].1))
                .collect(),
        };
        let predicted: Vec<f64> = rows.map(|i| results.held_out.blended[i]).collect();
        grid.push_str(&chart(
            (520, 330),
            &format!("engine {}", task.train.unit(u)?.name),
            ("cycle", "remaining cycles"),
            &[band],
            &[line("predicted", BLUE, predicted), line("true", INK, remaining)],
        )?);
    }
    grid.push_str("</div>");
    page.section("Six training engines, each predicted without having been seen", &grid);

    if let Some(remaining) = &task.remaining {
        let mut order: Vec<usize> = (0..remaining.len()).collect();
        order.sort_by(|&a, &b| remaining[a].total_cmp(&remaining[b]));
        let at =
            |f: &dyn Fn(usize) -> f64| order.iter().enumerate().map(|(x, &u)| (x as f64, f(u))).collect::<Vec<_>>();
        let band = Band {
            name: "90 % interval",
            color: BLUE,
            points: order
                .iter()
                .enumerate()
                .map(|(x, &u)| (x as f64, results.bands[u].0, results.bands[u].1))
                .collect(),
        };
        let plot = chart(
            (1000, 380),
            "test engines by their true remaining life",
            ("engine, in order", "remaining cycles"),
            &[band],
            &[
                Line { name: "predicted", color: BLUE, points: at(&|u| results.predicted[u]), dots: true },
                Line { name: "true, capped", color: INK, points: at(&|u| remaining[u].min(CAP)), dots: false },
            ],
        )?;
        page.section("Test engines, at their last cycle", &plot);
        let mut worst: Vec<usize> = (0..remaining.len()).collect();
        let off = |u: usize| results.predicted[u] - remaining[u].min(CAP);
        worst.sort_by(|&a, &b| off(b).abs().total_cmp(&off(a).abs()));
        let rows: Vec<Vec<String>> = worst
            .iter()
            .take(8)
            .map(|&u| {
                let (low, high) = results.bands[u];
                let name = task.test.unit(u).map_or(String::new(), |unit| unit.name.to_owned());
                vec![
                    name,
                    format!("{:.0}", remaining[u]),
                    format!("{:.1}", results.predicted[u]),
                    format!("{low:.0} to {high:.0}"),
                    format!("{:+.1}", off(u)),
                ]
            })
            .collect();
        page.section(
            "The eight worst",
            &table(&["engine", "#true", "#predicted", "#90 % interval", "#error (capped)"], &rows),
        );
    }

    let top: Vec<(String, f64)> = results.model.importance().into_iter().take(15).collect();
    page.section("What the learners gain most by", &bars("share of the gain of all cuts", &top)?);
    let errors: Vec<(f64, f64)> = {
        let rows = crate::judged(&task.train);
        let mut by_level = vec![(0.0, 0.0); 13];
        for i in rows {
            let k = ((results.held_out.targets[i] / 10.0) as usize).min(12);
            by_level[k].0 += (results.held_out.blended[i] - results.held_out.targets[i]).powi(2);
            by_level[k].1 += 1.0;
        }
        (0..13)
            .filter(|&k| by_level[k].1 > 0.0)
            .map(|k| (10.0 * k as f64 + 5.0, (by_level[k].0 / by_level[k].1).sqrt()))
            .collect()
    };
    let plot = chart(
        (720, 300),
        "root mean square error by the true remaining life, held-out engines",
        ("true remaining cycles (capped)", "cycles"),
        &[],
        &[Line { name: "RMSE", color: AMBER, points: errors, dots: false }],
    )?;
    page.section(&escape("Errors fall towards the end of life"), &plot);
    Ok(page.finish())
}
