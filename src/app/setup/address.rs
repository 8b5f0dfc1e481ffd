//! Where a connector would call another address than it does, secrets that are kept do not go along: whoever may set systems
//! up may use what others have kept, and not read it.

use crate::backoffice::connector::pack::{Pack, SettingSpec};
use crate::config::connectors::{ConnectorSetting, Value};
use crate::web::setup::{SetupError, Wish};
use reqwest::Url;

/// Whether nothing that is `kept` would go to an address that the wish brings.
///
/// # Errors
/// [`SetupError::Refused`] at the secret that has to be given again, or at an address that itself holds one.
pub(super) fn keeps_secrets(pack: &Pack, kept: &ConnectorSetting, wish: &Wish) -> Result<(), SetupError> {
    let own = wish.base_url.as_ref().and_then(Option::as_deref).map(str::trim).filter(|url| !url.is_empty());
    if let Some(url) = own.and_then(|url| Url::parse(url).ok())
        && (!url.username().is_empty() || url.password().is_some())
    {
        return Err(SetupError::of_setting("base_url", "an address is seen by everybody: no password in it"));
    }
    let given = |name: &str| kept.values.get(name).filter(|value| !value.0.is_empty());
    let differs = |value: &str, kept: Option<&Value>| kept.is_none_or(|kept| kept.0.expose() != value.trim());
    let moved = |(name, value): (&String, &Option<String>)| {
        let is_address = pack.settings.get(name).is_some_and(|spec| spec.address);
        is_address && value.as_deref().is_some_and(|value| differs(value, given(name)))
    };
    let stays = own.is_none_or(|own| kept.base_url.as_deref() == Some(own));
    if stays && !wish.settings.iter().any(moved) {
        return Ok(());
    }
    let would_go_along = |(name, spec): &(&String, &SettingSpec)| {
        let comes_anew = matches!(wish.settings.get(*name), Some(Some(value)) if !value.trim().is_empty());
        spec.secret && given(name).is_some() && !comes_anew
    };
    match pack.settings.iter().find(would_go_along) {
        Some((name, _)) => {
            let message = "is kept for another address: give it again, so that it goes nowhere unasked";
            Err(SetupError::of_setting(name, message))
        }
        None => Ok(()),
    }
}
