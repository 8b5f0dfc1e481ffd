//! Settings of the systems behind the counter: who implements each, and the rules of the embedded ones.

use crate::domain::hours::WeekHours;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The name of the implementation that needs no other system.
pub const EMBEDDED: &str = "embedded";
/// In the place of a name: nobody does it.
pub const NONE: &str = "none";

/// `[backoffice]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackofficeSettings {
    /// Who keeps contacts and opportunities: `embedded`, or the name of a connector.
    pub crm: String,
    /// Who keeps appointments.
    pub agenda: String,
    /// Who keeps tickets.
    pub tickets: String,
    /// Who keeps products and orders.
    pub catalog: String,
    /// Who takes payments: `none`, or the name of a connector.
    pub payments: String,
    /// Who says what sending costs: `embedded` (the own table of regions), or the name of a connector.
    pub shipping: String,
    /// On whose lists leads are kept warm: `none` (only on the own one), or the name of a connector.
    pub nurture: String,
    /// Whether an empty store is filled with the demo shop at the first start.
    pub demo: bool,
    /// Rules of the embedded CRM.
    pub crm_rules: CrmRules,
    /// Rules of the embedded agenda.
    pub agenda_rules: AgendaRules,
    /// Rules of the embedded catalog.
    pub catalog_rules: CatalogRules,
}

/// `[backoffice.crm_rules]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrmRules {
    /// Stages a contact may be in, the first one for new contacts.
    pub contact_stages: Vec<String>,
    /// Stages an opportunity may be in, the first one for new opportunities.
    pub opportunity_stages: Vec<String>,
}

/// `[backoffice.agenda_rules]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgendaRules {
    /// Minutes between the present and the earliest start that can be booked.
    pub min_notice_minutes: u32,
    /// Days between today and the last day that can be booked.
    pub max_days_ahead: u32,
    /// Minutes between two starts that are offered, counted from opening time.
    pub slot_step_minutes: u32,
    /// Minutes a professional has free between two appointments.
    pub buffer_minutes: u32,
    /// Business days between today and the earliest day, for services at the location named.
    pub min_business_days_by_location: BTreeMap<String, u32>,
}

/// `[backoffice.catalog_rules]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogRules {
    /// Times at which a same-day delivery still leaves today.
    pub same_day_dispatch: WeekHours,
    /// Seconds the product index may be behind the store.
    pub index_seconds: u32,
}

impl BackofficeSettings {
    /// Who implements what: the key and the name that stands there.
    pub fn keepers(&self) -> [(&'static str, &str); 7] {
        [
            ("crm", &self.crm),
            ("agenda", &self.agenda),
            ("tickets", &self.tickets),
            ("catalog", &self.catalog),
            ("payments", &self.payments),
            ("shipping", &self.shipping),
            ("nurture", &self.nurture),
        ]
    }

    /// Without connectors.
    pub fn alone(&mut self) {
        for keeper in
            [&mut self.crm, &mut self.agenda, &mut self.tickets, &mut self.catalog, &mut self.shipping]
        {
            EMBEDDED.clone_into(keeper);
        }
        for keeper in [&mut self.payments, &mut self.nurture] {
            NONE.clone_into(keeper);
        }
    }

    /// Everything that is wrong, each behind its key.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        for (key, keeper) in self.keepers() {
            if keeper.trim().is_empty() {
                problems.push((key, format!("name a connector, or write \"{EMBEDDED}\"")));
            }
        }
        for (key, stages) in [
            ("crm_rules.contact_stages", &self.crm_rules.contact_stages),
            ("crm_rules.opportunity_stages", &self.crm_rules.opportunity_stages),
        ] {
            if stages.is_empty() || stages.iter().any(|stage| stage.trim().is_empty()) {
                problems.push((key, "name at least one stage, and no empty one".to_owned()));
            }
        }
        if !(5..=720).contains(&self.agenda_rules.slot_step_minutes) {
            problems.push(("agenda_rules.slot_step_minutes", "must be from 5 to 720".to_owned()));
        }
        if !(1..=366).contains(&self.agenda_rules.max_days_ahead) {
            problems.push(("agenda_rules.max_days_ahead", "must be from 1 to 366".to_owned()));
        }
        if self.agenda_rules.buffer_minutes > 720 {
            problems.push(("agenda_rules.buffer_minutes", "must be at most 720".to_owned()));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct File {
        backoffice: BackofficeSettings,
    }

    #[test]
    fn the_default_has_no_problem() {
        let file: File = toml::from_str(include_str!("default/backoffice.toml")).unwrap();
        assert_eq!(file.backoffice.problems(), []);
        assert_eq!(file.backoffice.crm, EMBEDDED);
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let text = include_str!("default/backoffice.toml")
            .replace("crm = \"embedded\"", "crm = \" \"")
            .replace("catalog = \"embedded\"", "catalog = \"\"")
            .replace("slot_step_minutes = 30", "slot_step_minutes = 0")
            .replace("max_days_ahead = 60", "max_days_ahead = 9999")
            .replace("buffer_minutes = 15", "buffer_minutes = 9999");
        let file: File = toml::from_str(&text).unwrap();
        let keys: Vec<&str> = file.backoffice.problems().iter().map(|(key, _)| *key).collect();
        assert_eq!(
            keys,
            [
                "crm",
                "catalog",
                "agenda_rules.slot_step_minutes",
                "agenda_rules.max_days_ahead",
                "agenda_rules.buffer_minutes"
            ]
        );
    }
}
