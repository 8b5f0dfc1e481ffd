//! One thing an interview may ask for: its kind, its words, its limits, its points. How a text is read as a value of
//! a kind is `hear`.

use super::condition::{Condition, Test};
use super::definition::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A field.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Id, unique in the interview.
    pub id: String,
    /// What it holds.
    pub kind: Kind,
    /// Plain name for summaries.
    pub label: Text,
    /// The question.
    pub ask: Text,
    /// The question when the first try was not understood. Default: the question again.
    #[serde(default)]
    pub again: Option<Text>,
    /// Why it is asked: told when the lead wonders.
    pub reason: Text,
    /// The question that asks for this field and `with` together.
    #[serde(default)]
    pub ask_with: Option<Text>,
    /// A field that is asked together with this one.
    #[serde(default)]
    pub with: Option<String>,
    /// The choices of a `choice` field; other words for `yes` and `no` of a `yes_no` field.
    #[serde(default, rename = "choice")]
    pub choices: Vec<Choice>,
    /// Whether a `choice` field takes several.
    #[serde(default)]
    pub several: bool,
    /// Whether the interview is not complete without it (or a refusal).
    #[serde(default)]
    pub required: bool,
    /// Whether it is sensitive: asked only after consent, shown masked, kept out of notes.
    #[serde(default)]
    pub sensitive: bool,
    /// Least value: reais for `money`, a count for `number` and `people`.
    #[serde(default)]
    pub min: Option<i64>,
    /// Most.
    #[serde(default)]
    pub max: Option<i64>,
    /// Most characters of a text.
    #[serde(default)]
    pub max_chars: Option<usize>,
    /// Asked only when all of these hold.
    #[serde(default)]
    pub when: Vec<Condition>,
    /// Asked only after these fields.
    #[serde(default)]
    pub after: Vec<String>,
    /// Points; the first rule that holds counts.
    #[serde(default)]
    pub points: Vec<Points>,
    /// Where the answer goes.
    #[serde(default)]
    pub saves_to: Option<Target>,
    /// Results of tools that tell it, as `tool.path` (`company_lookup.employees`): only what the tool declares as
    /// trusted counts. Default: `crm_find_contact` for the contact's e-mail and phone.
    #[serde(default)]
    pub lookup: Vec<String>,
}

impl Field {
    /// Points of the best rule, at least 0.
    pub fn most_points(&self) -> i32 {
        self.points.iter().map(|rule| rule.points).max().unwrap_or(0).max(0)
    }

    /// Points of the worst rule, at most 0.
    pub fn least_points(&self) -> i32 {
        self.points.iter().map(|rule| rule.points).min().unwrap_or(0).min(0)
    }

    /// The results of tools that tell it: the tool and the path in its result.
    pub fn lookups(&self) -> impl Iterator<Item = (&str, &str)> {
        let usual: &[&str] = match self.saves_to {
            Some(Target::Email) if self.lookup.is_empty() => &["crm_find_contact.email"],
            Some(Target::Phone) if self.lookup.is_empty() => &["crm_find_contact.phone"],
            _ => &[],
        };
        let all = self.lookup.iter().map(String::as_str).chain(usual.iter().copied());
        all.filter_map(|lookup| lookup.split_once('.'))
    }

    /// The choice with this id.
    pub fn choice(&self, id: &str) -> Option<&Choice> {
        self.choices.iter().find(|choice| choice.id == id)
    }
}

/// What a field holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Free words.
    Text,
    /// A person's or a company's name.
    Name,
    /// One or several of `choice`.
    Choice,
    /// An amount, exact or a range.
    Money,
    /// A count, exact or a range.
    Number,
    /// How many people: `somos 12`, `só eu`, `eu e mais dois`.
    People,
    /// A day or a deadline: `até o fim do mês`, `em 30 dias`.
    Deadline,
    /// Yes or no.
    YesNo,
    /// An e-mail address.
    Email,
    /// A phone number.
    Phone,
    /// A CPF.
    Cpf,
    /// A CNPJ.
    Cnpj,
    /// A CEP.
    PostalCode,
}

/// One choice.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// Id, unique in the field.
    pub id: String,
    /// What the lead reads.
    pub label: Text,
    /// Other words for it, in any language.
    #[serde(default)]
    pub words: Vec<String>,
    /// Pages, campaigns and ads whose visitors mean it, `*` for anything: they are not asked.
    #[serde(default)]
    pub visits: Vec<String>,
}

/// Points for an answer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Points {
    /// What the answer has to be.
    #[serde(flatten)]
    pub test: Test,
    /// Points; may be negative.
    pub points: i32,
}

/// Where an answer goes in the CRM.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The contact's name.
    Name,
    /// The contact's e-mail.
    Email,
    /// The contact's phone.
    Phone,
    /// A tag: the choice's id.
    Tag,
    /// The opportunity's value.
    OpportunityValue,
    /// The opportunity's title.
    OpportunityTitle,
    /// Agreement to marketing messages, kept with its version, time and words.
    MarketingConsent,
    /// A preference under the field's id.
    Preference,
    /// A line of the note.
    Note,
}
