//! How what became known of a person goes into a contact: pure rules, no store. Nothing on file of another
//! person's record is ever overwritten here.

use crate::backoffice::crm::ContactField;
use crate::backoffice::words::fold;
use crate::domain::contact::Contact;

/// Most tags a contact has.
const MOST_TAGS: usize = 50;

/// What became known, checked and in canonical form.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Known {
    /// Name.
    pub name: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// Phone.
    pub phone: Option<String>,
    /// Stage.
    pub stage: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
    /// Labels that are not true any more.
    pub retired_tags: Vec<String>,
    /// Where they came from.
    pub origin: Option<String>,
    /// Consent to marketing messages.
    pub marketing_consent: Option<bool>,
}

/// Whether the person has proven to own a handle of the record that is filled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Proof {
    /// They have.
    Verified,
    /// They have not: they only know one of its handles.
    Unverified,
}

/// Puts `known` into the person's own record. `newcomer` is the stage of somebody new: it replaces no other one.
pub fn into_own(contact: &mut Contact, known: &Known, newcomer: &str) -> Vec<ContactField> {
    let mut kept = Vec::new();
    replace(&mut contact.name, &known.name);
    replace(&mut contact.email, &known.email);
    replace(&mut contact.phone, &known.phone);
    replace(&mut contact.marketing_consent, &known.marketing_consent);
    match (&contact.stage, &known.stage) {
        (Some(present), Some(given)) if given == newcomer && present != given => {
            kept.push(ContactField::Stage)
        }
        (_, Some(_)) => contact.stage.clone_from(&known.stage),
        (None, None) => contact.stage = Some(newcomer.to_owned()),
        (Some(_), None) => {}
    }
    fill_labels(contact, known);
    kept
}

/// Puts `known` into a record that was found by one of its handles: empty fields only. An e-mail or phone is
/// filled only with proof, or a stranger could add a handle of theirs and later pass for this person.
pub fn into_found(contact: &mut Contact, known: &Known, proof: Proof) -> Vec<ContactField> {
    let mut kept = Vec::new();
    if fill(&mut contact.name, &known.name, |present, given| fold(present) == fold(given)) {
        kept.push(ContactField::Name);
    }
    for (field, present, given) in [
        (ContactField::Email, &mut contact.email, &known.email),
        (ContactField::Phone, &mut contact.phone, &known.phone),
    ] {
        let kept_it = match proof {
            Proof::Verified => fill(present, given, String::eq),
            Proof::Unverified => given.is_some() && present != given,
        };
        if kept_it {
            kept.push(field);
        }
    }
    if fill(&mut contact.stage, &known.stage, String::eq) {
        kept.push(ContactField::Stage);
    }
    // A person's no is always taken; a yes only where nothing was said before.
    if known.marketing_consent == Some(false) {
        contact.marketing_consent = Some(false);
    } else if fill(&mut contact.marketing_consent, &known.marketing_consent, bool::eq) {
        kept.push(ContactField::MarketingConsent);
    }
    fill_labels(contact, known);
    kept
}

fn fill_labels(contact: &mut Contact, known: &Known) {
    fill(&mut contact.origin, &known.origin, String::eq);
    contact.tags.retain(|tag| !known.retired_tags.iter().any(|retired| fold(retired) == fold(tag)));
    for tag in &known.tags {
        if contact.tags.len() < MOST_TAGS && !contact.tags.iter().any(|present| fold(present) == fold(tag)) {
            contact.tags.push(tag.clone());
        }
    }
}

fn replace<T: Clone>(present: &mut Option<T>, given: &Option<T>) {
    if given.is_some() {
        present.clone_from(given);
    }
}

/// Fills an empty field. Whether another value was kept instead.
fn fill<T: Clone>(present: &mut Option<T>, given: &Option<T>, same: impl Fn(&T, &T) -> bool) -> bool {
    match (present.as_ref(), given) {
        (_, None) => false,
        (None, Some(value)) => {
            *present = Some(value.clone());
            false
        }
        (Some(present), Some(given)) => !same(present, given),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::ContactId;
    use jiff::Timestamp;
    use uuid::Uuid;

    fn contact() -> Contact {
        Contact {
            tags: vec!["plantas".to_owned()],
            ..Contact::new(ContactId(Uuid::nil()), Timestamp::UNIX_EPOCH)
        }
    }

    fn known() -> Known {
        Known {
            name: Some("Ana".to_owned()),
            email: Some("ana@example.com".to_owned()),
            phone: Some("+5511955550101".to_owned()),
            stage: Some("lead".to_owned()),
            tags: vec!["Plantas".to_owned(), "vasos".to_owned()],
            retired_tags: Vec::new(),
            origin: Some("web".to_owned()),
            marketing_consent: Some(true),
        }
    }

    #[test]
    fn the_own_record_takes_corrections_but_no_step_back_to_newcomer() {
        let mut own = Contact {
            name: Some("Anna".to_owned()),
            stage: Some("customer".to_owned()),
            origin: Some("whatsapp".to_owned()),
            ..contact()
        };
        assert_eq!(into_own(&mut own, &known(), "lead"), [ContactField::Stage]);
        assert_eq!((own.name.as_deref(), own.stage.as_deref()), (Some("Ana"), Some("customer")));
        assert_eq!(own.origin.as_deref(), Some("whatsapp"), "the first origin stays");
        assert_eq!(own.tags, ["plantas", "vasos"]);
        let mut new = contact();
        into_own(&mut new, &Known::default(), "lead");
        assert_eq!(new.stage.as_deref(), Some("lead"));
    }

    #[test]
    fn a_found_record_is_filled_but_not_overwritten() {
        let mut found = Contact { name: Some("Ana Souza".to_owned()), email: known().email, ..contact() };
        let kept = into_found(&mut found, &known(), Proof::Unverified);
        assert_eq!(kept, [ContactField::Name, ContactField::Phone]);
        assert_eq!(found.name.as_deref(), Some("Ana Souza"));
        assert_eq!(found.phone, None, "a stranger adds no phone");
        let kept = into_found(&mut found, &known(), Proof::Verified);
        assert_eq!(kept, [ContactField::Name]);
        assert_eq!(found.phone, known().phone);
    }

    #[test]
    fn a_no_to_marketing_is_always_taken() {
        let mut found = Contact { marketing_consent: Some(true), ..contact() };
        into_found(
            &mut found,
            &Known { marketing_consent: Some(false), ..Known::default() },
            Proof::Unverified,
        );
        assert_eq!(found.marketing_consent, Some(false));
        let kept = into_found(
            &mut found,
            &Known { marketing_consent: Some(true), ..Known::default() },
            Proof::Verified,
        );
        assert_eq!(
            (found.marketing_consent, kept.as_slice()),
            (Some(false), [ContactField::MarketingConsent].as_slice())
        );
    }
}
