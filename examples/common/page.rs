//! One self-contained HTML page.

use std::fmt::Write as _;

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
th{font-size:13px;color:var(--soft);font-weight:600}td.n,th.n{text-align:right;padding-right:16px;white-space:nowrap}
.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(300px,1fr));gap:10px}
@media print{body{background:#fff}section{break-inside:avoid}}
";

pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A page that grows section by section.
pub(crate) struct Page {
    text: String,
}

impl Page {
    pub(crate) fn new(title: &str, about: &str) -> Self {
        let (title, about) = (escape(title), escape(about));
        let text = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
             content=\"width=device-width,initial-scale=1\"><title>{title}</title><style>{STYLE}</style><main>\
             <h1>{title}</h1><p class=\"soft\">{about}</p>"
        );
        Self { text }
    }

    /// A section; `body` is HTML.
    pub(crate) fn section(&mut self, title: &str, body: &str) {
        let _ = write!(self.text, "<section><h2>{}</h2>{body}</section>", escape(title));
    }

    pub(crate) fn finish(mut self) -> String {
        self.text.push_str("</main></html>");
        self.text
    }
}

/// A table; columns whose head begins with `#` are numbers.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let class = |j: usize| if head.get(j).is_some_and(|h| h.starts_with('#')) { " class=n" } else { "" };
    let mut text = String::from("<table><tr>");
    for (j, h) in head.iter().enumerate() {
        let _ = write!(text, "<th{}>{}", class(j), escape(h.trim_start_matches('#')));
    }
    text.push_str("</tr>");
    for row in rows {
        text.push_str("<tr>");
        for (j, cell) in row.iter().enumerate() {
            let _ = write!(text, "<td{}>{}", class(j), escape(cell));
        }
        text.push_str("</tr>");
    }
    text.push_str("</table>");
    text
}

pub(crate) fn paragraph(text: &str) -> String {
    format!("<p>{}</p>", escape(text))
}
