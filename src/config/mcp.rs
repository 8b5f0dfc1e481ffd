//! `[mcp.NAME]`: servers that offer tools by the Model Context Protocol. It says how to reach each and what its tools may
//! do; nothing is started here.

use super::environment::Variables;
use super::secret::Secret;
use crate::domain::tool::Risk;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// Longest name of a server: it begins the names of its tools, which have 64 characters at most.
const LONGEST_NAME: usize = 24;

/// The most time one call may take.
const LONGEST_TIMEOUT_MS: u64 = 120_000;

/// Variables that a program needs to run at all, and that hold no secret of anybody's.
const HARMLESS: [&str; 9] = ["PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "SHELL", "TERM"];

/// `[mcp]`: the servers by name.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct McpSettings {
    /// By the name that their tools begin with.
    pub servers: BTreeMap<String, McpServerSettings>,
}

/// `[mcp.NAME]`: either `command` or `url`.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct McpServerSettings {
    /// A program that speaks the protocol on its standard input and output.
    #[serde(default)]
    pub command: String,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// Its environment, beside [`harmless`]: `KEY`, or `KEY_FILE` with the path of a file that holds the value.
    #[serde(default)]
    pub env: BTreeMap<String, Secret>,
    /// An address that speaks the protocol over HTTP.
    #[serde(default)]
    pub url: String,
    /// Headers of every request to it: `NAME`, or `NAME_FILE` with a path.
    #[serde(default)]
    pub headers: BTreeMap<String, Secret>,
    /// How much harm its tools can do, unless said of one of them.
    #[serde(default = "write")]
    pub risk: Risk,
    /// The only tools that are taken, by the server's own names; empty takes all.
    #[serde(default)]
    pub allow: Vec<String>,
    /// By the server's own names.
    #[serde(default)]
    pub tools: BTreeMap<String, McpToolSettings>,
    /// Longest time of one call, in milliseconds.
    #[serde(default = "twenty_seconds")]
    pub timeout_ms: u64,
    /// How it is started again.
    #[serde(default)]
    pub restart: RestartSettings,
}

/// `[mcp.NAME.tools.TOOL]`.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct McpToolSettings {
    /// How much harm it can do.
    pub risk: Option<Risk>,
    /// Paths of result fields whose values count as trusted.
    #[serde(default)]
    pub result_trusted: Vec<String>,
}

/// `[mcp.NAME.restart]`.
#[derive(Clone, Copy, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RestartSettings {
    /// Upper bound of the first wait, in milliseconds; it doubles.
    pub first_ms: u64,
    /// Upper bound of any wait, in milliseconds.
    pub longest_ms: u64,
}

impl Default for RestartSettings {
    fn default() -> Self {
        Self { first_ms: 1_000, longest_ms: 60_000 }
    }
}

fn write() -> Risk {
    Risk::Write
}

fn twenty_seconds() -> u64 {
    20_000
}

impl McpServerSettings {
    /// Longest time of one call.
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    /// Values by name, those of files read. Names without a capital, as they come from variables, are shouted.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn environment(&self) -> Result<BTreeMap<String, String>, String> {
        let shouted = |(name, value): (String, String)| {
            let quiet = !name.contains(|character: char| character.is_ascii_uppercase());
            (if quiet { name.to_ascii_uppercase() } else { name }, value)
        };
        Ok(read(&self.env, &["_FILE", "_file"])?.into_iter().map(shouted).collect())
    }

    /// Headers by name, those of files read.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn header_values(&self) -> Result<BTreeMap<String, String>, String> {
        read(&self.headers, &["_FILE", "_file"])
    }
}

fn read(values: &BTreeMap<String, Secret>, suffixes: &[&str]) -> Result<BTreeMap<String, String>, String> {
    let mut all = BTreeMap::new();
    for (name, value) in values {
        let stem =
            suffixes.iter().find_map(|suffix| name.strip_suffix(suffix)).filter(|stem| !stem.is_empty());
        let (name, value) = match stem {
            None => (name.as_str(), value.expose().to_owned()),
            Some(stem) => match std::fs::read_to_string(value.expose()) {
                Ok(content) => (stem, content.trim().to_owned()),
                Err(error) => return Err(format!("`{name}` cannot be read: {error}")),
            },
        };
        all.insert(name.to_owned(), value);
    }
    Ok(all)
}

/// Of `variables`, those that every program may see.
pub fn harmless(variables: &Variables) -> Variables {
    variables.iter().filter(|(name, _)| HARMLESS.contains(&name.as_str())).cloned().collect()
}

impl McpSettings {
    /// What is wrong, each with its key.
    pub fn problems(&self) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        for (name, server) in &self.servers {
            let mut fault = |key: &str, message: &str| {
                let key = if key.is_empty() { name.clone() } else { format!("{name}.{key}") };
                problems.push((key, message.to_owned()));
            };
            let plain =
                |character: char| character.is_ascii_alphanumeric() || character == '_' || character == '-';
            if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(plain) {
                fault(
                    "",
                    "the name of a server has letters, digits, _ and -, at most 24: its tools begin with it",
                );
            }
            match (server.command.trim().is_empty(), server.url.trim().is_empty()) {
                (true, true) => fault("", "give `command`, a program, or `url`, an address"),
                (false, false) => fault("url", "either `command` or `url`, not both"),
                (true, false) if !server.args.is_empty() || !server.env.is_empty() => {
                    fault("url", "`args` and `env` are for a `command`");
                }
                (false, true) if !server.headers.is_empty() => fault("headers", "`headers` are for a `url`"),
                _ => {}
            }
            if !(100..=LONGEST_TIMEOUT_MS).contains(&server.timeout_ms) {
                fault("timeout_ms", "is from 100 to 120000");
            }
            if !(10..=server.restart.longest_ms).contains(&server.restart.first_ms)
                || server.restart.longest_ms > 3_600_000
            {
                fault("restart", "first_ms is from 10 to longest_ms, which is 3600000 at most");
            }
            for key in ["env", "headers"] {
                let values = if key == "env" { server.environment() } else { server.header_values() };
                if let Err(message) = values {
                    fault(key, &message);
                }
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> McpSettings {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_server_is_a_program_or_an_address_and_writes_unless_said_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "t-1\n").unwrap();
        let settings = read(&format!(
            "[docs]\ncommand = \"npx\"\nargs = [\"-y\", \"x\"]\nenv = {{ token_file = {file:?}, Mode = \"a\" }}\n\
             [docs.tools.find]\nrisk = \"read\"\n[erp]\nurl = \"https://erp.example.com/mcp\"\n"
        ));
        assert_eq!(settings.problems(), []);
        let docs = &settings.servers["docs"];
        assert_eq!((docs.risk, docs.tools["find"].risk), (Risk::Write, Some(Risk::Read)));
        assert_eq!(
            docs.environment().unwrap().into_iter().collect::<Vec<_>>(),
            [("Mode".to_owned(), "a".to_owned()), ("TOKEN".to_owned(), "t-1".to_owned())]
        );
        assert!(!format!("{settings:?}").contains("t-1"));
    }

    #[test]
    fn every_mistake_is_named_with_its_key() {
        let settings = read(
            "[a]\n[b]\ncommand = \"x\"\nurl = \"y\"\n[c]\ncommand = \"x\"\ntimeout_ms = 1\nenv = { K_FILE = \"/gone\" }\n\
             [\"d e\"]\nurl = \"x\"\nargs = [\"y\"]\n[f]\ncommand = \"x\"\nrestart = { first_ms = 5, longest_ms = 1 }\n",
        );
        let keys: Vec<String> = settings.problems().into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["a", "b.url", "c.timeout_ms", "c.env", "d e", "d e.url", "f.restart"]);
    }

    #[test]
    fn only_harmless_variables_are_handed_on() {
        let variables = [("PATH", "/bin"), ("OPENAI_API_KEY", "k"), ("BALCAO__X", "y"), ("TZ", "UTC")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let names: Vec<String> = harmless(&variables).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["PATH", "TZ"]);
    }
}
