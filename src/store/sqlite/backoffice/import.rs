//! Writes of an import: records are made into JSON before the writer is asked, then written many rows a
//! statement, so that an import holds up no customer.

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
    Integer(i64),
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
    tables: Vec<Table>,
    replaces_shipping: bool,
}

impl Prepared {
    /// Makes the records into rows.
    pub(super) fn of(rows: ImportRows) -> Result<Self, StoreError> {
        let replaces_shipping = !rows.shipping_rates.is_empty();
        let tables = vec![
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
        Ok(Self { tables, replaces_shipping })
    }

    /// Writes them.
    pub(super) async fn write(self, transaction: &mut Transaction) -> Result<(), StoreError> {
        if self.replaces_shipping {
            transaction.write(sqlx::query(sql::backoffice::DROP_SHIPPING_RATES)).await?;
        }
        for table in self.tables {
            table.write(transaction).await?;
        }
        Ok(())
    }
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
                        Value::Integer(integer) => tuple.push_bind(integer),
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
