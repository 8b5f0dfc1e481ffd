//! What the people of the business are told of a lead.

use super::leads::LeadDesk;
use crate::domain::interview::{EndReason, Standing, Verdict};
use crate::domain::language::Language;
use crate::interview::definition::Definition;
use crate::store::error::StoreError;
use crate::store::interviews::InterviewRecord;

/// A notice about a lead.
pub(super) struct Notice {
    pub(super) subject: String,
    pub(super) text: String,
}

/// What a notice about the lead is known by: another one after a correction.
pub(super) fn notice_id(record: &InterviewRecord) -> String {
    match record.state.corrections {
        0 => record.state.id.to_string(),
        corrections => format!("{}.{corrections}", record.state.id),
    }
}

pub(super) fn subject(record: &InterviewRecord) -> String {
    format!("interview {}", record.state.id)
}

fn called(verdict: &Verdict) -> &'static str {
    use crate::domain::interview::Temperature;
    match verdict.temperature {
        Temperature::Hot => "quente",
        Temperature::Warm => "morno",
        Temperature::Cold => "frio",
        Temperature::Disqualified => "desqualificado",
    }
}

impl LeadDesk {
    /// What is told of a lead: what it is worth and where to look. What the lead said stays where it was said.
    pub(super) async fn notice(
        &self,
        record: &InterviewRecord,
        definition: &Definition,
        verdict: &Verdict,
    ) -> Result<Notice, StoreError> {
        let contact = self.stores.contacts.get(record.contact).await?;
        let name = contact.and_then(|contact| contact.name).unwrap_or_else(|| "sem nome".to_owned());
        let name: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
        let title = definition.title.get(Language::Portuguese);
        let mut text = format!(
            "Lead: {name}\nEntrevista: {title}\nClassificação: {} ({} de 100)\n",
            called(verdict),
            verdict.score
        );
        match record.state.standing {
            Standing::Ended(EndReason::Abandoned) => {
                text.push_str("Não terminou a entrevista: parou de responder.\n");
            }
            Standing::Ended(EndReason::HandedOff) => {
                text.push_str("Não terminou a entrevista: pediu uma pessoa.\n");
            }
            Standing::Ended(_) | Standing::Running | Standing::Paused => {}
        }
        if let Some(segment) = &verdict.segment {
            text.push_str(&format!("Segmento: {segment}\n"));
        }
        if let Some(assignment) = &record.assignment {
            text.push_str(&format!("Responsável: {}\n", assignment.person));
            if let Some(by) = assignment.acknowledge_by {
                let by = by.to_zoned(self.timezone.clone()).strftime("%d/%m/%Y %H:%M").to_string();
                text.push_str(&format!("Confirmar até: {by}\n"));
            }
        }
        text.push_str(&format!("Conversa: {}\nEntrevista: {}", record.state.conversation, record.state.id));
        Ok(Notice { subject: format!("Lead {}: {name}", called(verdict)), text })
    }
}
