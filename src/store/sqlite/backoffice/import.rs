//! Writes of an import: many rows a statement, so that it holds up no customer.

use crate::domain::contact::Identity;
use crate::store::error::StoreError;
use crate::store::sql;
use crate::store::sql::import::{Prepared, Table, Value};
use crate::store::sqlite::transaction::Transaction;
use sqlx::{QueryBuilder, Sqlite};

/// Rows of one statement; times the columns of the widest table, far below SQLite's limit of parameters.
const ROWS: usize = 100;

/// Writes it.
pub(super) async fn write(prepared: Prepared, transaction: &mut Transaction) -> Result<(), StoreError> {
    if prepared.replaces_shipping {
        transaction.write(sqlx::query(sql::backoffice::DROP_SHIPPING_RATES)).await?;
    }
    fill(prepared.contacts, transaction).await?;
    claim(prepared.identities, transaction).await?;
    for table in prepared.tables {
        fill(table, transaction).await?;
    }
    Ok(())
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

async fn fill(table: Table, transaction: &mut Transaction) -> Result<(), StoreError> {
    let replacing = table.replacing();
    let Table { name, columns, rows } = table;
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
                    Value::MaybeFlag(flag) => tuple.push_bind(flag),
                    Value::Id(id) => tuple.push_bind(id),
                };
            }
        });
        builder.push(replacing.as_str());
        transaction.write(builder.build().persistent(false)).await?;
    }
    Ok(())
}
