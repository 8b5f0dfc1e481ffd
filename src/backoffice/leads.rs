//! A lead that was interviewed goes into the CRM: the person, what they agreed to, the chance to sell, the remark, what
//! they like. Every write bears a key made from the interview, so that the whole may be repeated after whatever went
//! wrong between two of them; it decides nothing about who may see what.

use super::BackofficeError;
use super::crm::{ContactOutcome, Crm, SaveContact, SaveOpportunity, SavedContact};
use super::limits;
use crate::domain::contact::{ConsentRecord, Identity};
use crate::domain::crm::Opportunity;
use crate::domain::ids::{ContactId, InterviewId};
use crate::domain::interview::ConsentGiven;
use crate::domain::money::Money;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What consent to being interviewed is kept under.
pub const INTERVIEW: &str = "interview";
/// What consent to marketing messages is kept under.
pub const MARKETING: &str = "marketing";

/// What an interview left to be kept.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lead {
    /// The interview.
    #[schemars(with = "String")]
    pub interview: InterviewId,
    /// How often it was corrected by people after its end.
    #[serde(default, skip_serializing_if = "is_none")]
    #[schemars(with = "serde_json::Value")]
    pub revision: u32,
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// E-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Labels.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Labels that a correction makes untrue.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retired_tags: Vec<String>,
    /// Where the lead came from.
    pub origin: Origin,
    /// The chance to sell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opportunity: Option<Chance>,
    /// The remark for the team.
    pub note: String,
    /// Whether marketing messages were agreed to, if it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marketing_consent: Option<Agreement>,
    /// Whether the interview was agreed to, if it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<Agreement>,
    /// What the lead likes.
    #[serde(default)]
    pub preferences: Vec<Liking>,
}

fn is_none(revision: &u32) -> bool {
    *revision == 0
}

/// Where a lead came from, as channel, page and ad say; untrusted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// Name of the channel.
    pub channel: String,
    /// Path of the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// Name of the campaign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// Id of the ad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ad: Option<String>,
    /// Click ids of ad networks (`gclid`, `fbclid`, `ctwa_clid` …).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub click_ids: BTreeMap<String, String>,
}

/// A chance to sell.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Chance {
    /// What it is about.
    pub title: String,
    /// Expected value in centavos.
    #[serde(default)]
    #[schemars(with = "serde_json::Value")]
    pub value: Option<i64>,
    /// Stage of the funnel.
    pub stage: String,
    /// Every stage that the interview may give: in any other one somebody has put it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<String>,
}

/// What was agreed to, or not.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// Version of the text that was shown.
    pub version: String,
    /// Whether it was agreed to.
    pub agreed: bool,
    /// The lead's words.
    pub words: String,
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
}

impl From<ConsentGiven> for Agreement {
    fn from(given: ConsentGiven) -> Self {
        Self { version: given.version, agreed: given.agreed, words: given.words, at: given.at }
    }
}

/// Something the lead likes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Liking {
    /// What it is about.
    pub key: String,
    /// What is liked.
    pub value: String,
}

/// Whose lead it is.
#[derive(Clone, PartialEq, Debug)]
pub struct Person {
    /// The contact of the conversation.
    pub contact: ContactId,
    /// Handles the person has proven to own.
    pub verified: Vec<Identity>,
}

/// What became of a lead.
#[derive(Clone, PartialEq, Debug)]
pub struct KeptLead {
    /// The person's record.
    pub saved: SavedContact,
    /// The chance to sell.
    pub opportunity: Option<Opportunity>,
    /// Whether e-mail and phone stand in the remark alone, because they are on file for different people.
    pub is_in_conflict: bool,
}

/// Keeps a lead. The same lead again changes nothing; a corrected one of the same interview changes the same
/// opportunity.
///
/// # Errors
/// As the CRM has it. What was written until then stays, and is not written twice when the lead is kept again.
pub async fn keep(crm: &dyn Crm, person: &Person, lead: &Lead) -> Result<KeptLead, BackofficeError> {
    // The opportunity is one; what else a correction leaves is written again.
    let key = |what: &str| match (what, lead.revision) {
        ("opportunity", _) | (_, 0) => format!("lead/{}/{what}", lead.interview),
        (_, revision) => format!("lead/{}/{revision}/{what}", lead.interview),
    };
    let (saved, is_in_conflict) = save_person(crm, &key("contact"), person, lead).await?;
    let contact = saved.contact.id;
    for (purpose, agreement) in [(INTERVIEW, &lead.consent), (MARKETING, &lead.marketing_consent)] {
        let Some(agreement) = agreement else { continue };
        let consent = ConsentRecord {
            contact,
            purpose: purpose.to_owned(),
            version: agreement.version.clone(),
            agreed: agreement.agreed,
            words: agreement.words.clone(),
            channel: lead.origin.channel.clone(),
            at: agreement.at,
        };
        crm.record_consent(&consent).await?;
    }
    let opportunity = match &lead.opportunity {
        Some(chance) => Some(save_chance(crm, &key("opportunity"), contact, lead, chance).await?),
        None => None,
    };
    crm.add_note(&key("note"), contact, &remark(lead, is_in_conflict)).await?;
    for (index, liking) in lead.preferences.iter().enumerate() {
        let value = shortened(&liking.value, limits::LINE);
        let kept = crm.remember(&key(&format!("preference/{index}")), contact, &liking.key, &value).await;
        match kept {
            // One preference more or less is no reason to lose a lead.
            Ok(_) | Err(BackofficeError::Invalid { .. } | BackofficeError::Conflict { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(KeptLead { saved, opportunity, is_in_conflict })
}

/// The person's record. A lead whose e-mail and phone belong to different people is kept without them: they stand in the
/// remark, and a person of the team sorts it out.
async fn save_person(
    crm: &dyn Crm,
    key: &str,
    person: &Person,
    lead: &Lead,
) -> Result<(SavedContact, bool), BackofficeError> {
    let request = SaveContact {
        verified: person.verified.clone(),
        name: lead.name.as_deref().map(|name| shortened(name, limits::LINE)),
        email: lead.email.clone(),
        phone: lead.phone.clone(),
        tags: lead.tags.iter().map(|tag| shortened(tag, limits::WORD)).collect(),
        retired_tags: lead.retired_tags.clone(),
        origin: Some(shortened(&lead.origin.source(), limits::WORD)),
        marketing_consent: lead.marketing_consent.as_ref().map(|agreement| agreement.agreed),
        ..SaveContact::of(person.contact)
    };
    match crm.save_contact(key, request.clone()).await {
        Ok(saved) => Ok((saved, false)),
        Err(BackofficeError::Conflict { .. } | BackofficeError::Invalid { .. }) => {
            let without = SaveContact { email: None, phone: None, ..request };
            crm.save_contact(&format!("{key}/without"), without).await.map(|saved| (saved, true))
        }
        Err(error) => Err(error),
    }
}

/// The opportunity of an interview: the first write makes it, later ones change it if there is something to change.
async fn save_chance(
    crm: &dyn Crm,
    key: &str,
    contact: ContactId,
    lead: &Lead,
    chance: &Chance,
) -> Result<Opportunity, BackofficeError> {
    let request = SaveOpportunity {
        id: None,
        contact,
        title: shortened(&chance.title, limits::LINE),
        value: chance.value.map(Money),
        stage: Some(chance.stage.clone()),
        origin: Some(shortened(&lead.origin.source(), limits::WORD)),
    };
    let made = match crm.save_opportunity(key, request.clone()).await {
        // The funnel of this CRM has no such stage: the lead goes to its begin.
        Err(BackofficeError::Invalid { field: "stage", .. }) => {
            tracing::warn!(stage = chance.stage, "an interview names a stage that the CRM does not have");
            crm.save_opportunity(key, SaveOpportunity { stage: None, ..request.clone() }).await?
        }
        made => made?,
    };
    if lead.revision > 0 {
        return change_chance(crm, &format!("{key}/{}", lead.revision), (&made, chance), request).await;
    }
    let same = made.title == request.title
        && (request.value.is_none() || made.value == request.value)
        && made.contact == contact;
    if same {
        return Ok(made);
    }
    let change = format!("{key}/{}/{}", chance.value.unwrap_or_default(), request.title);
    crm.save_opportunity(&change, SaveOpportunity { id: Some(made.id), stage: None, ..request }).await
}

/// Brings the opportunity to what a correction makes of it: the newest one counts, also if it says again what an earlier
/// one said. `made` is the opportunity as it was made. Its stage follows only if nobody has moved it since.
async fn change_chance(
    crm: &dyn Crm,
    key: &str,
    (made, chance): (&Opportunity, &Chance),
    request: SaveOpportunity,
) -> Result<Opportunity, BackofficeError> {
    let history = crm.history(request.contact).await?;
    let now = history.opportunities.iter().find(|opportunity| opportunity.id == made.id);
    let ours = |stage: &String| *stage == made.stage || chance.stages.contains(stage);
    let stage = request.stage.clone().filter(|_| now.is_none_or(|now| ours(&now.stage)));
    let change = SaveOpportunity { id: Some(made.id), stage, ..request };
    match crm.save_opportunity(key, change.clone()).await {
        Err(BackofficeError::Invalid { field: "stage", .. }) => {
            crm.save_opportunity(key, SaveOpportunity { stage: None, ..change }).await
        }
        changed => changed,
    }
}

fn remark(lead: &Lead, is_in_conflict: bool) -> String {
    let mut text = lead.note.clone();
    if is_in_conflict {
        for (label, value) in [("e-mail", &lead.email), ("telefone", &lead.phone)] {
            if let Some(value) = value {
                text.push_str(&format!("\n! {label} informado, não gravado (conflito de cadastro): {value}"));
            }
        }
    }
    let origin = &lead.origin;
    let known = [("página", &origin.page), ("campanha", &origin.campaign), ("anúncio", &origin.ad)];
    let named = known.into_iter().filter_map(|(label, value)| Some((label.to_owned(), value.clone()?)));
    let clicks = origin.click_ids.iter().map(|(name, value)| (name.clone(), value.clone()));
    for (label, value) in named.chain(clicks) {
        text.push_str(&format!("\n{label}: {value}"));
    }
    shortened(&text, limits::STORY)
}

impl Origin {
    /// The shortest that tells where the lead came from.
    fn source(&self) -> String {
        match &self.campaign {
            Some(campaign) => format!("{}/{campaign}", self.channel),
            None => self.channel.clone(),
        }
    }
}

impl KeptLead {
    /// What was done to the person's record.
    pub fn outcome(&self) -> &'static str {
        match self.saved.outcome {
            ContactOutcome::Created => "created",
            ContactOutcome::Updated => "updated",
            ContactOutcome::Linked => "already_on_file",
        }
    }
}

fn shortened(text: &str, longest: usize) -> String {
    text.chars().take(longest).collect()
}
