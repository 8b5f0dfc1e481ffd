//! The rows of an import: records made into JSON before the database is asked, so that an import holds up no
//! customer. Knows no database.

use crate::domain::contact::{Contact, Identity, IdentityKind};
use crate::store::backoffice::ImportRows;
use crate::store::error::StoreError;
use crate::store::sql::values::{blob, json};
use serde::Serialize;

/// A value of a row.
#[derive(PartialEq, Eq, Hash)]
pub(in crate::store) enum Value {
    Text(String),
    MaybeText(Option<String>),
    Integer(i64),
    MaybeFlag(Option<bool>),
    Id(Vec<u8>),
}

/// Rows for one table, replacing those with the same key.
pub(in crate::store) struct Table {
    /// Its name.
    pub(in crate::store) name: &'static str,
    /// The key first.
    pub(in crate::store) columns: &'static [&'static str],
    /// Values in the order of the columns.
    pub(in crate::store) rows: Vec<Vec<Value>>,
}

/// An import ready to be written.
pub(in crate::store) struct Prepared {
    /// Before everything else: the rest points to them.
    pub(in crate::store) contacts: Table,
    /// Each with its contact and since when.
    pub(in crate::store) identities: Vec<(Identity, Vec<u8>, i64)>,
    /// Everything else.
    pub(in crate::store) tables: Vec<Table>,
    /// Whether the shipping table is emptied first.
    pub(in crate::store) replaces_shipping: bool,
}

impl Prepared {
    /// Makes the records into rows.
    pub(in crate::store) fn of(rows: ImportRows) -> Result<Self, StoreError> {
        let replaces_shipping = !rows.shipping_rates.is_empty();
        let tables = vec![
            table("notes", &["id", "contact_id", "created_at", "record"], &rows.notes, |note| {
                vec![
                    Value::Id(blob(note.id.0)),
                    Value::Id(blob(note.contact.0)),
                    Value::Integer(note.created_at.as_millisecond()),
                ]
            })?,
            table("products", &["sku", "record"], &rows.products, |product| {
                vec![Value::Text(product.sku.clone())]
            })?,
            table("orders", &["number", "contact_id", "placed_at", "record"], &rows.orders, |order| {
                vec![
                    Value::Text(order.number.clone()),
                    Value::Id(blob(order.contact.0)),
                    Value::Integer(order.placed_at.as_millisecond()),
                ]
            })?,
            table("professionals", &["id", "record"], &rows.professionals, |professional| {
                vec![Value::Text(professional.id.clone())]
            })?,
            table("services", &["id", "record"], &rows.services, |service| {
                vec![Value::Text(service.id.clone())]
            })?,
            table(
                "appointments",
                &["id", "professional", "contact_id", "start_at", "end_at", "status", "record"],
                &rows.appointments,
                |appointment| {
                    vec![
                        Value::Id(blob(appointment.id.0)),
                        Value::Text(appointment.professional.clone()),
                        Value::Id(blob(appointment.contact.0)),
                        Value::Integer(appointment.start.as_millisecond()),
                        Value::Integer(appointment.end.as_millisecond()),
                        Value::Text(appointment.status.as_str().to_owned()),
                    ]
                },
            )?,
            table("tickets", &["number", "contact_id", "created_at", "record"], &rows.tickets, |ticket| {
                vec![
                    Value::Integer(ticket.number),
                    Value::Id(blob(ticket.contact.0)),
                    Value::Integer(ticket.created_at.as_millisecond()),
                ]
            })?,
            table("coupons", &["code", "record"], &rows.coupons, |coupon| {
                vec![Value::Text(coupon.code.clone())]
            })?,
            table("shipping_rates", &["record"], &rows.shipping_rates, |_| Vec::new())?,
        ];
        let identities = rows.contacts.iter().flat_map(identities).collect();
        Ok(Self { contacts: contacts(&rows.contacts)?, identities, tables, replaces_shipping })
    }
}

/// The e-mail and phone of a contact, as [`crate::store::contacts::ContactStore::save`] gives them to it.
fn identities(contact: &Contact) -> impl Iterator<Item = (Identity, Vec<u8>, i64)> {
    let handles = [(IdentityKind::Email, &contact.email), (IdentityKind::Phone, &contact.phone)];
    handles.into_iter().filter_map(|(kind, value)| {
        let identity = Identity { kind, value: value.clone()? };
        Some((identity, blob(contact.id.0), contact.updated_at.as_millisecond()))
    })
}

fn contacts(contacts: &[Contact]) -> Result<Table, StoreError> {
    let rows = contacts.iter().map(|contact| {
        Ok(vec![
            Value::Id(blob(contact.id.0)),
            Value::MaybeText(contact.name.clone()),
            Value::MaybeText(contact.email.clone()),
            Value::MaybeText(contact.phone.clone()),
            Value::MaybeText(contact.language.map(|language| language.tag().to_owned())),
            Value::MaybeText(contact.stage.clone()),
            Value::Text(json(&contact.tags)?),
            Value::MaybeText(contact.origin.clone()),
            Value::MaybeFlag(contact.marketing_consent),
            Value::Text(json(&contact.preferences)?),
            Value::Integer(contact.created_at.as_millisecond()),
            Value::Integer(contact.updated_at.as_millisecond()),
        ])
    });
    let columns = &[
        "id",
        "name",
        "email",
        "phone",
        "language",
        "stage",
        "tags",
        "origin",
        "marketing_consent",
        "preferences",
        "created_at",
        "updated_at",
    ];
    Ok(Table { name: "contacts", columns, rows: rows.collect::<Result<_, StoreError>>()? })
}

fn table<T: Serialize>(
    name: &'static str,
    columns: &'static [&'static str],
    records: &[T],
    searched: impl Fn(&T) -> Vec<Value>,
) -> Result<Table, StoreError> {
    let rows = records.iter().map(|record| {
        let mut row = searched(record);
        row.push(Value::Text(json(record)?));
        Ok(row)
    });
    Ok(Table { name, columns, rows: rows.collect::<Result<_, StoreError>>()? })
}

impl Table {
    /// The end of an INSERT that replaces rows with the same key; nothing for a table that has none.
    pub(in crate::store) fn replacing(&self) -> String {
        match self.columns {
            [key, rest @ ..] if !rest.is_empty() => {
                let changes: Vec<_> =
                    rest.iter().map(|column| format!("{column} = excluded.{column}")).collect();
                format!(" ON CONFLICT ({key}) DO UPDATE SET {}", changes.join(", "))
            }
            _ => String::new(),
        }
    }
}
