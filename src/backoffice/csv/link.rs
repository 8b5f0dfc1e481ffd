//! Ties imported rows to people: whoever is on file already keeps their id, everybody else gets the one that
//! their handle stands for. Refuses what would give one handle to two people.

use super::Shop;
use super::book::Booking;
use super::import::{Draft, Placed};
use super::people::{Customer, Person, contact_id, stranger};
use super::report::Problems;
use crate::domain::contact::{Contact, Identity, IdentityKind};
use crate::domain::handle::phone_forms;
use crate::domain::ids::ContactId;
use crate::store::backoffice::ImportRows;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};

/// Fills `write` with contacts, notes, and everything that belongs to somebody.
pub async fn people(
    draft: &mut Draft,
    bookings: Vec<Booking>,
    shop: &Shop,
    now: Timestamp,
    write: &mut ImportRows,
    problems: &mut Problems,
) -> anyhow::Result<()> {
    let mut known = Known { shop, now, ids: HashMap::new(), handles: HashSet::new() };
    let mut good = Vec::new();
    for placed in std::mem::take(&mut draft.people) {
        if let Some(contact) = known.add_person(&placed, problems).await? {
            write.notes.extend(placed.value.notes_on(contact.id));
            write.contacts.push(contact);
            good.push(placed);
        }
    }
    draft.people = good;
    for mut placed in std::mem::take(&mut draft.orders) {
        if placed.value.email.is_empty() {
            let before = shop.records.order(&placed.value.number).await?;
            match before.filter(|order| order.email.is_empty()) {
                Some(nobodys) => placed.value.contact = nobodys.contact,
                None => write.contacts.push(Contact::new(placed.value.contact, now)),
            }
            write.orders.push(placed.value);
            continue;
        }
        let customer = Customer::Email(placed.value.email.clone());
        if let Some(id) = known.id_of(&customer, write).await? {
            placed.value.contact = id;
            write.orders.push(placed.value);
        }
    }
    for booking in bookings {
        let Some(id) = known.id_of(&booking.value.1, write).await? else {
            booking.problem(problems, "customer_email", NO_CONTACT);
            continue;
        };
        let (mut appointment, _) = booking.value;
        appointment.contact = id;
        write.appointments.push(appointment);
    }
    for placed in std::mem::take(&mut draft.tickets) {
        let Some(id) = known.id_of(&placed.value.1, write).await? else {
            placed.problem(problems, "customer_email", NO_CONTACT);
            continue;
        };
        let (mut ticket, _) = placed.value;
        ticket.contact = id;
        write.tickets.push(ticket);
    }
    Ok(())
}

const NO_CONTACT: &str = "there is no contact with this id";

/// Who is who so far.
struct Known<'a> {
    shop: &'a Shop,
    now: Timestamp,
    /// From the id a handle stands for to the id its owner has.
    ids: HashMap<ContactId, ContactId>,
    /// E-mails and phones that a row of the import has.
    handles: HashSet<String>,
}

impl Known<'_> {
    /// The contact to write for a row of `customers.csv`; `None` if the row cannot be.
    async fn add_person(
        &mut self,
        placed: &Placed<Person>,
        problems: &mut Problems,
    ) -> anyhow::Result<Option<Contact>> {
        let person = &placed.value;
        let before = problems.count();
        for (column, handle) in [("email", &person.contact.email), ("phone", &person.contact.phone)] {
            if let Some(handle) = handle
                && !self.handles.insert(handle.clone())
            {
                placed.problem(problems, column, "another row has the same");
            }
        }
        let by_email = match &person.contact.email {
            Some(email) => self.find(&Customer::Email(email.clone())).await?,
            None => None,
        };
        let by_phone = match &person.contact.phone {
            Some(phone) => self.find(&Customer::Phone(phone.clone())).await?,
            None => None,
        };
        let is_other = match (&by_email, &by_phone) {
            (Some(one), Some(other)) => one.id != other.id,
            (None, Some(other)) => person.contact.email.is_some() && other.email.is_some(),
            (_, None) => false,
        };
        if is_other {
            placed.problem(problems, "phone", "is on file for somebody with another e-mail");
        }
        if problems.count() != before {
            return Ok(None);
        }
        let contact = match by_email.or(by_phone) {
            Some(present) => person.over(present),
            None => person.contact.clone(),
        };
        for handle in [&person.contact.email, &person.contact.phone].into_iter().flatten() {
            self.ids.insert(contact_id(handle), contact.id);
        }
        Ok(Some(contact))
    }

    /// The id of a customer; somebody unknown is made. `None` if they are named by an id that nobody has.
    async fn id_of(
        &mut self,
        customer: &Customer,
        write: &mut ImportRows,
    ) -> anyhow::Result<Option<ContactId>> {
        if let Some(id) = self.ids.get(&customer.id()) {
            return Ok(Some(*id));
        }
        let id = match (self.find(customer).await?, customer) {
            (Some(contact), _) => contact.id,
            (None, Customer::Id(_)) => return Ok(None),
            (None, Customer::Email(_) | Customer::Phone(_)) => {
                let contact = stranger(customer, self.now);
                let id = contact.id;
                write.contacts.push(contact);
                id
            }
        };
        self.ids.insert(customer.id(), id);
        Ok(Some(id))
    }

    async fn find(&self, customer: &Customer) -> anyhow::Result<Option<Contact>> {
        let contacts = &self.shop.contacts;
        match customer {
            Customer::Id(id) => Ok(contacts.get(*id).await?),
            Customer::Email(email) => {
                let identity = Identity { kind: IdentityKind::Email, value: email.clone() };
                Ok(contacts.find(&identity).await?)
            }
            Customer::Phone(phone) => {
                for value in phone_forms(phone) {
                    let identity = Identity { kind: IdentityKind::Phone, value };
                    if let Some(contact) = contacts.find(&identity).await? {
                        return Ok(Some(contact));
                    }
                }
                Ok(None)
            }
        }
    }
}
