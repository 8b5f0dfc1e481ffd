//! What is chosen and what could be, as it is shown to operators. It reads settings and changes none; no secret's value is in
//! what it makes.

use super::Packs;
use crate::app::backoffice::{completed, keepers, place, without};
use crate::app::build::Options;
use crate::backoffice::connector::contract::Capability;
use crate::backoffice::connector::pack::{Auth, Pack};
use crate::config::connectors::ConnectorSetting;
use crate::tools::http::Secrets;
use crate::web::setup::{Choice, Given, Keeper, SettingView, Standing};
use std::collections::BTreeMap;

/// Who stands for what, and all that the connectors among them are given.
#[derive(PartialEq)]
pub(super) struct Chosen {
    keepers: BTreeMap<Capability, String>,
    connectors: BTreeMap<String, ConnectorSetting>,
}

impl Chosen {
    /// As the settings say.
    pub(super) fn of(options: &Options, packs: &Packs, secrets: &Secrets) -> Self {
        let named = keepers(&options.settings).into_iter();
        let keepers: BTreeMap<Capability, String> =
            named.map(|(capability, keeper)| (capability, keeper.to_owned())).collect();
        let used = keepers.values().filter_map(|keeper| packs.get(keeper));
        let connectors = used.map(|pack| (pack.name.clone(), completed(options, pack, secrets))).collect();
        Self { keepers, connectors }
    }

    /// What this connector is given, if it stands for anything.
    pub(super) fn of_connector(&self, connector: &str) -> Option<&ConnectorSetting> {
        self.connectors.get(connector)
    }
}

/// What is chosen, against what is in force, and what could be.
pub(super) fn standing(
    options: &Options,
    packs: &Packs,
    secrets: &Secrets,
    in_force: Option<&Chosen>,
) -> Standing {
    let chosen = Chosen::of(options, packs, secrets);
    let keeper = |capability: Capability| {
        let name = |chosen: &Chosen| chosen.keepers.get(&capability).cloned().unwrap_or_default();
        let able = packs.values().filter(|pack| pack.capabilities().contains(&capability));
        Keeper {
            capability: capability.as_str(),
            keeper: name(&chosen),
            in_force: in_force.map_or_else(|| name(&chosen), name),
            without: without(capability.as_str()),
            fixed_by: options.origin.fixed_by(&place(capability)).map(str::to_owned),
            choices: able.map(|pack| pack.name.clone()).collect(),
        }
    };
    Standing {
        settings_file: options.origin.file.display().to_string(),
        waits_for_restart: in_force.is_some_and(|in_force| *in_force != chosen),
        keepers: Capability::ALL.into_iter().map(keeper).collect(),
        connectors: packs.values().map(|pack| choice(options, pack, secrets)).collect(),
    }
}

fn choice(options: &Options, pack: &Pack, secrets: &Secrets) -> Choice {
    let written = options.settings.connectors.get(&pack.name);
    let whole = completed(options, pack, secrets);
    let given = |values: &ConnectorSetting, name: &str| {
        values.values.get(name).map(|value| value.0.expose().to_owned()).filter(|value| !value.is_empty())
    };
    let settings = pack.settings.iter().map(|(name, spec)| {
        let fixed_by = options.origin.fixed_by(&["connectors", &pack.name, name]);
        let value = given(&whole, name);
        let place = if fixed_by.is_some() {
            Given::Environment
        } else if written.is_some_and(|written| given(written, name).is_some()) {
            Given::File
        } else {
            Given::Sealed
        };
        SettingView {
            name: name.clone(),
            about: spec.about.clone(),
            is_secret: spec.secret,
            is_needed: spec.default.is_none() && !spec.address,
            is_address: spec.address,
            default: spec.default.clone(),
            given: value.is_some().then_some(place),
            value: value.filter(|_| !spec.secret),
            fixed_by: fixed_by.map(str::to_owned),
        }
    });
    Choice {
        name: pack.name.clone(),
        title: pack.title.clone(),
        documentation: pack.documentation.clone(),
        capabilities: pack.capabilities().into_iter().map(Capability::as_str).collect(),
        signs_in: pack.auth.iter().any(|way| signs_in(&way.auth)),
        base_url: written.and_then(|written| written.base_url.clone()),
        settings: settings.collect(),
        ways: pack.auth.iter().map(|way| way.needs.clone()).collect(),
    }
}

fn signs_in(auth: &Auth) -> bool {
    match auth {
        Auth::OAuth(oauth) => oauth.authorize_url.is_some(),
        Auth::None | Auth::Header { .. } | Auth::Basic { .. } | Auth::Query { .. } => false,
    }
}
