//! The operator's secrets by name, from everywhere they may be given: settings and environment go first, then what is
//! sealed in the data folder. The one place where tools and connectors get them from.

use super::build::Options;
use crate::config::environment;
use crate::config::secret::Secret;
use crate::config::vault::Vault;
use crate::domain::problem::Problem;
use crate::tools::http::Secrets;

/// Every secret that tools may use; it is a [`SecretSource`](crate::config::secret::SecretSource).
///
/// # Errors
/// What is sealed and cannot be opened.
pub fn known(options: &Options) -> Result<Secrets, Vec<Problem>> {
    let sealed = Vault::open(&options.data, &environment::variables()).and_then(|vault| vault.secrets());
    let mut all = sealed.map_err(|error| vec![Problem::in_file("secrets", error.to_string())])?;
    for (name, secret) in &options.settings.tools.secrets {
        all.retain(|known, _| !known.eq_ignore_ascii_case(name));
        all.insert(name.clone(), secret.clone());
    }
    Ok(all)
}

/// The same under every spelling: variables are shouted, files are not, and both name the same secret.
pub fn spelled(secrets: &Secrets) -> Secrets {
    let spellings = |(name, secret): (&String, &Secret)| {
        [name.clone(), name.to_lowercase(), name.to_uppercase()].map(|name| (name, secret.clone()))
    };
    secrets.iter().flat_map(spellings).collect()
}
