//! Writes of the embedded CRM.

use crate::domain::crm::{Note, Opportunity};
use crate::store::error::StoreError;
use crate::store::sql;
use crate::store::sql::values::{blob, json};
use crate::store::sqlite::statement::query;
use crate::store::sqlite::transaction::Transaction;

pub(super) fn save_opportunity(
    transaction: &mut Transaction,
    opportunity: Opportunity,
) -> Result<Opportunity, StoreError> {
    let statement = query(sql::backoffice::SAVE_OPPORTUNITY)
        .bind(blob(opportunity.id.0))
        .bind(blob(opportunity.contact.0))
        .bind(opportunity.created_at.as_millisecond())
        .bind(json(&opportunity)?);
    transaction.write(statement)?;
    Ok(opportunity)
}

pub(super) fn add_note(transaction: &mut Transaction, note: Note) -> Result<Note, StoreError> {
    let statement = query(sql::backoffice::ADD_NOTE)
        .bind(blob(note.id.0))
        .bind(blob(note.contact.0))
        .bind(note.created_at.as_millisecond())
        .bind(json(&note)?);
    transaction.write(statement)?;
    Ok(note)
}
