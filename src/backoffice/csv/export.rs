//! Writes the back office as the files that `import` reads: absolute dates, customers by e-mail, phone or id.
//! Contacts without e-mail and phone (visitors of the web page) stand in no `customers.csv`.

use super::columns::Kind;
use super::people::{Customer, Person, write_person};
use super::write::RowWriter;
use super::{Shop, agenda, orders, products, tickets};
use crate::domain::contact::Contact;
use jiff::Timestamp;
use std::io::Write;

/// How many rows are fetched at once.
const PAGE: u32 = 500;
/// How many notes of a contact are written.
const MOST_NOTES: u32 = 1_000;

/// Writes every record of a kind. How many rows there are.
///
/// # Errors
/// If the store or the writer fails.
pub async fn export<W: Write>(kind: Kind, shop: &Shop, to: W) -> anyhow::Result<usize> {
    let mut rows = RowWriter::begin(kind, to)?;
    let (records, zone) = (&shop.records, &shop.zone);
    match kind {
        Kind::Products => {
            for product in records.products().await? {
                rows.row(&products::write_product(&product))?;
            }
        }
        Kind::Contacts => {
            let mut after = None;
            while let Some(page) = contacts(shop, after).await? {
                after = page.last().map(|contact| contact.id);
                for contact in
                    page.into_iter().filter(|contact| !matches!(Customer::of(contact), Customer::Id(_)))
                {
                    let notes = records.notes(contact.id, MOST_NOTES).await?;
                    let notes = notes.into_iter().rev().map(|note| note.text).collect();
                    rows.row(&write_person(&Person { contact, notes }, zone))?;
                }
            }
        }
        Kind::Services => {
            for service in records.services().await? {
                rows.row(&agenda::write_service(&service))?;
            }
        }
        Kind::Professionals => {
            for professional in records.professionals().await? {
                rows.row(&agenda::write_professional(&professional))?;
            }
        }
        Kind::Orders => {
            let mut after: Option<String> = None;
            loop {
                let page = records.all_orders(after.as_deref(), PAGE).await?;
                for order in &page {
                    rows.row(&orders::write_order(order, zone))?;
                }
                let Some(last) = page.into_iter().next_back() else { break };
                after = Some(last.number);
            }
        }
        Kind::Appointments => {
            let mut after = None;
            while let Some(page) = contacts(shop, after).await? {
                after = page.last().map(|contact| contact.id);
                for contact in page {
                    for appointment in records.appointments_of(contact.id, Timestamp::MIN).await? {
                        rows.row(&agenda::write_appointment(&appointment, &Customer::of(&contact), zone))?;
                    }
                }
            }
        }
        Kind::Tickets => {
            let mut after = None;
            while let Some(page) = contacts(shop, after).await? {
                after = page.last().map(|contact| contact.id);
                for contact in page {
                    for ticket in records.tickets(contact.id).await? {
                        rows.row(&tickets::write_ticket(&ticket, &Customer::of(&contact), zone))?;
                    }
                }
            }
        }
        Kind::Coupons => {
            for coupon in records.coupons().await? {
                rows.row(&products::write_coupon(&coupon))?;
            }
        }
        Kind::Shipping => {
            for rate in records.shipping_rates().await? {
                rows.row(&products::write_shipping(&rate))?;
            }
        }
    }
    rows.finish()
}

/// The next page of contacts; `None` behind the last.
async fn contacts(
    shop: &Shop,
    after: Option<crate::domain::ids::ContactId>,
) -> anyhow::Result<Option<Vec<Contact>>> {
    let page = shop.contacts.list(after, PAGE).await?;
    Ok((!page.is_empty()).then_some(page))
}
