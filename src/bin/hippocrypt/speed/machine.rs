//! Where and with what was measured.

use serde_json::{Value, json};

use super::workload::clock::CLOCK;
use super::workload::operations::CIPHER;

/// A machine and a build. Figures of two of them are compared as ratios.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    pub cpu: String,
    pub system: String,
    pub backend: String,
    pub cipher: String,
    pub clock: String,
    pub version: String,
}

impl Machine {
    /// This machine and this build.
    pub fn here() -> Self {
        Self {
            cpu: cpu(),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            backend: hippocrypt::BACKEND.to_owned(),
            cipher: CIPHER.to_owned(),
            clock: CLOCK.to_owned(),
            version: format!(
                "{}{}",
                env!("CARGO_PKG_VERSION"),
                if cfg!(debug_assertions) { " (debug)" } else { "" }
            ),
        }
    }

    /// Names and values, as they are printed and stored.
    pub fn fields(&self) -> [(&'static str, &str); 6] {
        [
            ("cpu", &self.cpu),
            ("system", &self.system),
            ("backend", &self.backend),
            ("cipher", &self.cipher),
            ("clock", &self.clock),
            ("version", &self.version),
        ]
    }

    pub fn from_json(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        Some(Self {
            cpu: text("cpu")?,
            system: text("system")?,
            backend: text("backend")?,
            cipher: text("cipher")?,
            clock: text("clock")?,
            version: text("version")?,
        })
    }

    pub fn to_json(&self) -> Value {
        self.fields().into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect()
    }

    /// One line.
    pub fn line(&self) -> String {
        let Self { cpu, system, backend, cipher, version, .. } = self;
        format!("{cpu}, {system}, backend {backend}, {cipher}, hippocrypt {version}")
    }
}

/// The name of the processor where the system tells it, else its architecture.
fn cpu() -> String {
    let known = std::fs::read_to_string("/proc/cpuinfo").ok().as_deref().and_then(model);
    known.unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}

/// The first model that /proc/cpuinfo names.
fn model(cpuinfo: &str) -> Option<String> {
    let mut lines = cpuinfo.lines().filter_map(|line| line.split_once(':'));
    let (_, name) = lines.find(|(label, _)| matches!(label.trim(), "model name" | "Model" | "cpu model"))?;
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_read_back() {
        let here = Machine::here();
        assert_eq!(Machine::from_json(&here.to_json()), Some(here));
        assert_eq!(Machine::from_json(&json!({ "cpu": "x" })), None);
    }

    #[test]
    fn the_model_is_found() {
        let text = "processor\t: 0\nmodel\t\t: 17\nmodel name\t: AMD  EPYC 9R14\nmodel name\t: other\n";
        assert_eq!(model(text).as_deref(), Some("AMD EPYC 9R14"));
        assert_eq!(model("processor: 0\n"), None);
    }
}
