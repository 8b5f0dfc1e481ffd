//! The connectors there are: the files built in, and those of the operator's `tools/connectors/`, which replace a
//! built-in one of the same name. It reads files and calls nobody.

use super::pack::Pack;
use super::read::read;
use crate::declared::reader::LARGEST_FILE;
use crate::domain::problem::Problem;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// The connectors that the program brings.
const BUILT_IN: [(&str, &str); 22] = [
    ("asaas", include_str!("../../../tools/connectors/asaas.toml")),
    ("bling", include_str!("../../../tools/connectors/bling.toml")),
    ("caldav", include_str!("../../../tools/connectors/caldav.toml")),
    ("calcom", include_str!("../../../tools/connectors/calcom.toml")),
    ("chatwoot", include_str!("../../../tools/connectors/chatwoot.toml")),
    ("freshdesk", include_str!("../../../tools/connectors/freshdesk.toml")),
    ("glpi", include_str!("../../../tools/connectors/glpi.toml")),
    ("google_calendar", include_str!("../../../tools/connectors/google_calendar.toml")),
    ("hubspot", include_str!("../../../tools/connectors/hubspot.toml")),
    ("kommo", include_str!("../../../tools/connectors/kommo.toml")),
    ("melhor_envio", include_str!("../../../tools/connectors/melhor_envio.toml")),
    ("mercado_pago", include_str!("../../../tools/connectors/mercado_pago.toml")),
    ("nuvemshop", include_str!("../../../tools/connectors/nuvemshop.toml")),
    ("pipedrive", include_str!("../../../tools/connectors/pipedrive.toml")),
    ("rdstation_crm", include_str!("../../../tools/connectors/rdstation_crm.toml")),
    ("redmine", include_str!("../../../tools/connectors/redmine.toml")),
    ("rdstation_marketing", include_str!("../../../tools/connectors/rdstation_marketing.toml")),
    ("sendgrid", include_str!("../../../tools/connectors/sendgrid.toml")),
    ("shopify", include_str!("../../../tools/connectors/shopify.toml")),
    ("vtex", include_str!("../../../tools/connectors/vtex.toml")),
    ("woocommerce", include_str!("../../../tools/connectors/woocommerce.toml")),
    ("zendesk", include_str!("../../../tools/connectors/zendesk.toml")),
];

/// Reads all of them; `folder` is the operator's `tools/connectors`, which need not be there.
///
/// # Errors
/// Everything that is wrong in any file.
pub fn packs(folder: &Path) -> Result<BTreeMap<String, Arc<Pack>>, Vec<Problem>> {
    let mut sources: BTreeMap<String, (String, String)> = BUILT_IN
        .iter()
        .map(|(name, source)| {
            ((*name).to_owned(), (format!("tools/connectors/{name}.toml (built in)"), (*source).to_owned()))
        })
        .collect();
    let mut problems = Vec::new();
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for path in
        entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "toml"))
    {
        let shown = path.display().to_string();
        let Some(name) = path.file_stem().and_then(|name| name.to_str()).filter(|name| is_name(name)) else {
            problems
                .push(Problem::in_file(shown, "a connector's name is of lower case letters, digits and _"));
            continue;
        };
        match fs::metadata(&path).and_then(|about| Ok((about.len(), fs::read_to_string(&path)?))) {
            Ok((length, source)) if length <= LARGEST_FILE => {
                sources.insert(name.to_owned(), (shown, source));
            }
            Ok(_) => problems.push(Problem::in_file(shown, "too large for a connector's file")),
            Err(error) => problems.push(Problem::in_file(shown, format!("cannot be read: {error}"))),
        }
    }
    let mut packs = BTreeMap::new();
    for (name, (shown, source)) in sources {
        match read(&name, &shown, &source) {
            Ok(pack) => {
                packs.insert(name, Arc::new(pack));
            }
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(packs) } else { Err(problems) }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 40
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
