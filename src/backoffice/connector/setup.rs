//! What the operator set up, against what a connector's file declares: which settings hold, and at which address the
//! vendor is called. Pure.

use super::pack::{Auth, Pack};
use super::values::Settings;
use crate::config::connectors::ConnectorSetting;
use crate::config::load::Places;
use crate::config::secret::Secret;
use crate::declared::near::nearest;
use crate::domain::language::Language;
use crate::domain::problem::Problem;
use reqwest::Url;

/// The settings that hold: what the operator gave, else what the file says.
pub fn settings(
    pack: &Pack,
    setting: &ConnectorSetting,
    places: &Places,
    problems: &mut Vec<Problem>,
) -> Settings {
    let mut settings = Settings::new();
    let problem = |name: &str, message: String| places.problem(&["connectors", &pack.name, name], &message);
    let has_own_address = setting.base_url.as_deref().is_some_and(|url| !url.trim().is_empty());
    for (name, spec) in &pack.settings {
        let given = setting.values.get(name).map(|value| value.0.clone()).filter(|value| !value.is_empty());
        match (given, &spec.default) {
            (Some(value), _) => {
                settings.insert(name.clone(), value);
            }
            (None, Some(default)) => {
                settings.insert(name.clone(), Secret::new(default.as_str()));
            }
            (None, None) if spec.address && has_own_address => {
                settings.insert(name.clone(), Secret::new("vendor"));
            }
            (None, None) => {
                problems.push(problem(
                    name,
                    format!("is missing: {}", spec.about.get(Language::English).unwrap_or_default()),
                ));
            }
        }
    }
    for name in setting.values.keys().filter(|name| !pack.settings.contains_key(*name)) {
        let known = pack.settings.keys().map(String::as_str).chain(["base_url", "version"]);
        let hint = nearest(name, known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        problems.push(problem(name, format!("{} has no such setting{hint}", pack.title)));
    }
    settings
}

/// The way to authorise calls whose settings are given.
pub fn auth<'p>(
    pack: &'p Pack,
    settings: &Settings,
    places: &Places,
    problems: &mut Vec<Problem>,
) -> Option<&'p Auth> {
    let is_given = |name: &String| settings.get(name).is_some_and(|value| !value.is_empty());
    let chosen = pack.auth.iter().find(|choice| choice.needs.iter().all(is_given));
    if chosen.is_none() {
        let ways: Vec<String> = pack.auth.iter().map(|choice| choice.needs.join(" and ")).collect();
        let message = format!("give {}", ways.join("; or "));
        problems.push(places.problem(&["connectors", &pack.name], &message));
    }
    chosen.map(|choice| &choice.auth)
}

/// The vendor's address with the operator's scheme and host, if the operator gave any. Without a slash at the end.
pub fn address(
    vendors: &str,
    setting: &ConnectorSetting,
    pack: &Pack,
    places: &Places,
    problems: &mut Vec<Problem>,
) -> Option<String> {
    let place = &pack.base_url.place;
    let mut url = Url::parse(vendors)
        .map_err(|error| problems.push(place.problem(format!("not a URL: {error}"))))
        .ok()?;
    if let Some(own) = setting.base_url.as_deref().map(str::trim).filter(|own| !own.is_empty()) {
        let fault = |reason: String| places.problem(&["connectors", &pack.name, "base_url"], &reason);
        let own = match Url::parse(own) {
            Ok(own) if matches!(own.scheme(), "http" | "https") && own.host().is_some() => own,
            Ok(_) => {
                problems.push(fault("a URL begins with http:// or https://".to_owned()));
                return None;
            }
            Err(error) => {
                problems.push(fault(format!("not a URL: {error}")));
                return None;
            }
        };
        let path = format!("{}{}", own.path().trim_end_matches('/'), url.path());
        url = own;
        url.set_path(&path);
        url.set_query(None);
        url.set_fragment(None);
    }
    Some(url.as_str().trim_end_matches('/').to_owned())
}
