//! Writes of an import: records are made into JSON before the writer is asked, then written many rows a
//! statement, so that an import holds up no customer.

use crate::domain::contact::{Contact, Identity, IdentityKind};
use crate::store::backoffice::ImportRows;
use crate::store::error::StoreError;
use crate::store::sql;
use crate::store::sqlite::rows::{blob, json};
use crate::store::sqlite::transaction::Transaction;
use serde::Serialize;
use sqlx::{QueryBuilder, Sqlite};

/// Rows of one statement; times the columns of the widest table, far below SQLite's limit of parameters.
const ROWS: usize = 100;

/// A value of a row.
enum Value {
    Text(String),
    MaybeText(Option<String>),
    Integer(i64),
    MaybeInteger(Option<i64>),
    Id(Vec<u8>),
}

/// Rows for one table, replacing those with the same key.
struct Table {
    name: &'static str,
    /// The key first.
    columns: &'static [&'static str],
    rows: Vec<Vec<Value>>,
}

/// An import ready to be written.
pub(super) struct Prepared {
    contacts: Table,
    identities: Vec<(Identity, Vec<u8>, i64)>,
    tables: Vec<Table>,
    replaces_shipping: bool,
}

impl Prepared {
    /// Makes the records into rows.
    pub(super) fn of(rows: ImportRows) -> Result<Self, StoreError> {
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

    /// Writes them.
    pub(super) async fn write(self, transaction: &mut Transaction) -> Result<(), StoreError> {
        if self.replaces_shipping {
            transaction.write(sqlx::query(sql::backoffice::DROP_SHIPPING_RATES)).await?;
        }
        self.contacts.write(transaction).await?;
        claim(self.identities, transaction).await?;
        for table in self.tables {
            table.write(transaction).await?;
        }
        Ok(())
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
            Value::MaybeInteger(contact.marketing_consent.map(i64::from)),
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

/// Gives identities to contacts; a conflict if one is another's.
async fn claim(
    identities: Vec<(Identity, Vec<u8>, i64)>,
    transaction: &mut Transaction,
) -> Result<(), StoreError> {
    let mut identities = identities.into_iter().peekable();
    while identities.peek().is_some() {
        let mut asked = 0_u64;
        let mut builder: QueryBuilder<Sqlite> =
            QueryBuilder::new("INSERT INTO identities (kind, value, contact_id, linked_at) ");
        builder.push_values(identities.by_ref().take(ROWS), |mut tuple, (identity, contact, at)| {
            asked += 1;
            tuple
                .push_bind(identity.kind.as_str())
                .push_bind(identity.value)
                .push_bind(contact)
                .push_bind(at);
        });
        builder.push(
            " ON CONFLICT (kind, value) DO UPDATE SET contact_id = excluded.contact_id \
              WHERE identities.contact_id = excluded.contact_id",
        );
        if transaction.write(builder.build().persistent(false)).await? != asked {
            return Err(StoreError::Conflict("an e-mail or phone belongs to another contact".to_owned()));
        }
    }
    Ok(())
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
    async fn write(self, transaction: &mut Transaction) -> Result<(), StoreError> {
        let Self { name, columns, rows } = self;
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let mut builder: QueryBuilder<Sqlite> =
                QueryBuilder::new(format!("INSERT INTO {name} ({}) ", columns.join(", ")));
            builder.push_values(rows.by_ref().take(ROWS), |mut tuple, row| {
                for value in row {
                    match value {
                        Value::Text(text) => tuple.push_bind(text),
                        Value::MaybeText(text) => tuple.push_bind(text),
                        Value::Integer(integer) => tuple.push_bind(integer),
                        Value::MaybeInteger(integer) => tuple.push_bind(integer),
                        Value::Id(id) => tuple.push_bind(id),
                    };
                }
            });
            if let [key, rest @ ..] = columns
                && !rest.is_empty()
            {
                let changes: Vec<_> =
                    rest.iter().map(|column| format!("{column} = excluded.{column}")).collect();
                builder.push(format!(" ON CONFLICT ({key}) DO UPDATE SET {}", changes.join(", ")));
            }
            transaction.write(builder.build().persistent(false)).await?;
        }
        Ok(())
    }
}
