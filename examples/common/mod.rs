//! What the examples share: options, the page of a report, plots.
#![allow(dead_code, clippy::unwrap_used)]

pub(crate) mod page;
pub(crate) mod plot;

use indicatif::{ProgressBar, ProgressStyle};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Any error of the run, with its message.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// Options of the form `--name value`, and flags `--name`.
pub(crate) struct Options {
    values: HashMap<String, String>,
}

impl Options {
    /// Reads the command line; `None` when help was asked for (and printed).
    pub(crate) fn read(usage: &str, with_value: &[&str], flags: &[&str]) -> Result<Option<Self>, Failure> {
        let mut values = HashMap::new();
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            let name = arg.strip_prefix("--").unwrap_or("");
            if arg == "-h" || name == "help" {
                println!("{usage}");
                return Ok(None);
            } else if flags.contains(&name) {
                values.insert(name.to_owned(), String::new());
            } else if with_value.contains(&name) {
                let value = args.next().ok_or_else(|| format!("{arg} needs a value\n{usage}"))?;
                values.insert(name.to_owned(), value);
            } else {
                return Err(format!("unknown argument `{arg}`\n{usage}").into());
            }
        }
        Ok(Some(Self { values }))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    pub(crate) fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(PathBuf::from)
    }

    pub(crate) fn has(&self, flag: &str) -> bool {
        self.values.contains_key(flag)
    }

    pub(crate) fn number(&self, name: &str, default: usize) -> Result<usize, Failure> {
        match self.get(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| format!("--{name} {text}: not a whole number").into()),
        }
    }
}

/// A bar for long work, on the terminal only.
pub(crate) fn progress(steps: usize) -> Result<ProgressBar, Failure> {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")?;
    Ok(ProgressBar::new(steps as u64).with_style(style))
}

/// Writes a file and says so.
pub(crate) fn write(path: &Path, content: &str) -> Result<(), Failure> {
    if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::write(path, content).map_err(|e| format!("{}: {e}", path.display()))?;
    println!("wrote {}", path.display());
    Ok(())
}

/// `name` or `name.gz` in a folder; an error that says what belongs there.
pub(crate) fn find(folder: &Path, name: &str, source: &str) -> Result<PathBuf, Failure> {
    let plain = folder.join(name);
    let packed = folder.join(format!("{name}.gz"));
    if plain.exists() {
        Ok(plain)
    } else if packed.exists() {
        Ok(packed)
    } else {
        Err(format!("neither {} nor {} is there.\n{source}", plain.display(), packed.display()).into())
    }
}
