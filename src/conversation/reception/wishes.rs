//! What people want of messages that they did not ask for, written down: by their own words, and by what they chose in
//! WhatsApp's settings.

use super::desk::Desk;
use crate::channels::whatsapp::CHANNEL;
use crate::channels::whatsapp::address::PhoneNumberId;
use crate::channels::whatsapp::wire::Preference;
use crate::conversation::consents;
use crate::domain::contact::ConsentRecord;
use crate::domain::ids::ContactId;
use crate::store::error::StoreError;
use jiff::Timestamp;

impl Desk {
    /// Writes down what somebody wants, for ever and on their record.
    pub(super) async fn record(
        &self,
        contact: ContactId,
        agreed: bool,
        words: String,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let consent = ConsentRecord {
            contact,
            purpose: consents::MARKETING.to_owned(),
            version: CHANNEL.to_owned(),
            agreed,
            words,
            channel: CHANNEL.to_owned(),
            at,
        };
        consents::record(self.parts.stores.contacts.as_ref(), consent, self.parts.clock.now()).await
    }

    pub(super) async fn preference(
        &self,
        number: &PhoneNumberId,
        preference: &Preference,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(conversation) = self.people.conversation(number, &preference.person, None).await? else {
            return Ok(());
        };
        self.record(conversation.contact, preference.wanted, preference.word.clone(), at).await
    }
}
