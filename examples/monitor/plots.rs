//! The plots of the report, as SVG.

use crate::Failure;
use crate::cracks::{End, FAILURE, NOW, Predicted, Study};
use crate::machines::Machine;
use crate::report::day;
use plotters::coord::Shift;
use plotters::prelude::*;

const INK: RGBColor = RGBColor(31, 41, 55);
const FAINT: RGBColor = RGBColor(203, 209, 218);
const BLUE: RGBColor = RGBColor(37, 99, 168);
const RED: RGBColor = RGBColor(200, 50, 47);
const AMBER: RGBColor = RGBColor(217, 143, 17);
const GREEN: RGBColor = RGBColor(31, 138, 92);
const FONT: &str = "system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif";

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws into an SVG of this size.
fn svg(size: (u32, u32), draw: impl FnOnce(&Area<'_>) -> Result<(), Failure>) -> Result<String, Failure> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        area.fill(&WHITE)?;
        draw(&area)?;
        area.present()?;
    }
    // A view box lets the page scale the plot.
    let (w, h) = size;
    Ok(text.replacen(
        &format!("<svg width=\"{w}\" height=\"{h}\""),
        "<svg role=\"img\" style=\"width:100%;height:auto\"",
        1,
    ))
}

fn small() -> TextStyle<'static> {
    (FONT, 13).into_font().color(&INK)
}

/// Range of the finite values with a margin.
fn range(values: impl Iterator<Item = f64>) -> std::ops::Range<f64> {
    let (lo, hi) =
        values.filter(|v| v.is_finite()).fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), v| (lo.min(v), hi.max(v)));
    let margin = 0.06 * (hi - lo).max(1e-9);
    lo - margin..hi + margin
}

/// Runs of finite points: a line must not bridge missing values.
fn runs(points: &[(f64, f64)]) -> impl Iterator<Item = Vec<(f64, f64)>> + '_ {
    points.split(|(_, v)| !v.is_finite()).filter(|r| !r.is_empty()).map(<[_]>::to_vec)
}

/// The measured signal with the learning period and the events shaded.
pub(crate) fn signal(machine: &Machine) -> Result<String, Failure> {
    let x = machine.signal[0].0..machine.signal[machine.signal.len() - 1].0;
    let y = range(machine.signal.iter().map(|p| p.1));
    svg((1000, 230), |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .x_label_area_size(26)
            .y_label_area_size(64)
            .build_cartesian_2d(x.clone(), y.clone())?;
        shade(&mut chart, machine, &y)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(FAINT.mix(0.5))
            .axis_style(FAINT)
            .label_style(small())
            .x_labels(12)
            .y_labels(5)
            .x_label_formatter(&|t| day(*t))
            .y_desc(machine.quantity.clone())
            .draw()?;
        for run in runs(&machine.signal) {
            chart.draw_series(LineSeries::new(run, BLUE.stroke_width(1)))?;
        }
        Ok(())
    })
}

/// The score in units of its limit, on a logarithmic axis.
pub(crate) fn score(machine: &Machine) -> Result<String, Failure> {
    let x = machine.signal[0].0..machine.signal[machine.signal.len() - 1].0;
    let floor = 0.02;
    let top = machine.scores.iter().map(|p| p.1).fold(2.0, f64::max) * 1.6;
    svg((1000, 200), |area| {
        let y = floor..top;
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .x_label_area_size(26)
            .y_label_area_size(64)
            .build_cartesian_2d(x.clone(), y.clone().log_scale())?;
        shade(&mut chart, machine, &y)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(FAINT.mix(0.5))
            .axis_style(FAINT)
            .label_style(small())
            .x_labels(12)
            .y_labels(4)
            .x_label_formatter(&|t| day(*t))
            .y_label_formatter(&|v| if *v < 1.0 { format!("{v}") } else { format!("{v:.0}") })
            .y_desc("score / limit")
            .draw()?;
        let points: Vec<(f64, f64)> = machine.scores.iter().map(|(t, s)| (*t, s.max(floor))).collect();
        // Windows come every hour; where they do not, samples were missing.
        for run in points.chunk_by(|a, b| b.0 - a.0 < 2.0 * 3600.0) {
            chart.draw_series(LineSeries::new(run.iter().copied(), INK.stroke_width(1)))?;
        }
        let limit = [(x.start, 1.0), (x.end, 1.0)];
        chart.draw_series(DashedLineSeries::new(limit, 6, 4, RED.stroke_width(2)))?;
        Ok(())
    })
}

/// Shades the learning period green and the events red.
fn shade<'a, Y>(
    chart: &mut ChartContext<'_, SVGBackend<'a>, Cartesian2d<plotters::coord::types::RangedCoordf64, Y>>,
    machine: &Machine,
    y: &std::ops::Range<f64>,
) -> Result<(), Failure>
where
    Y: Ranged<ValueType = f64>,
{
    let start = machine.signal[0].0;
    let learned = Rectangle::new([(start, y.start), (machine.learned_until, y.end)], GREEN.mix(0.07).filled());
    chart.draw_series(std::iter::once(learned))?;
    let events = machine.findings.iter().map(|f| {
        let colour = if f.score < 3.0 { AMBER } else { RED };
        Rectangle::new([(f.from, y.start), (f.to, y.end)], colour.mix(0.16).filled())
    });
    chart.draw_series(events)?;
    Ok(())
}

/// How much each column contributes to an event at its worst.
pub(crate) fn contributions(columns: &[(String, f64)]) -> Result<String, Failure> {
    let rows = columns.len() as u32;
    svg((400, 22 * rows + 4), |area| {
        for (i, (name, share)) in columns.iter().enumerate() {
            let top = 2 + 22 * i as i32;
            let right = 235 + (115.0 * share) as i32;
            area.draw(&Rectangle::new([(235, top + 3), (right.max(236), top + 17)], BLUE.mix(0.75).filled()))?;
            area.draw(&Text::new(name.clone(), (0, top + 4), small()))?;
            area.draw(&Text::new(format!("{:.0} %", 100.0 * share), (right + 6, top + 4), small()))?;
        }
        Ok(())
    })
}

/// One specimen's path: seen, foreseen with its band, and what came.
pub(crate) fn path(predicted: &Predicted, study: &Study) -> Result<String, Failure> {
    svg((400, 270), |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .caption(format!("specimen {}", predicted.id), (FONT, 15).into_font().color(&INK))
            .x_label_area_size(36)
            .y_label_area_size(44)
            .build_cartesian_2d(0.0..180.0, 0.95..2.0)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(FAINT.mix(0.4))
            .axis_style(FAINT)
            .label_style(small())
            .x_labels(7)
            .y_labels(6)
            .x_label_formatter(&|t| format!("{t:.0}"))
            .x_desc("thousand cycles")
            .draw()?;
        for other in study.predicted.iter().filter(|o| o.id != predicted.id) {
            chart.draw_series(LineSeries::new(other.path.iter().copied(), FAINT.mix(0.8).stroke_width(1)))?;
        }
        let late = 180.0;
        let side = |k: usize| predicted.band.iter().map(move |(length, at)| (at[k].min(late), *length));
        let outline: Vec<(f64, f64)> = side(0).chain(side(2).rev()).collect();
        chart.draw_series(std::iter::once(Polygon::new(outline, BLUE.mix(0.18))))?;
        chart.draw_series(LineSeries::new(side(1).filter(|p| p.0 < late), BLUE.stroke_width(2)))?;
        let limit = [(0.0, FAILURE), (180.0, FAILURE)];
        chart.draw_series(DashedLineSeries::new(limit, 6, 4, RED.stroke_width(1)))?;
        let (seen, later) = predicted.path.split_at(predicted.seen);
        chart.draw_series(LineSeries::new(seen.iter().copied(), INK.stroke_width(2)))?;
        chart.draw_series(seen.iter().map(|p| Circle::new(*p, 3, INK.filled())))?;
        chart.draw_series(later.iter().map(|p| Circle::new(*p, 3, INK.stroke_width(1))))?;
        Ok(())
    })
}

/// All intervals against what came.
pub(crate) fn intervals(study: &Study) -> Result<String, Failure> {
    let n = study.predicted.len();
    svg((1000, 22 * n as u32 + 60), |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .x_label_area_size(38)
            .y_label_area_size(100)
            .build_cartesian_2d(0.0..135.0, 0.0..n as f64)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(FAINT.mix(0.5))
            .axis_style(FAINT)
            .label_style(small())
            .y_labels(0)
            .x_labels(14)
            .x_label_formatter(&|t| format!("{t:.0}"))
            .x_desc(format!("remaining life after {NOW:.0} thousand cycles, in thousand cycles"))
            .draw()?;
        for (i, p) in study.predicted.iter().enumerate() {
            let y = n as f64 - i as f64 - 0.5;
            let colour = if p.covered() { BLUE } else { RED };
            let ends = [(p.interval.0, y), (p.interval.1.min(135.0), y)];
            chart.draw_series(LineSeries::new(ends, colour.mix(0.55).stroke_width(7)))?;
            chart.draw_series(std::iter::once(Circle::new((p.median, y), 4, colour.filled())))?;
            match p.end {
                End::Failed(life) => {
                    chart.draw_series(std::iter::once(Cross::new((life, y), 5, INK.stroke_width(2))))?;
                }
                End::Stopped(life) => {
                    chart.draw_series(std::iter::once(TriangleMarker::new((life, y), 5, GREEN.filled())))?;
                }
            }
            let place = chart.backend_coord(&(0.0, y));
            area.draw(&Text::new(format!("specimen {}", p.id), (12, place.1 - 7), small()))?;
        }
        Ok(())
    })
}
