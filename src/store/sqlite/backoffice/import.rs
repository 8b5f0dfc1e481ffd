//! Writes of an import: many rows a statement, so that it holds up no customer.

use crate::domain::contact::Identity;
use crate::store::error::StoreError;
use crate::store::sql;
use crate::store::sql::import::{Prepared, Table, Value};
use crate::store::sqlite::statement::{Statement, query};
use crate::store::sqlite::transaction::Transaction;

/// Rows of one statement; times the columns of the widest table, far below SQLite's limit of parameters.
const ROWS: usize = 100;

/// Writes it.
pub(super) fn write(prepared: Prepared, transaction: &mut Transaction) -> Result<(), StoreError> {
    if prepared.replaces_shipping {
        transaction.write(query(sql::backoffice::DROP_SHIPPING_RATES))?;
    }
    fill(prepared.contacts, transaction)?;
    claim(prepared.identities, transaction)?;
    for table in prepared.tables {
        fill(table, transaction)?;
    }
    Ok(())
}

/// Gives identities to contacts; a conflict if one is another's.
fn claim(identities: Vec<(Identity, Vec<u8>, i64)>, transaction: &mut Transaction) -> Result<(), StoreError> {
    let mut identities = identities.into_iter();
    while identities.len() > 0 {
        let count = identities.len().min(ROWS);
        let mut statement = query(format!(
            "INSERT INTO identities (kind, value, contact_id, linked_at) VALUES {} \
             ON CONFLICT (kind, value) DO UPDATE SET contact_id = excluded.contact_id \
             WHERE identities.contact_id = excluded.contact_id",
            tuples(count, 4)
        ));
        for (identity, contact, at) in identities.by_ref().take(count) {
            statement = statement.bind(identity.kind.as_str()).bind(identity.value).bind(contact).bind(at);
        }
        if transaction.write(statement)? != count as u64 {
            return Err(StoreError::Conflict("an e-mail or phone belongs to another contact".to_owned()));
        }
    }
    Ok(())
}

fn fill(table: Table, transaction: &mut Transaction) -> Result<(), StoreError> {
    let replacing = table.replacing();
    let Table { name, columns, rows } = table;
    let mut rows = rows.into_iter();
    while rows.len() > 0 {
        let count = rows.len().min(ROWS);
        let statement = query(format!(
            "INSERT INTO {name} ({}) VALUES {}{replacing}",
            columns.join(", "),
            tuples(count, columns.len())
        ));
        transaction.write(rows.by_ref().take(count).flatten().fold(statement, bind))?;
    }
    Ok(())
}

fn bind(statement: Statement, value: Value) -> Statement {
    match value {
        Value::Text(text) => statement.bind(text),
        Value::MaybeText(text) => statement.bind(text),
        Value::Integer(integer) => statement.bind(integer),
        Value::MaybeFlag(flag) => statement.bind(flag),
        Value::Id(id) => statement.bind(id),
    }
}

/// `($1, $2), ($3, $4)` for two rows of two columns.
fn tuples(rows: usize, columns: usize) -> String {
    let tuple = |row: usize| {
        let parameters: Vec<_> = (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
        format!("({})", parameters.join(", "))
    };
    (0..rows).map(tuple).collect::<Vec<_>>().join(", ")
}
