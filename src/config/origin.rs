//! Where settings are read from, so that they can be read, looked through and changed again while the program runs.

use super::environment::Variables;
use super::load::Written;
use super::settings::Settings;
use crate::domain::problem::Problem;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::PathBuf;

/// The operator's file, which need not be there, and the environment as it was at the start.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The file.
    pub file: PathBuf,
    /// Whether it was there at the start: one that went is a mistake, and no wish for the defaults.
    pub was_there: bool,
    /// The environment, which goes first.
    pub variables: Variables,
}

impl Origin {
    /// What stands in the file; nothing without one.
    ///
    /// # Errors
    /// The system's.
    pub fn text(&self) -> io::Result<String> {
        match fs::read_to_string(&self.file) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
            read => read,
        }
    }

    /// The settings as they are given now.
    ///
    /// # Errors
    /// Every mistake, with its place.
    pub fn settings(&self) -> Result<Settings, Vec<Problem>> {
        let is_there = self.was_there || self.file.exists();
        let written = if is_there { Written::File(&self.file) } else { Written::Nowhere };
        Settings::read(written, &self.variables)
    }

    /// The settings as they would be with this text in the file.
    ///
    /// # Errors
    /// Every mistake, with its place.
    pub fn settings_with(&self, text: &str) -> Result<Settings, Vec<Problem>> {
        Settings::read(Written::Text { file: &self.file, text }, &self.variables)
    }

    /// The variable that gives this setting, whatever the file says.
    pub fn fixed_by(&self, keys: &[&str]) -> Option<&str> {
        let gives = |name: &&str| {
            let path = name.strip_suffix("_FILE").unwrap_or(name).strip_prefix("BALCAO__");
            path.is_some_and(|path| {
                let mut parts = path.split("__");
                keys.iter().all(|key| parts.next().is_some_and(|part| part.eq_ignore_ascii_case(key)))
                    && parts.next().is_none()
            })
        };
        self.variables.iter().map(|(name, _)| name.as_str()).find(gives)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_known_which_variable_goes_first() {
        let variables = ["PATH", "BALCAO__BACKOFFICE__CRM", "BALCAO__CONNECTORS__HUBSPOT__ACCESS_TOKEN_FILE"]
            .map(|name| (name.to_owned(), "x".to_owned()));
        let origin = Origin { variables: variables.into(), ..Origin::default() };
        assert_eq!(origin.fixed_by(&["backoffice", "crm"]), Some("BALCAO__BACKOFFICE__CRM"));
        assert_eq!(
            origin.fixed_by(&["connectors", "hubspot", "access_token"]),
            Some("BALCAO__CONNECTORS__HUBSPOT__ACCESS_TOKEN_FILE")
        );
        for other in [&["backoffice"][..], &["backoffice", "agenda"], &["backoffice", "crm", "x"]] {
            assert_eq!(origin.fixed_by(other), None, "{other:?}");
        }
    }

    #[test]
    fn settings_are_read_as_they_are_now_and_as_they_would_be() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("balcao.toml");
        let origin = Origin { file: file.clone(), ..Origin::default() };
        assert_eq!((origin.text().unwrap().as_str(), origin.settings().unwrap().backoffice.demo), ("", true));
        fs::write(&file, "[backoffice]\ndemo = false\n").unwrap();
        assert!(!origin.settings().unwrap().backoffice.demo);
        assert!(origin.settings_with("").unwrap().backoffice.demo);
        fs::remove_file(&file).unwrap();
        assert!(Origin { was_there: true, ..origin.clone() }.settings().is_err(), "it was there before");
        let problems = origin.settings_with("[backoffice]\n\ncrm = 1\n").unwrap_err();
        assert!(problems[0].to_string().contains("balcao.toml:3:"), "{problems:?}");
    }
}
