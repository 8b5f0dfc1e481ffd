//! A connector as it is while a person lets the program in at the vendor's page: everything is given but the token that
//! comes of it.

use super::backoffice::{completed, ground};
use super::build::{Options, Outside};
use super::secrets;
use crate::backoffice::connector::Connector;
use crate::backoffice::connector::pack::Pack;
use crate::config::connectors::Value;
use crate::config::secret::Secret;
use crate::domain::problem::Problem;
use crate::store::Stores;
use std::sync::Arc;

/// The setting that consent fills in.
pub const REFRESH_TOKEN: &str = "refresh_token";

/// The name that a connector's setting is sealed under.
pub fn sealed_name(connector: &str, setting: &str) -> String {
    format!("connectors__{connector}__{setting}")
}

/// The connector, to ask for consent and for the first token.
///
/// # Errors
/// What is missing in its settings.
pub fn connector(options: &Options, pack: &Arc<Pack>, stores: &Stores) -> Result<Connector, Vec<Problem>> {
    let mut setting = completed(options, pack, &secrets::known(options)?);
    if pack.settings.contains_key(REFRESH_TOKEN) {
        // Nobody has it yet: that is what this is for.
        setting.values.entry(REFRESH_TOKEN.to_owned()).or_insert_with(|| Value(Secret::new("none yet")));
    }
    let ground = ground(options, stores, &Outside::alone(options)).map_err(|error| {
        vec![Problem::in_file("settings", format!("no HTTPS on this machine: {error:#}"))]
    })?;
    Connector::new(pack.clone(), &setting, &options.settings.places, &ground)
}
