//! Whether the person on the other side has proven who they are, and the proof by a number and the e-mail on file.
//! The model has no say here.

use super::capability::failure;
use crate::backoffice::BackofficeError;
use crate::backoffice::crm::{Crm, Handle};
use crate::domain::contact::{Contact, Identity, IdentityKind};
use crate::domain::effect::Effect;
use crate::domain::ids::ContactId;
use crate::domain::tool_call::RefusalClass;
use crate::language::emails::canonical_email;
use crate::tools::tool::{ToolContext, ToolError};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// An e-mail in the form it is compared and stored in; what is none stays as it was written.
pub fn plain_email(email: &str) -> String {
    canonical_email(email).unwrap_or_else(|| email.trim().to_lowercase())
}

/// Whether two e-mails are the same, in a time that does not tell how far they agree.
pub fn same_email(given: &str, on_file: &str) -> bool {
    let digest = |email: &str| Sha256::digest(plain_email(email).as_bytes());
    !on_file.trim().is_empty() && bool::from(digest(given).ct_eq(&digest(on_file)))
}

/// Whether the person has proven to own a handle of `contact`.
pub fn has_proven(context: &ToolContext, contact: &Contact) -> bool {
    context.verified.iter().any(|identity| match identity.kind {
        IdentityKind::Email => {
            contact.email.as_deref().is_some_and(|email| same_email(&identity.value, email))
        }
        IdentityKind::Phone => contact.phone.as_deref() == Some(identity.value.as_str()),
        IdentityKind::WebVisitor | IdentityKind::Terminal | IdentityKind::ChannelUser => false,
    })
}

/// The contact the person has proven to be, if any.
pub async fn proven_contact(crm: &dyn Crm, context: &ToolContext) -> Result<Option<Contact>, ToolError> {
    for identity in &context.verified {
        let handle = match identity.kind {
            IdentityKind::Email => Handle::Email(identity.value.clone()),
            IdentityKind::Phone => Handle::Phone(identity.value.clone()),
            IdentityKind::WebVisitor | IdentityKind::Terminal | IdentityKind::ChannelUser => continue,
        };
        match crm.find_contact(&handle).await {
            Ok(Some(contact)) => return Ok(Some(contact)),
            Ok(None) | Err(BackofficeError::Invalid { .. }) => {}
            Err(error) => return Err(failure(error)),
        }
    }
    Ok(None)
}

/// What follows from a number and its e-mail being right: the e-mail is theirs, and they are that contact.
pub fn proof(email: &str, contact: ContactId, context: &ToolContext) -> Vec<Effect> {
    let identity = Identity { kind: IdentityKind::Email, value: plain_email(email) };
    let mut effects = Vec::new();
    if !context.verified.contains(&identity) {
        effects.push(Effect::Verified { identities: vec![identity] });
    }
    if contact != context.contact {
        effects.push(Effect::Contact { id: contact });
    }
    effects
}

/// The one answer to a wrong number and to a wrong e-mail: whoever guesses learns nothing.
pub fn not_verified(what: &str) -> ToolError {
    ToolError::Tell {
        reason: format!(
            "no {what} with this number and this e-mail. Do not say which of the two is wrong; ask the customer to \
             check both, or offer a person"
        ),
        class: RefusalClass::NotVerified,
    }
}
