//! Tools over the CRM. They act for the conversation's own contact; of anybody else's record nothing is told but
//! that there is one.

use super::capability::{Builtin, Capability, Declaration, failure};
use super::identity::{has_proven, proven_contact};
use super::words::{order_status, short};
use crate::backoffice::BackofficeError;
use crate::backoffice::crm::{
    ContactField, ContactHistory, ContactOutcome, Crm, Handle, SaveContact, SaveOpportunity,
};
use crate::domain::contact::Contact;
use crate::domain::effect::Effect;
use crate::domain::language::Language;
use crate::domain::money::Money;
use crate::domain::tool::{ParamSource, Risk};
use crate::tools::tool::{Tool, ToolContext, ToolError, ToolOutput};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The tools over the CRM.
pub fn tools(crm: &Arc<dyn Crm>) -> Vec<Arc<dyn Tool>> {
    vec![
        Builtin::tool(FindContact(crm.clone())),
        Builtin::tool(SaveContactTool(crm.clone())),
        Builtin::tool(SaveOpportunityTool(crm.clone())),
        Builtin::tool(AddNote(crm.clone())),
        Builtin::tool(Remember(crm.clone())),
    ]
}

struct FindContact(Arc<dyn Crm>);

#[derive(Deserialize, JsonSchema)]
struct FindContactArguments {
    /// E-mail to look up; leave out for the person in this conversation.
    #[schemars(length(max = 254), extend("x-balcao-kind" = "email"))]
    email: Option<String>,
    /// Phone to look up; leave out for the person in this conversation.
    #[schemars(length(max = 40), extend("x-balcao-kind" = "phone"))]
    phone: Option<String>,
}

impl Capability for FindContact {
    type Arguments = FindContactArguments;

    const DECLARATION: Declaration = Declaration {
        name: "crm_find_contact",
        description: "Looks whether a customer is on file, by e-mail or phone, or the person in this conversation. \
                      Personal data and history come back only for a person who has proven who they are.",
        risk: Risk::Read,
        sources: &[("email", ParamSource::Said), ("phone", ParamSource::Said)],
        trusted: &["email", "phone", "recent_orders[].number"],
    };

    async fn perform(
        &self,
        arguments: Self::Arguments,
        context: &ToolContext,
    ) -> Result<ToolOutput, ToolError> {
        let found = match (arguments.email, arguments.phone) {
            (Some(email), _) => self.0.find_contact(&Handle::Email(email)).await.map_err(failure)?,
            (None, Some(phone)) => self.0.find_contact(&Handle::Phone(phone)).await.map_err(failure)?,
            (None, None) => match proven_contact(self.0.as_ref(), context).await? {
                Some(contact) => Some(contact),
                None => match self.0.contact(context.contact).await {
                    Ok(contact) => Some(contact),
                    Err(BackofficeError::NotFound { .. }) => None,
                    Err(error) => return Err(failure(error)),
                },
            },
        };
        let Some(contact) = found else { return Ok(ToolOutput::data(json!({"exists": false}))) };
        if has_proven(context, &contact) {
            let history = self.0.history(contact.id).await.map_err(failure)?;
            return Ok(ToolOutput::data(full_record(&history, context.language)));
        }
        let mut data = json!({"exists": true, "verified": false});
        if contact.id == context.contact {
            data["on_file"] = json!(fields_on_file(&contact));
        }
        Ok(ToolOutput::data(data))
    }
}

fn fields_on_file(contact: &Contact) -> Vec<&'static str> {
    [
        ("name", contact.name.is_some()),
        ("email", contact.email.is_some()),
        ("phone", contact.phone.is_some()),
        ("marketing_consent", contact.marketing_consent.is_some()),
    ]
    .into_iter()
    .filter_map(|(field, known)| known.then_some(field))
    .collect()
}

fn full_record(history: &ContactHistory, language: Language) -> Value {
    let contact = &history.contact;
    let preferences = contact.preferences.iter().take(10);
    let mut record = json!({
        "exists": true,
        "verified": true,
        "name": contact.name,
        "email": contact.email,
        "phone": contact.phone,
        "stage": contact.stage,
        "tags": contact.tags,
        "marketing_consent": contact.marketing_consent,
        "preferences": preferences.map(|kept| json!({"about": kept.key, "value": short(&kept.value, 200)})).collect::<Vec<_>>(),
        "recent_orders": history.orders.iter().take(5).map(|order| json!({
            "number": order.number,
            "state": order.status.as_str(),
            "state_text": order_status(order.status, language),
            "total": order.total.to_string(),
        })).collect::<Vec<_>>(),
        "opportunities": history.opportunities.iter().take(5).map(|opportunity| json!({
            "id": opportunity.id.to_string(),
            "title": short(&opportunity.title, 120),
            "stage": opportunity.stage,
        })).collect::<Vec<_>>(),
    });
    if let Some(object) = record.as_object_mut() {
        object.retain(|_, value| !value.is_null());
    }
    record
}

struct SaveContactTool(Arc<dyn Crm>);

#[derive(Deserialize, JsonSchema)]
struct SaveContactArguments {
    /// Name as the customer gave it.
    #[schemars(length(min = 1, max = 120), extend("x-balcao-kind" = "name"))]
    name: Option<String>,
    /// E-mail as the customer wrote it.
    #[schemars(length(max = 254), extend("x-balcao-kind" = "email"))]
    email: Option<String>,
    /// Phone as the customer wrote it.
    #[schemars(length(max = 40), extend("x-balcao-kind" = "phone"))]
    phone: Option<String>,
    /// What they are interested in, in one or two words.
    #[schemars(length(max = 60), extend("x-balcao-kind" = "text"))]
    interest: Option<String>,
    /// Funnel stage, if it became clear: e.g. lead, qualified, customer.
    #[schemars(length(max = 40), extend("x-balcao-kind" = "text"))]
    stage: Option<String>,
    /// Whether they agreed to receive offers; only if they were asked and answered.
    #[schemars(extend("x-balcao-kind" = "consent"))]
    marketing_consent: Option<bool>,
}

impl Capability for SaveContactTool {
    type Arguments = SaveContactArguments;

    const DECLARATION: Declaration = Declaration {
        name: "crm_save_contact",
        description: "Records the customer's name, e-mail, phone, interest or consent: updates the contact that has \
                      this e-mail or phone, else creates one. Only what the customer said.",
        risk: Risk::Write,
        sources: &[("interest", ParamSource::Model), ("stage", ParamSource::Model)],
        trusted: &[],
    };

    async fn perform(
        &self,
        arguments: Self::Arguments,
        context: &ToolContext,
    ) -> Result<ToolOutput, ToolError> {
        let request = SaveContact {
            verified: context.verified.clone(),
            name: arguments.name,
            email: arguments.email,
            phone: arguments.phone,
            stage: arguments.stage,
            tags: arguments.interest.into_iter().collect(),
            origin: Some(context.channel.clone()),
            marketing_consent: arguments.marketing_consent,
            ..SaveContact::of(context.contact)
        };
        if request
            == (SaveContact {
                verified: context.verified.clone(),
                origin: request.origin.clone(),
                ..SaveContact::of(context.contact)
            })
        {
            return Err(ToolError::bad_argument(
                "email",
                "there is nothing to save; ask for the name or the e-mail first",
            ));
        }
        let saved = self.0.save_contact(&context.effect_key(), request).await.map_err(failure)?;
        let outcome = match saved.outcome {
            ContactOutcome::Created => "created",
            ContactOutcome::Updated => "updated",
            ContactOutcome::Linked => "already_on_file",
        };
        let kept: Vec<&str> = saved.kept.iter().map(|field| field_name(*field)).collect();
        let mut output =
            ToolOutput::wrote(json!({"saved": true, "outcome": outcome, "kept_as_on_file": kept}));
        if saved.contact.id != context.contact && has_proven(context, &saved.contact) {
            output.effects.push(Effect::Contact { id: saved.contact.id });
        }
        Ok(output)
    }
}

fn field_name(field: ContactField) -> &'static str {
    match field {
        ContactField::Name => "name",
        ContactField::Email => "email",
        ContactField::Phone => "phone",
        ContactField::Stage => "stage",
        ContactField::MarketingConsent => "marketing_consent",
    }
}

struct SaveOpportunityTool(Arc<dyn Crm>);

#[derive(Deserialize, JsonSchema)]
struct SaveOpportunityArguments {
    /// What the customer wants to buy or needs, in one line.
    #[schemars(length(min = 3, max = 160), extend("x-balcao-kind" = "text"))]
    title: String,
    /// Budget or expected value as the customer said it, e.g. "R$ 5.000".
    #[schemars(length(max = 40), extend("x-balcao-kind" = "money"))]
    value: Option<String>,
    /// Funnel stage; leave out for a new one.
    #[schemars(length(max = 40), extend("x-balcao-kind" = "text"))]
    stage: Option<String>,
    /// Id of an opportunity to change; leave out for a new one.
    #[schemars(length(max = 64), extend("x-balcao-kind" = "id"))]
    opportunity: Option<String>,
}

impl Capability for SaveOpportunityTool {
    type Arguments = SaveOpportunityArguments;

    const DECLARATION: Declaration = Declaration {
        name: "crm_save_opportunity",
        description: "Records a chance to sell to this customer (a quote, a project, a large order) for the sales team, \
                      or changes one.",
        risk: Risk::Write,
        sources: &[("title", ParamSource::Model), ("stage", ParamSource::Model)],
        trusted: &["opportunity"],
    };

    async fn perform(
        &self,
        arguments: Self::Arguments,
        context: &ToolContext,
    ) -> Result<ToolOutput, ToolError> {
        let value = arguments
            .value
            .as_deref()
            .map(|text| super::amounts::read("value", text, context.language))
            .transpose()?;
        let id = arguments.opportunity.as_deref().map(str::parse).transpose();
        let request = SaveOpportunity {
            id: id.map_err(|_| ToolError::bad_argument("opportunity", "not an id of an opportunity"))?,
            contact: context.contact,
            title: arguments.title,
            value,
            stage: arguments.stage,
            origin: Some(context.channel.clone()),
        };
        let saved = self.0.save_opportunity(&context.effect_key(), request).await.map_err(failure)?;
        Ok(ToolOutput::wrote(json!({
            "saved": true,
            "opportunity": saved.id.to_string(),
            "title": saved.title,
            "value": saved.value.map(|value| value.to_string()),
            "value_cents": saved.value.map(|Money(cents)| cents),
            "stage": saved.stage,
        })))
    }
}

struct AddNote(Arc<dyn Crm>);

#[derive(Deserialize, JsonSchema)]
struct AddNoteArguments {
    /// The remark, in the customer's sense.
    #[schemars(length(min = 3, max = 2000), extend("x-balcao-kind" = "text"))]
    text: String,
}

impl Capability for AddNote {
    type Arguments = AddNoteArguments;

    const DECLARATION: Declaration = Declaration {
        name: "crm_add_note",
        description: "Adds a remark to the customer's record that the team should know. Not for preferences the customer \
                      asks to be remembered, and not for problems (those are tickets).",
        risk: Risk::Write,
        sources: &[("text", ParamSource::Model)],
        trusted: &[],
    };

    async fn perform(
        &self,
        arguments: Self::Arguments,
        context: &ToolContext,
    ) -> Result<ToolOutput, ToolError> {
        self.0.add_note(&context.effect_key(), context.contact, &arguments.text).await.map_err(failure)?;
        Ok(ToolOutput::wrote(json!({"saved": true})))
    }
}

struct Remember(Arc<dyn Crm>);

#[derive(Deserialize, JsonSchema)]
struct RememberArguments {
    /// What it is about, in one or two words, e.g. contact_time, channel, pets.
    #[schemars(length(min = 2, max = 40), extend("x-balcao-kind" = "text"))]
    about: String,
    /// The preference in the customer's own words.
    #[schemars(length(min = 1, max = 200), extend("x-balcao-kind" = "text"))]
    value: String,
    /// True only if the customer asked for it to be remembered, or was asked and agreed.
    #[schemars(extend("x-balcao-kind" = "consent"))]
    consent: bool,
}

impl Capability for Remember {
    type Arguments = RememberArguments;

    const DECLARATION: Declaration = Declaration {
        name: "remember",
        description: "Keeps a preference of the customer for next time, only with their consent: how and when they like to \
                      be contacted, what they like. Never documents, health or payment data.",
        risk: Risk::Write,
        sources: &[("about", ParamSource::Model), ("consent", ParamSource::Model)],
        trusted: &[],
    };

    async fn perform(
        &self,
        arguments: Self::Arguments,
        context: &ToolContext,
    ) -> Result<ToolOutput, ToolError> {
        if !arguments.consent {
            return Err(ToolError::bad_argument(
                "consent",
                "ask the customer whether it may be remembered first",
            ));
        }
        let RememberArguments { about, value, .. } = arguments;
        self.0.remember(&context.effect_key(), context.contact, &about, &value).await.map_err(failure)?;
        Ok(ToolOutput::wrote(json!({"remembered": true, "about": about, "value": value})))
    }
}
