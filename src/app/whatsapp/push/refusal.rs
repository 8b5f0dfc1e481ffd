//! What Meta's refusal of a message means for its delivery, its number and its customer.

use super::super::errand::{Errand, remedy};
use super::{LONGEST_ASKED, REST, SLOWER, WhatsAppPush};
use crate::channels::whatsapp::CHANNEL;
use crate::channels::whatsapp::errors::{GraphError, Remedy};
use crate::channels::whatsapp::outgoing::Content;
use crate::conversation::consents;
use crate::domain::contact::ConsentRecord;
use crate::outbox::push::SendError;
use std::time::Duration;

/// How often a message is sent again that Meta did not understand.
const MOST_BRIEF: usize = 2;

impl WhatsAppPush {
    /// What Meta's refusal means for the delivery.
    pub(super) async fn refused(
        &self,
        errand: &Errand,
        content: &Content,
        error: &GraphError,
        after: Option<Duration>,
    ) -> SendError {
        let told = error.told();
        let number = &errand.address.number;
        metrics::counter!("balcao_whatsapp_refused_total", "code" => error.code.to_string()).increment(1);
        let earlier =
            |remedy_of: Remedy| errand.tried.iter().filter(|one| remedy(one) == Some(remedy_of)).count();
        match error.remedy() {
            Remedy::Retry { at_least } => {
                SendError::NotNow { after: Some(after.unwrap_or(at_least).max(at_least)), error: told }
            }
            Remedy::Briefly { .. } if earlier(error.remedy()) >= MOST_BRIEF => {
                SendError::Refused { error: told }
            }
            Remedy::Briefly { at_least } => {
                SendError::NotNow { after: Some(after.unwrap_or(at_least).max(at_least)), error: told }
            }
            Remedy::Reconcile => SendError::InDoubt { error: told },
            Remedy::Refuse | Remedy::Unreachable => SendError::Refused { error: told },
            Remedy::Template => match (&self.template, content) {
                (Some(_), Content::Template { .. } | Content::Reaction { .. }) | (None, _) => {
                    SendError::Refused { error: told }
                }
                (Some(_), _) => SendError::NotYet { after: Duration::ZERO, error: told },
            },
            Remedy::Plain => match content {
                Content::Interactive { .. } => SendError::NotYet { after: Duration::ZERO, error: told },
                _ => SendError::Refused { error: told },
            },
            Remedy::StopNumber => {
                self.pace.rest(number.clone(), REST);
                let text = format!("no message leaves by the number {number}: {told}");
                self.alerts.down(&self.subject(errand), &text);
                SendError::NotYet { after: REST, error: told }
            }
            Remedy::OptedOut => {
                self.note_opt_out(errand, error.code).await;
                SendError::Refused { error: told }
            }
            Remedy::SlowPair => {
                let power = u32::try_from(earlier(Remedy::SlowPair)).unwrap_or(u32::MAX).min(4);
                let wait = Duration::from_secs(4_u64.pow(power));
                SendError::NotNow {
                    after: Some(after.unwrap_or(wait).max(wait).min(LONGEST_ASKED)),
                    error: told,
                }
            }
            Remedy::SlowNumber => {
                let doublings = u32::try_from(earlier(Remedy::SlowNumber)).unwrap_or(u32::MAX).min(7);
                let wait = after.unwrap_or(SLOWER * (1 << doublings)).min(LONGEST_ASKED);
                self.pace.rest(number.clone(), wait);
                SendError::NotNow { after: Some(wait), error: told }
            }
        }
    }

    async fn note_opt_out(&self, errand: &Errand, code: i64) {
        let consent = ConsentRecord {
            contact: errand.conversation.contact,
            purpose: consents::MARKETING.to_owned(),
            version: "whatsapp".to_owned(),
            agreed: false,
            words: format!("Meta's error {code}: stopped in WhatsApp's own settings"),
            channel: CHANNEL.to_owned(),
            at: self.clock.now(),
        };
        if let Err(error) = consents::record(self.stores.contacts.as_ref(), consent, self.clock.now()).await {
            tracing::error!(error = %error, "that a customer wants no offers could not be written down");
        }
    }
}
