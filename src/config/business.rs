//! Settings of the business itself: its name, its hours, its voice.

use crate::domain::calendar::{Calendar, Holiday};
use crate::domain::hours::WeekHours;
use crate::domain::language::Language;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer};

/// `[business]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Business {
    /// Name of the business, as customers know it.
    pub name: String,
    /// Language customers are served in unless they write in another one.
    pub language: Language,
    /// IANA time zone that all hours and dates are in.
    #[serde(deserialize_with = "time_zone")]
    pub timezone: TimeZone,
    /// Usual opening hours.
    pub hours: WeekHours,
    /// Days that are closed or have other hours.
    pub holidays: Vec<Holiday>,
    /// How the bot speaks, in the operator's words.
    pub voice: String,
    /// Phone, as shown to customers.
    pub phone: String,
    /// E-mail, as shown to customers.
    pub email: String,
    /// Address, as shown to customers.
    pub address: String,
    /// Website, as shown to customers.
    pub website: String,
}

impl Business {
    /// When the business is open.
    pub fn calendar(&self) -> Calendar {
        Calendar::new(self.hours.clone(), self.holidays.clone())
    }
}

fn time_zone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeZone, D::Error> {
    let name = String::deserialize(deserializer)?;
    TimeZone::get(&name).map_err(|_| {
        serde::de::Error::custom(format!(
            "unknown time zone `{name}`; use an IANA name like `America/Sao_Paulo`"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct File {
        business: Business,
    }

    #[test]
    fn the_default_is_the_demo_shop() {
        let file: File = toml::from_str(include_str!("default/business.toml")).unwrap();
        assert_eq!(file.business.name, "Casa Jatobá");
        assert_eq!(file.business.timezone.iana_name(), Some("America/Sao_Paulo"));
        let calendar = file.business.calendar();
        assert_eq!(calendar.hours_on(jiff::civil::date(2026, 11, 23)).len(), 1);
        assert!(calendar.hours_on(jiff::civil::date(2026, 11, 20)).is_empty(), "a national holiday");
    }

    #[test]
    fn a_mistake_is_shown_with_its_line() {
        let text = include_str!("default/business.toml");
        for (right, wrong, said) in [
            ("mon-fri 09:00-18:00", "mon-xyz 09:00-18:00", "xyz"),
            ("America/Sao_Paulo", "America/Sao Paulo", "IANA"),
            ("\"12-25\"", "\"natal\"", "natal"),
        ] {
            let error = toml::from_str::<File>(&text.replace(right, wrong)).err().unwrap().to_string();
            assert!(error.contains(said) && error.contains("line"), "{error}");
        }
    }
}
