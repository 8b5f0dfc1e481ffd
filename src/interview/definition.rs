//! An interview as the operator writes it in `prompts/interviews/*.toml`. Names of keys are the file's; what must
//! hold beyond shapes is checked in `read`.

use super::condition::Condition;
use super::field::Field;
use crate::domain::interview::Temperature;
use crate::domain::language::Language;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A text in several languages, by tag (`pt-BR`, `en`, `es`), or one string for all of them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Text {
    /// The same in every language.
    Same(String),
    /// By language tag.
    ByLanguage(BTreeMap<String, String>),
}

impl Text {
    /// The text in `language`, else in Portuguese, else whatever there is.
    pub fn get(&self, language: Language) -> &str {
        match self {
            Self::Same(text) => text,
            Self::ByLanguage(texts) => texts
                .get(language.tag())
                .or_else(|| texts.get(Language::default().tag()))
                .or_else(|| texts.values().next())
                .map_or("", String::as_str),
        }
    }
}

/// One version of one interview.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Name; versions that run side by side share it. Default: the file's name.
    #[serde(default)]
    pub name: String,
    /// Version: goes into every record, so change it with the questions.
    pub version: String,
    /// Plain name for people.
    pub title: Text,
    /// Share of the starts that this version gets among those of the same name; 0 switches it off.
    #[serde(default = "one_hundred")]
    pub share: u32,
    /// Most questions for fields.
    pub budget: usize,
    /// How often the lead is led back to the point after turning to something else.
    #[serde(default = "three")]
    pub drifts: u32,
    /// Answers on file that are older than so many days are confirmed instead of taken for granted.
    #[serde(default = "half_a_year")]
    pub stale_days: u32,
    /// A paused interview goes on if the lead comes back within so many days; after that, and not before, the same words
    /// begin one that is over anew.
    #[serde(default = "one_month")]
    pub resume_days: u32,
    /// Whether the lead sees everything, and may correct it, before it is passed on.
    #[serde(default = "yes")]
    pub summary: bool,
    /// What it is for.
    pub purpose: Purpose,
    /// The question for consent, if the legal basis needs one.
    #[serde(default)]
    pub consent: Option<Consent>,
    /// When it begins.
    pub start: Start,
    /// The fields, in the order a person would ask for them.
    #[serde(rename = "field")]
    pub fields: Vec<Field>,
    /// Points beyond those of single fields.
    #[serde(default, rename = "bonus")]
    pub bonuses: Vec<Bonus>,
    /// What disqualifies.
    #[serde(default, rename = "gate")]
    pub gates: Vec<Gate>,
    /// From how many points on a lead is what.
    pub score: Thresholds,
    /// Segments; the first that fits counts.
    #[serde(default, rename = "segment")]
    pub segments: Vec<Segment>,
    /// Routes; the first that fits counts.
    #[serde(default, rename = "route")]
    pub routes: Vec<Route>,
    /// How it ends, by temperature.
    pub end: Ends,
    /// What happens afterwards.
    #[serde(default)]
    pub follow_up: FollowUp,
}

fn one_hundred() -> u32 {
    100
}

fn three() -> u32 {
    3
}

fn half_a_year() -> u32 {
    180
}

fn one_month() -> u32 {
    30
}

fn yes() -> bool {
    true
}

/// What the lead is told of the purpose.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    /// Said before the first question.
    pub text: Text,
    /// Why the law allows it.
    pub legal_basis: LegalBasis,
}

/// A legal basis of the LGPD (article 7, and 11 for sensitive data).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LegalBasis {
    /// The lead agreed.
    Consent,
    /// Steps towards a contract that the lead asked for.
    PreContract,
    /// A legitimate interest of the business.
    LegitimateInterest,
}

/// The question for consent.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// Version of this text, kept with the answer.
    pub version: String,
    /// The question.
    pub ask: Text,
    /// What is said when it is declined.
    pub declined: Text,
}

/// When an interview begins. Any one of these is enough.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Start {
    /// Things customers say who want this, in any language.
    pub intents: Vec<String>,
    /// Words that start it whenever they are said.
    pub keywords: Vec<String>,
    /// Paths of the page the visit began on; `*` stands for anything.
    pub pages: Vec<String>,
    /// Names of campaigns (`utm_campaign`); `*` stands for anything.
    pub campaigns: Vec<String>,
    /// Ids of ads; `*` stands for anything.
    pub ads: Vec<String>,
    /// Whether a language model may begin it by a tool call, once for each customer.
    pub tool: bool,
    /// Whether a person of the business may begin it in a conversation.
    pub operator: bool,
}

impl Default for Start {
    fn default() -> Self {
        let (intents, keywords, pages, campaigns, ads) = Default::default();
        Self { intents, keywords, pages, campaigns, ads, tool: false, operator: true }
    }
}

/// Points for a combination.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bonus {
    /// All must hold.
    pub when: Vec<Condition>,
    /// Points; may be negative.
    pub points: i32,
    /// Why, for the operator.
    pub reason: String,
}

/// What disqualifies a lead.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// All must hold, and certainly so.
    pub when: Vec<Condition>,
    /// Why, for the operator.
    pub reason: String,
    /// What the lead is told instead of the usual end.
    #[serde(default)]
    pub say: Option<Text>,
}

/// From how many points on a lead is what.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Hot from here on.
    pub hot: i32,
    /// Warm from here on.
    pub warm: i32,
    /// What counts as qualified: `hot`, `warm` or `cold`.
    #[serde(default = "warm")]
    #[schemars(with = "String")]
    pub qualified: Temperature,
}

fn warm() -> Temperature {
    Temperature::Warm
}

/// A kind of lead.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// Label; becomes a tag in the CRM.
    pub id: String,
    /// All must hold; none: everybody.
    #[serde(default)]
    pub when: Vec<Condition>,
}

/// Who calls the lead.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Name of the route.
    pub id: String,
    /// All must hold; none: everybody.
    #[serde(default)]
    pub when: Vec<Condition>,
    /// Segments it takes; none: all.
    #[serde(default)]
    pub segments: Vec<String>,
    /// Temperatures it takes (`hot`, `warm`, `cold`); none: all.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub temperatures: Vec<Temperature>,
    /// The people, who take turns.
    pub people: Vec<Person>,
    /// Name of the agenda's service that a call is booked as; none: no booking is offered.
    #[serde(default)]
    pub service: Option<String>,
}

/// Somebody of the business.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Name.
    pub name: String,
    /// Where a notice is sent.
    #[serde(default)]
    pub email: Option<String>,
    /// Weekdays they take leads on (`mon` … `sun`); none: every day.
    #[serde(default)]
    pub days: Vec<Weekday>,
}

/// A day of the week.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

/// How an interview ends.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ends {
    /// For hot leads.
    pub hot: End,
    /// For warm ones.
    pub warm: End,
    /// For cold ones.
    pub cold: End,
    /// For those a gate refused.
    pub disqualified: End,
}

impl Ends {
    /// The end for `temperature`.
    pub fn of(&self, temperature: Temperature) -> &End {
        match temperature {
            Temperature::Hot => &self.hot,
            Temperature::Warm => &self.warm,
            Temperature::Cold => &self.cold,
            Temperature::Disqualified => &self.disqualified,
        }
    }
}

/// One end.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// What the lead reads. `{name}` is the lead's first name, `{person}` who will call.
    pub say: Text,
    /// Whether times for a call are offered at once.
    #[serde(default)]
    pub book: bool,
    /// Stage of the opportunity; none: no opportunity is made.
    #[serde(default)]
    pub stage: Option<String>,
    /// Name of the nurture list the lead enters.
    #[serde(default)]
    pub nurture: Option<String>,
}

/// What happens after the end.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FollowUp {
    /// Hours of silence after which a lead who can be reached is passed on as far as they have come; 0: never.
    pub abandoned_after_hours: u32,
    /// Minutes within which the person who was told has to acknowledge; 0: no matter.
    pub acknowledge_minutes: u32,
    /// Who is told when nobody did.
    pub escalate_to: Option<Person>,
}

impl Default for FollowUp {
    fn default() -> Self {
        Self { abandoned_after_hours: 24, acknowledge_minutes: 0, escalate_to: None }
    }
}
