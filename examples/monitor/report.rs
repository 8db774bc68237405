//! What the run says: on the terminal, as JSON lines, as one HTML page.

use crate::Failure;
use crate::cracks::{End, NOW, Study};
use crate::machines::{Finding, Machine};
use crate::plots;
use prognos::decision::Action;
use std::fmt::Write;

/// `2023-03-25 07:00`, UTC.
pub(crate) fn day_and_hour(seconds: f64) -> String {
    stamp(seconds).map_or_else(String::new, |t| t.strftime("%Y-%m-%d %H:%M").to_string())
}

/// `25 Mar`.
pub(crate) fn day(seconds: f64) -> String {
    stamp(seconds).map_or_else(String::new, |t| t.strftime("%-d %b").to_string())
}

fn stamp(seconds: f64) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_second(seconds.round() as i64).ok()
}

/// The specimens that the summary shows one by one.
fn shown(study: &Study) -> impl Iterator<Item = &crate::cracks::Predicted> {
    let step = study.predicted.len().div_ceil(6);
    study.predicted.iter().step_by(step.max(1))
}

fn outcome(end: End) -> String {
    match end {
        End::Failed(life) => format!("failed after {life:.0}"),
        End::Stopped(life) => format!("stopped intact after {life:.0}"),
    }
}

fn action(action: Action) -> String {
    match action {
        Action::Continue => "continue".to_owned(),
        Action::Inspect => "inspect".to_owned(),
        Action::Plan { at } => format!("order now, replace in {at:.0}"),
        Action::Act => "act now".to_owned(),
    }
}

/// The summary on the terminal.
pub(crate) fn print(machines: &[Machine], study: &Study) {
    for machine in machines {
        println!("{}", machine.name);
        for fact in &machine.facts {
            println!("  {fact}");
        }
        if machine.findings.is_empty() {
            println!("  nothing abnormal");
        }
        for f in &machine.findings {
            println!(
                "  {} to {}  {:>4.0} h  {:<6}  {}",
                day_and_hour(f.from),
                day_and_hour(f.to),
                f.hours(),
                f.severity(),
                f.reason
            );
        }
        println!("  -> {}: {}\n", machine.action, machine.why);
    }
    println!("cracks in {} specimens, seen until {NOW:.0} thousand cycles", study.predicted.len());
    println!("  remaining life in thousand cycles, fleet prior from the other {}", study.predicted.len() - 1);
    println!("  specimen   median   90 % interval   what came                -> recommended then");
    for p in shown(study) {
        println!(
            "  {:>8}   {:>6.0}   {:>5.0} to {:<5.0}  {:<24} -> {}",
            p.id,
            p.median,
            p.interval.0,
            p.interval.1,
            outcome(p.end),
            action(p.decision.action)
        );
    }
    println!("  {}", coverage(study));
    println!("  {}", accuracy(study));
}

fn coverage(study: &Study) -> String {
    let failed = study.failed().count();
    let all = study.predicted.len();
    let within = study.failed().filter(|(p, _)| p.covered()).count();
    format!(
        "coverage of the 90 % intervals: {} of {all} ({within} of the {failed} that failed; the {} stopped intact contradict \
         an interval only by outliving it)",
        study.covered(),
        all - failed
    )
}

fn accuracy(study: &Study) -> String {
    format!(
        "mean width {:.0} thousand cycles; median error of the medians {:.1}, over those that failed",
        study.mean_width(),
        study.median_error()
    )
}

/// The events, one JSON object a line.
pub(crate) fn json_lines(machines: &[Machine]) -> Result<String, Failure> {
    let mut text = String::new();
    for machine in machines {
        for f in &machine.findings {
            let time = |s: f64| stamp(s).map(|t| t.to_string());
            let why: Vec<_> = f
                .attribution
                .top(5)
                .into_iter()
                .map(|(feature, share)| serde_json::json!({ "feature": feature, "share": share }))
                .collect();
            let line = serde_json::json!({
                "machine": machine.name,
                "start": time(f.from),
                "end": time(f.to),
                "peak": time(f.peak),
                "hours": f.hours(),
                "score": f.score,
                "severity": f.severity(),
                "reason": f.reason,
                "contributions": why,
            });
            writeln!(text, "{}", serde_json::to_string(&line)?)?;
        }
    }
    Ok(text)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const STYLE: &str = "
:root{--ink:#1f2937;--soft:#6b7280;--line:#e5e7eb;--ground:#f4f6f8}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif}
main{max-width:1080px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:26px;margin:0 0 4px}h2{font-size:19px;margin:0 0 6px}h3{font-size:14px;margin:18px 0 2px;color:var(--soft);font-weight:600}
p{margin:4px 0}.soft{color:var(--soft)}
section{background:#fff;border:1px solid var(--line);border-radius:10px;padding:20px 22px;margin:18px 0}
table{border-collapse:collapse;width:100%;margin:8px 0}
th,td{text-align:left;padding:6px 10px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
th{font-size:13px;color:var(--soft);font-weight:600}td.t{white-space:nowrap}td.n,th.n{text-align:right;padding-right:16px;white-space:nowrap}
.badge{display:inline-block;border-radius:999px;padding:1px 10px;font-size:13px;font-weight:600;white-space:nowrap}
.ok{background:#e3f4ec;color:#17694a}.warn{background:#fdf0d8;color:#8a5a06}.bad{background:#fbe3e2;color:#a1211e}
ul{margin:6px 0 6px 18px;padding:0}.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(300px,1fr));gap:10px}
.key span{display:inline-block;width:12px;height:12px;border-radius:3px;margin:0 5px -1px 14px}
@media print{body{background:#fff}section{break-inside:avoid}}
";

fn badge(action: &str) -> String {
    let class = match action {
        a if a.starts_with("continue") => "ok",
        a if a.starts_with("act") || a.starts_with("inspect now") => "bad",
        _ => "warn",
    };
    format!("<span class=\"badge {class}\">{}</span>", escape(action))
}

/// The whole report: one file, nothing to load.
pub(crate) fn html(machines: &[Machine], study: &Study) -> Result<String, Failure> {
    let mut page = String::new();
    write!(
        page,
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\"><title>Condition report</title><style>{STYLE}</style><main>\
         <h1>Condition report</h1><p class=\"soft\">Recorded data from <code>datasets/</code>; times are UTC.</p>"
    )?;
    write!(
        page,
        "<section><h2>What to do</h2><table><tr><th>machine<th>recommended<th>why<th class=n>abnormal periods</tr>"
    )?;
    for machine in machines {
        write!(
            page,
            "<tr><td>{}<td>{}<td>{}<td class=n>{}</tr>",
            escape(&machine.name),
            badge(&machine.action),
            escape(&machine.why),
            machine.findings.len()
        )?;
    }
    for p in shown(study) {
        write!(
            page,
            "<tr><td>specimen {} at {NOW:.0} thousand cycles<td>{}<td>{} (thousand cycles)<td class=n></tr>",
            p.id,
            badge(&action(p.decision.action)),
            escape(&p.decision.reason)
        )?;
    }
    write!(page, "</table></section>")?;
    for machine in machines {
        section(&mut page, machine)?;
    }
    cracks(&mut page, study)?;
    write!(page, "</main></html>")?;
    Ok(page)
}

fn section(page: &mut String, machine: &Machine) -> Result<(), Failure> {
    write!(page, "<section><h2>{} {}</h2><ul>", escape(&machine.name), badge(&machine.action))?;
    for fact in &machine.facts {
        write!(page, "<li>{}", escape(fact))?;
    }
    write!(
        page,
        "</ul><p class=\"soft key\"><span style=\"background:#e3f4ec\"></span>normal learned here\
         <span style=\"background:#f6d9d8\"></span>abnormal, clear or severe<span style=\"background:#faebd0\"></span>abnormal, minor</p>"
    )?;
    write!(page, "<h3>Measured</h3>{}", plots::signal(machine)?)?;
    write!(page, "<h3>Score, in units of the alarm limit</h3>{}", plots::score(machine)?)?;
    if !machine.findings.is_empty() {
        write!(
            page,
            "<h3>Abnormal periods</h3><table><tr><th>from<th>to<th class=n>hours<th>severity<th>reason<th>share of the score</tr>"
        )?;
        for f in &machine.findings {
            row(page, f)?;
        }
        write!(page, "</table>")?;
    }
    write!(page, "</section>")?;
    Ok(())
}

fn row(page: &mut String, f: &Finding) -> Result<(), Failure> {
    let class = if f.severity() == "minor" { "warn" } else { "bad" };
    let score = if f.score < 100.0 { format!("{:.1}", f.score) } else { "over 100".to_owned() };
    write!(
        page,
        "<tr><td class=t>{}<td class=t>{}<td class=n>{:.0}<td><span class=\"badge {class}\">{} ({score})</span><td style=\"min-width:200px\">{}<td style=\"min-width:270px\">{}</tr>",
        day_and_hour(f.from),
        day_and_hour(f.to),
        f.hours(),
        f.severity(),
        escape(&f.reason),
        plots::contributions(&f.shares)?
    )?;
    Ok(())
}

fn cracks(page: &mut String, study: &Study) -> Result<(), Failure> {
    write!(
        page,
        "<section><h2>Fatigue cracks in {} specimens</h2><p>Each specimen is seen until {NOW:.0} thousand cycles (dots); the \
         remaining life to a crack of 1.6 inch is predicted from that and from the records of the other {} specimens, never \
         from its own future (circles). Blue: median and 90 % band. The scale on which growth is a straight line was chosen \
         by the likelihood of the other specimens.</p><div class=grid>",
        study.predicted.len(),
        study.predicted.len() - 1
    )?;
    for p in shown(study) {
        write!(page, "<div>{}</div>", plots::path(p, study)?)?;
    }
    write!(
        page,
        "</div><h3>All specimens</h3><p class=\"soft\">Bar: 90 % interval; dot: median; cross: failed; triangle: stopped \
         intact, still to live. Red: contradicted by what came.</p>{}",
        plots::intervals(study)?
    )?;
    write!(page, "<p>{}.</p><p>{}.</p>", escape(&coverage(study)), escape(&accuracy(study)))?;
    write!(
        page,
        "<table><tr><th>specimen<th class=n>median<th class=n>90 % interval<th>what came<th>recommended then</tr>"
    )?;
    for p in &study.predicted {
        write!(
            page,
            "<tr><td>{}<td class=n>{:.0}<td class=n>{:.0} to {:.0}<td>{}<td>{}</tr>",
            p.id,
            p.median,
            p.interval.0,
            p.interval.1,
            outcome(p.end),
            badge(&action(p.decision.action))
        )?;
    }
    write!(
        page,
        "</table><p class=\"soft\">Thousand cycles. Growth is a straight line in the length to the power {:.2} to {:.2}, \
         depending on which specimen is left out.</p></section>",
        study.powers.0, study.powers.1
    )?;
    Ok(())
}
