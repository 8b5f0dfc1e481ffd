//! Settings of the WhatsApp channel (`[channels.whatsapp]`). It only describes and checks values; it opens nothing.

use super::audience::AudienceSettings;
use super::secret::Secret;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// Settings of the WhatsApp channel.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhatsAppSettings {
    /// Whether there is one.
    pub enabled: bool,
    /// Whose interface is spoken.
    pub provider: Provider,
    /// What Meta repeats in the handshake of the webhook.
    pub verify_token: Secret,
    /// Secrets of the app; any of them may have signed what comes.
    pub app_secrets: Vec<Secret>,
    /// Sent with every call to the Graph API.
    pub access_token: Secret,
    /// Where the Graph API is, without a version.
    pub graph_base_url: String,
    /// Version of the Graph API, `v25.0`.
    pub graph_version: String,
    /// How long one call to the Graph API may take.
    pub timeout_ms: u64,
    /// The business's numbers.
    pub numbers: Vec<NumberSettings>,
    /// Id of the only number, for who has one; empty where `numbers` lists them.
    pub phone_number_id: String,
    /// Account of the only number.
    pub waba_id: String,
    /// The only number as customers dial it.
    pub display_phone: String,
    /// What the assistant says of itself with its first words to a customer; empty for nothing.
    pub introduction: String,
    /// Quiet period behind a text that looks finished.
    pub quiet_ms: u64,
    /// Quiet period behind a text that does not.
    pub quiet_unfinished_ms: u64,
    /// The longest quiet period, whatever the customer's own rhythm.
    pub quiet_longest_ms: u64,
    /// The longest that the first message of a burst waits.
    pub quiet_max_ms: u64,
    /// So many messages are a burst that is waited for no longer.
    pub quiet_messages: usize,
    /// A message that took longer to come is kept and not answered.
    pub ignore_older_than_s: u64,
    /// How long a status is waited for that tells what became of a message of unknown fate.
    pub unknown_fate_wait_s: u64,
    /// When messages may leave that nobody asked for.
    pub unasked_hours: HourSettings,
    /// Characters of one message to a customer; a longer answer is several.
    pub max_message_characters: usize,
    /// Templates that stand in where the window for free words is closed, by need: `answer`, `reminder` …
    pub template_fallback: BTreeMap<String, TemplateSettings>,
    /// What one message costs, by Meta's category, in the currency that costs are shown in.
    pub prices: BTreeMap<String, f64>,
    /// The program in between, if the provider is one.
    pub evolution: EvolutionSettings,
    /// Whom the assistant serves.
    pub audience: AudienceSettings,
    /// What files may be.
    pub media: MediaSettings,
    /// How much may be sent.
    pub rates: RateSettings,
}

/// Whose interface is spoken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// Meta's Cloud API.
    Meta,
    /// Evolution API.
    Evolution,
}

/// `[channels.whatsapp.evolution]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvolutionSettings {
    /// Where it is.
    pub base_url: String,
    /// Sent with every call.
    pub api_key: Secret,
    /// Its name for the phone.
    pub instance: String,
    /// What it presents with every webhook.
    pub webhook_secret: Secret,
}

/// `[[channels.whatsapp.numbers]]`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberSettings {
    /// Meta's id of the number: digits, not the number itself.
    pub phone_number_id: String,
    /// The WhatsApp Business account it belongs to.
    #[serde(default)]
    pub waba_id: String,
    /// The number as customers dial it.
    #[serde(default)]
    pub display_phone: String,
}

/// `[channels.whatsapp.template_fallback.NEED]`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateSettings {
    /// The template's name.
    pub name: String,
    /// Meta's code of its language, `pt_BR`.
    pub language: String,
    /// Its values, as Meta documents them; `{customer}`, `{business}` and `{message}` are put in.
    #[serde(default)]
    pub components: Vec<serde_json::Value>,
}

/// `[channels.whatsapp.media]`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MediaSettings {
    /// Whether files are downloaded.
    pub download: bool,
    /// Largest picture that is kept, in MiB; 0 for none.
    pub image_mib: u64,
    /// Largest document that is kept, in MiB; 0 for none.
    pub document_mib: u64,
    /// Largest film that is kept, in MiB; 0 for none.
    pub video_mib: u64,
    /// How long files are kept, in days; 0 for as long as the conversation.
    pub keep_days: u16,
    /// Largest voice note or sound, in MiB.
    pub audio_mib: u64,
    /// How long a download may take.
    pub timeout_ms: u64,
}

/// `[channels.whatsapp.unasked_hours]`, in the business's time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HourSettings {
    /// From this hour on, 0 to 23.
    pub from: i8,
    /// Up to this one, 1 to 24.
    pub until: i8,
}

/// `[channels.whatsapp.rates]`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateSettings {
    /// Messages to one person a minute.
    pub pair_per_minute: u32,
    /// Messages to one person at once.
    pub pair_burst: u32,
    /// Messages of one number a second.
    pub number_per_second: u32,
    /// People who may be written to within a day who wait for nothing; 0 for as many as there are.
    pub people_per_day: u32,
    /// The day on which a new number began, if it is to be warmed up.
    pub new_since: Option<Date>,
    /// To how many such people a new number may write on its first day; twice as many every day.
    pub people_at_first: u32,
}

impl RateSettings {
    /// To how many people who wait for nothing may be written within the day that ends on `today`; `None` for any number.
    /// A new number that writes to many at once is taken for a nuisance and blocked: it begins with few.
    pub fn people(&self, today: Date) -> Option<u32> {
        let settled = (self.people_per_day > 0).then_some(self.people_per_day);
        let Some(since) = self.new_since else { return settled };
        let days = u32::try_from((today - since).get_days()).unwrap_or(0);
        // Above any number that Meta counts to, it is warm.
        let warm = 2_u32.checked_pow(days).and_then(|times| times.checked_mul(self.people_at_first));
        match (warm, settled) {
            (Some(warm), Some(settled)) => Some(warm.min(settled)),
            (Some(warm), None) => (warm <= MOST_PEOPLE).then_some(warm),
            (None, settled) => settled,
        }
    }
}

/// Meta's highest number of people a day.
const MOST_PEOPLE: u32 = 100_000;

/// Shorter is no patience at all; longer than this, and a claim on a delivery would run out over one attempt.
const TIMEOUT_MS: std::ops::RangeInclusive<u64> = 50..=25_000;
/// Meta takes no longer text.
const MOST_CHARACTERS: usize = 4096;
/// Whoever is cut shorter cannot be understood.
const FEWEST_CHARACTERS: usize = 100;

/// Mistakes, each with its key below `[channels]`.
pub(super) type Problems = Vec<(&'static [&'static str], String)>;

impl WhatsAppSettings {
    /// How long one call to the Graph API may take.
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    /// How long a status is waited for that tells what became of a message of unknown fate.
    pub fn unknown_fate_wait(&self) -> Duration {
        Duration::from_secs(self.unknown_fate_wait_s)
    }

    /// A message that took longer to come is kept and not answered.
    pub fn ignore_older_than(&self) -> Duration {
        Duration::from_secs(self.ignore_older_than_s)
    }

    /// Every number: those that are listed, and the only one.
    pub fn all_numbers(&self) -> Vec<NumberSettings> {
        if self.provider == Provider::Evolution {
            // There is one phone, and no id of Meta's: the number itself stands in for it.
            let digits: String = self.display_phone.chars().filter(char::is_ascii_digit).collect();
            let display_phone = self.display_phone.trim().to_owned();
            return vec![NumberSettings { phone_number_id: digits, waba_id: String::new(), display_phone }];
        }
        let only = NumberSettings {
            phone_number_id: self.phone_number_id.trim().to_owned(),
            waba_id: self.waba_id.trim().to_owned(),
            display_phone: self.display_phone.trim().to_owned(),
        };
        let is_listed = |id: &str| self.numbers.iter().any(|number| number.phone_number_id == id);
        let only = (!only.phone_number_id.is_empty() && !is_listed(&only.phone_number_id)).then_some(only);
        self.numbers.iter().cloned().chain(only).collect()
    }

    fn problems_with_evolution(&self) -> Problems {
        let EvolutionSettings { base_url, api_key, instance, webhook_secret } = &self.evolution;
        let is_name = !instance.trim().is_empty() && !instance.contains(['/', '?', '#', '%']);
        let missing: [(bool, &'static [&'static str], &str); 4] = [
            (
                base_url.trim().is_empty(),
                &["whatsapp", "evolution", "base_url"],
                "missing: where your Evolution API is",
            ),
            (api_key.is_empty(), &["whatsapp", "evolution", "api_key"], "missing: the key of the instance"),
            (!is_name, &["whatsapp", "evolution", "instance"], "missing: the name of the instance"),
            (
                webhook_secret.is_empty(),
                &["whatsapp", "evolution", "webhook_secret"],
                "missing: a secret of your own, which the webhook presents",
            ),
        ];
        let missing = missing.into_iter().filter(|(is_missing, ..)| *is_missing);
        missing.map(|(_, place, told)| (place, told.to_owned())).collect()
    }

    fn problems_with_meta(&self) -> Problems {
        let mut problems: Problems = Vec::new();
        if self.verify_token.is_empty() {
            let missing =
                "missing: any text of your own, entered in Meta's dashboard beside the webhook's address";
            problems.push((&["whatsapp", "verify_token"], missing.to_owned()));
        }
        if self.app_secrets.iter().all(Secret::is_empty) {
            let missing = "missing: the app's secret, which Meta signs with (dashboard: App settings, Basic)";
            problems.push((&["whatsapp", "app_secrets"], missing.to_owned()));
        }
        if self.access_token.is_empty() {
            let missing = "missing: the token of a system user that may send messages";
            problems.push((&["whatsapp", "access_token"], missing.to_owned()));
        }
        if !is_version(&self.graph_version) {
            problems.push((&["whatsapp", "graph_version"], "has to be like \"v25.0\"".to_owned()));
        }
        problems
    }

    /// What is missing or cannot be.
    pub(super) fn problems(&self) -> Problems {
        let mut problems: Problems = Vec::new();
        if !self.enabled {
            return problems;
        }
        problems.extend(match self.provider {
            Provider::Meta => self.problems_with_meta(),
            Provider::Evolution => self.problems_with_evolution(),
        });
        let numbers = self.all_numbers();
        if numbers.is_empty() {
            let missing = "missing: at least one number, with its `phone_number_id`";
            problems.push((&["whatsapp", "numbers"], missing.to_owned()));
        }
        for (place, number) in numbers.iter().enumerate() {
            let id = &number.phone_number_id;
            if !(1..=32).contains(&id.len()) || !id.bytes().all(|byte| byte.is_ascii_digit()) {
                let wrong =
                    format!("`{id}`: a `phone_number_id` is digits alone, as Meta's dashboard shows it");
                problems.push((&["whatsapp", "numbers"], wrong));
            }
            if numbers.iter().take(place).any(|earlier| earlier.phone_number_id == *id) {
                problems.push((&["whatsapp", "numbers"], format!("`{id}` is there twice")));
            }
        }
        if !TIMEOUT_MS.contains(&self.timeout_ms) {
            let (shortest, longest) = (TIMEOUT_MS.start(), TIMEOUT_MS.end());
            problems.push((&["whatsapp", "timeout_ms"], format!("has to be {shortest} to {longest}")));
        }
        if !(FEWEST_CHARACTERS..=MOST_CHARACTERS).contains(&self.max_message_characters) {
            let range = format!("has to be {FEWEST_CHARACTERS} to {MOST_CHARACTERS}");
            problems.push((&["whatsapp", "max_message_characters"], range));
        }
        if let Some((category, price)) =
            self.prices.iter().find(|(_, price)| !price.is_finite() || **price < 0.0)
        {
            problems.push((&["whatsapp", "prices"], format!("`{category}`: {price} is no price")));
        }
        let hours = self.unasked_hours;
        if hours.from < 0 || hours.from >= hours.until || hours.until > 24 {
            let wrong = "`from` is 0 to 23, and `until` a later hour, up to 24".to_owned();
            problems.push((&["whatsapp", "unasked_hours"], wrong));
        }
        let media = self.media;
        if [media.image_mib, media.document_mib, media.video_mib, media.audio_mib]
            .iter()
            .any(|mib| *mib > 100)
        {
            let wrong = "Meta takes no file above 100 MiB".to_owned();
            problems.push((&["whatsapp", "media"], wrong));
        }
        for wrong in self.audience.problems() {
            problems.push((&["whatsapp", "audience"], wrong));
        }
        let rates = self.rates;
        if rates.new_since.is_some() && rates.people_at_first == 0 {
            let wrong = "`people_at_first` has to be 1 at least for a new number".to_owned();
            problems.push((&["whatsapp", "rates"], wrong));
        }
        if [rates.pair_per_minute, rates.pair_burst, rates.number_per_second].contains(&0) {
            problems.push((&["whatsapp", "rates"], "a rate of 0 would let nothing through".to_owned()));
        }
        problems
    }
}

/// Whether a text is a version of the Graph API, as it stands in its addresses.
fn is_version(text: &str) -> bool {
    let digits =
        |part: &str| !part.is_empty() && part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit());
    text.strip_prefix('v')
        .and_then(|number| number.split_once('.'))
        .is_some_and(|(major, minor)| digits(major) && digits(minor))
}

#[cfg(test)]
mod tests {
    use crate::config::environment::Variables;
    use crate::config::settings::Settings;

    fn variables(more: &[(&str, &str)]) -> Variables {
        let basics =
            [("ENABLED", "true"), ("VERIFY_TOKEN", "v"), ("APP_SECRETS", "a,b"), ("ACCESS_TOKEN", "t")];
        basics
            .iter()
            .chain(more)
            .map(|(key, value)| (format!("BALCAO__CHANNELS__WHATSAPP__{key}"), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn one_number_needs_no_list() {
        let settings = Settings::load(None, &variables(&[("PHONE_NUMBER_ID", "900100200300")])).unwrap();
        let whatsapp = settings.channels.whatsapp;
        assert_eq!(whatsapp.app_secrets.len(), 2);
        let ids: Vec<String> =
            whatsapp.all_numbers().into_iter().map(|number| number.phone_number_id).collect();
        assert_eq!(ids, ["900100200300"]);
    }

    #[test]
    fn what_is_missing_or_cannot_be_is_named() {
        for (wrong, key) in [
            (&[][..], "`channels.whatsapp.numbers`: missing"),
            (&[("PHONE_NUMBER_ID", "+55 11 4002")][..], "`channels.whatsapp.numbers`: `+55 11 4002`"),
            (&[("PHONE_NUMBER_ID", "1"), ("VERIFY_TOKEN", " ")], "`channels.whatsapp.verify_token`: missing"),
            (&[("PHONE_NUMBER_ID", "1"), ("APP_SECRETS", "")], "`channels.whatsapp.app_secrets`: missing"),
            (&[("PHONE_NUMBER_ID", "1"), ("ACCESS_TOKEN", "")], "`channels.whatsapp.access_token`: missing"),
            (&[("PHONE_NUMBER_ID", "1"), ("GRAPH_VERSION", "25")], "`channels.whatsapp.graph_version`"),
            (&[("PHONE_NUMBER_ID", "1"), ("TIMEOUT_MS", "60000")], "`channels.whatsapp.timeout_ms`"),
            (&[("PHONE_NUMBER_ID", "1"), ("MAX_MESSAGE_CHARACTERS", "5000")], "max_message_characters"),
            (&[("PHONE_NUMBER_ID", "1"), ("RATES__PAIR_BURST", "0")], "`channels.whatsapp.rates`"),
            (
                &[
                    ("PHONE_NUMBER_ID", "1"),
                    ("RATES__NEW_SINCE", "2026-11-27"),
                    ("RATES__PEOPLE_AT_FIRST", "0"),
                ],
                "`people_at_first`",
            ),
            (&[("PHONE_NUMBER_ID", "1"), ("AUDIENCE__NEVER", "tio Beto")], "`tio Beto`: a number"),
            (&[("PHONE_NUMBER_ID", "1"), ("AUDIENCE__ALWAYS", "91234-5678")], "`91234-5678`: a number"),
            (&[("PHONE_NUMBER_ID", "1"), ("AUDIENCE__NEVER", "11 91234-5678")], "`11 91234-5678`: a number"),
            (&[("PHONE_NUMBER_ID", "1"), ("AUDIENCE__PHRASES", "?")], "a phrase without words"),
            (
                &[("DISPLAY_PHONE", "551140028922"), ("PROVIDER", "evolution")],
                "`channels.whatsapp.evolution.base_url`",
            ),
            (&[("PHONE_NUMBER_ID", "1"), ("PROVIDER", "twilio")], "`channels.whatsapp.provider`"),
        ] {
            let problems = Settings::load(None, &variables(wrong)).unwrap_err();
            let told = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
            assert!(told.contains(key), "{key}: {told}");
        }
    }

    #[test]
    fn a_new_number_writes_to_more_people_every_day() {
        let day = |text: &str| text.parse().unwrap();
        let rates = |people_per_day, new_since: Option<&str>| super::RateSettings {
            people_per_day,
            new_since: new_since.map(day),
            people_at_first: 20,
            ..Settings::load(None, &Vec::new()).unwrap().channels.whatsapp.rates
        };
        let new = Some("2026-11-27");
        for (rates, today, expected) in [
            (rates(250, new), "2026-11-27", Some(20)),
            (rates(250, new), "2026-11-28", Some(40)),
            (rates(250, new), "2026-12-01", Some(250)),
            (rates(0, new), "2026-12-01", Some(320)),
            (rates(0, new), "2026-12-30", None),
            (rates(0, new), "2036-12-30", None),
            // A date that is yet to come is a first day.
            (rates(250, new), "2026-11-20", Some(20)),
            (rates(250, None), "2026-11-27", Some(250)),
            (rates(0, None), "2026-11-27", None),
        ] {
            assert_eq!(rates.people(day(today)), expected, "{today}");
        }
    }

    #[test]
    fn a_channel_that_is_off_needs_nothing() {
        let settings = Settings::load(None, &Vec::new()).unwrap();
        assert!(!settings.channels.whatsapp.enabled);
        assert_eq!(settings.channels.whatsapp.all_numbers(), []);
    }
}
