//! Writes of an import: many rows a statement, so that it holds up no customer.

use crate::domain::contact::Identity;
use crate::store::error::StoreError;
use crate::store::postgres::database::Transaction;
use crate::store::postgres::text::stored;
use crate::store::sql;
use crate::store::sql::import::{Prepared, Table, Value};
use sqlx::{Postgres, QueryBuilder};
use std::collections::HashMap;

/// Rows of one statement; times the columns of the widest table, far below the protocol's limit of parameters.
const ROWS: usize = 500;

/// Writes it.
pub(super) async fn write(prepared: &Prepared, transaction: &mut Transaction) -> Result<(), StoreError> {
    if prepared.replaces_shipping {
        transaction.write(sqlx::query(sql::backoffice::DROP_SHIPPING_RATES)).await?;
    }
    fill(&prepared.contacts, transaction).await?;
    claim(&prepared.identities, transaction).await?;
    for table in &prepared.tables {
        fill(table, transaction).await?;
    }
    Ok(())
}

/// Gives identities to contacts; a conflict if one is another's.
async fn claim(
    identities: &[(Identity, Vec<u8>, i64)],
    transaction: &mut Transaction,
) -> Result<(), StoreError> {
    for some in identities.chunks(ROWS) {
        let mut builder: QueryBuilder<Postgres> =
            QueryBuilder::new("INSERT INTO identities (kind, value, contact_id, linked_at) ");
        builder.push_values(some, |mut tuple, (identity, contact, at)| {
            tuple
                .push_bind(identity.kind.as_str())
                .push_bind(stored(&identity.value))
                .push_bind(contact.as_slice())
                .push_bind(*at);
        });
        builder.push(
            " ON CONFLICT (kind, value) DO UPDATE SET contact_id = excluded.contact_id \
              WHERE identities.contact_id = excluded.contact_id",
        );
        let changed = transaction.write(builder.build().persistent(false)).await?;
        if usize::try_from(changed).ok() != Some(some.len()) {
            return Err(StoreError::Conflict("an e-mail or phone belongs to another contact".to_owned()));
        }
    }
    Ok(())
}

async fn fill(table: &Table, transaction: &mut Transaction) -> Result<(), StoreError> {
    let replacing = table.replacing();
    let rows = if replacing.is_empty() { table.rows.iter().collect() } else { last_of_each_key(table) };
    for some in rows.chunks(ROWS) {
        let mut builder: QueryBuilder<Postgres> =
            QueryBuilder::new(format!("INSERT INTO {} ({}) ", table.name, table.columns.join(", ")));
        builder.push_values(some, |mut tuple, row| {
            for value in row.iter() {
                match value {
                    Value::Text(text) => tuple.push_bind(stored(text)),
                    Value::MaybeText(text) => tuple.push_bind(text.as_deref().map(stored)),
                    Value::Integer(integer) => tuple.push_bind(*integer),
                    Value::MaybeFlag(flag) => tuple.push_bind(*flag),
                    Value::Id(id) => tuple.push_bind(id.as_slice()),
                };
            }
        });
        builder.push(replacing.as_str());
        transaction.write(builder.build().persistent(false)).await?;
    }
    Ok(())
}

/// PostgreSQL replaces no row twice in one statement: of rows with the same key the last one is written, as if each
/// had replaced the one before.
fn last_of_each_key(table: &Table) -> Vec<&Vec<Value>> {
    let last: HashMap<_, _> =
        table.rows.iter().enumerate().map(|(place, row)| (row.first(), place)).collect();
    let is_last = |(place, row): &(usize, &Vec<Value>)| last.get(&row.first()) == Some(place);
    table.rows.iter().enumerate().filter(is_last).map(|(_, row)| row).collect()
}
