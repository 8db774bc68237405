//! Plots as SVG.

use super::Failure;
use plotters::coord::Shift;
use plotters::prelude::*;

pub(crate) const INK: RGBColor = RGBColor(31, 41, 55);
pub(crate) const FAINT: RGBColor = RGBColor(203, 209, 218);
pub(crate) const BLUE: RGBColor = RGBColor(37, 99, 168);
pub(crate) const RED: RGBColor = RGBColor(200, 50, 47);
pub(crate) const AMBER: RGBColor = RGBColor(217, 143, 17);
pub(crate) const GREEN: RGBColor = RGBColor(31, 138, 92);
const FONT: &str = "system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif";

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws into an SVG of this size that scales with the page.
pub(crate) fn svg(size: (u32, u32), draw: impl FnOnce(&Area<'_>) -> Result<(), Failure>) -> Result<String, Failure> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        area.fill(&WHITE)?;
        draw(&area)?;
        area.present()?;
    }
    let (w, h) = size;
    Ok(text.replacen(
        &format!("<svg width=\"{w}\" height=\"{h}\""),
        "<svg role=\"img\" style=\"width:100%;height:auto\"",
        1,
    ))
}

pub(crate) fn small() -> TextStyle<'static> {
    (FONT, 13).into_font().color(&INK)
}

/// Range of the finite values with a margin.
pub(crate) fn range(values: impl Iterator<Item = f64>) -> std::ops::Range<f64> {
    let (lo, hi) =
        values.filter(|v| v.is_finite()).fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), v| (lo.min(v), hi.max(v)));
    if lo > hi {
        return 0.0..1.0;
    }
    let margin = 0.06 * (hi - lo).max(1e-9);
    lo - margin..hi + margin
}

/// One line of a chart.
pub(crate) struct Line<'a> {
    pub(crate) name: &'a str,
    pub(crate) color: RGBColor,
    pub(crate) points: Vec<(f64, f64)>,
    /// Dots instead of a line.
    pub(crate) dots: bool,
}

/// A band between two curves.
pub(crate) struct Band<'a> {
    pub(crate) name: &'a str,
    pub(crate) color: RGBColor,
    /// (x, low, high)
    pub(crate) points: Vec<(f64, f64, f64)>,
}

/// Lines and bands over one pair of axes.
pub(crate) fn chart(
    size: (u32, u32),
    caption: &str,
    axes: (&str, &str),
    bands: &[Band<'_>],
    lines: &[Line<'_>],
) -> Result<String, Failure> {
    let xs = || {
        bands
            .iter()
            .flat_map(|b| b.points.iter().map(|p| p.0))
            .chain(lines.iter().flat_map(|l| l.points.iter().map(|p| p.0)))
    };
    let ys = || {
        let of_bands = bands.iter().flat_map(|b| b.points.iter().flat_map(|p| [p.1, p.2]));
        of_bands.chain(lines.iter().flat_map(|l| l.points.iter().map(|p| p.1)))
    };
    svg(size, |area| {
        let mut chart = ChartBuilder::on(area)
            .caption(caption, (FONT, 15).into_font().color(&INK))
            .margin(8)
            .x_label_area_size(34)
            .y_label_area_size(48)
            .build_cartesian_2d(range(xs()), range(ys()))?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(FAINT.mix(0.6))
            .axis_style(FAINT)
            .label_style(small())
            .x_desc(axes.0)
            .y_desc(axes.1)
            .x_labels(6)
            .y_labels(6)
            .draw()?;
        for band in bands {
            let up = band.points.iter().map(|p| (p.0, p.2));
            let down = band.points.iter().rev().map(|p| (p.0, p.1));
            let color = band.color;
            chart
                .draw_series(std::iter::once(Polygon::new(
                    up.chain(down).collect::<Vec<_>>(),
                    color.mix(0.18).filled(),
                )))?
                .label(band.name)
                .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 14, y + 5)], color.mix(0.25).filled()));
        }
        for line in lines {
            let color = line.color;
            if line.dots {
                chart
                    .draw_series(line.points.iter().map(|p| Circle::new(*p, 3, color.filled())))?
                    .label(line.name)
                    .legend(move |(x, y)| Circle::new((x + 7, y), 3, color.filled()));
            } else {
                chart
                    .draw_series(LineSeries::new(line.points.iter().copied(), color.stroke_width(2)))?
                    .label(line.name)
                    .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 14, y)], color.stroke_width(2)));
            }
        }
        if bands.len() + lines.len() > 1 {
            chart
                .configure_series_labels()
                .position(SeriesLabelPosition::UpperRight)
                .background_style(WHITE.mix(0.85))
                .border_style(FAINT)
                .label_font(small())
                .draw()?;
        }
        Ok(())
    })
}

/// Horizontal bars, the first on top.
pub(crate) fn bars(caption: &str, bars: &[(String, f64)]) -> Result<String, Failure> {
    let height = 46 + 24 * bars.len() as u32;
    let most = bars.iter().fold(0.0_f64, |m, b| m.max(b.1)).max(1e-12);
    svg((720, height), |area| {
        area.draw(&Text::new(caption.to_owned(), (8, 6), (FONT, 15).into_font().color(&INK)))?;
        for (i, (name, value)) in bars.iter().enumerate() {
            let y = 34 + 24 * i as i32;
            let end = 270 + (400.0 * value / most) as i32;
            area.draw(&Text::new(name.clone(), (8, y), small()))?;
            area.draw(&Rectangle::new([(270, y), (end.max(271), y + 15)], BLUE.mix(0.75).filled()))?;
            area.draw(&Text::new(format!("{value:.3}"), (end + 6, y), small()))?;
        }
        Ok(())
    })
}
