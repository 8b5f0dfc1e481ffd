//! Writes of the embedded CRM.

use crate::domain::crm::{Note, Opportunity};
use crate::store::error::StoreError;
use crate::store::postgres::database::Transaction;
use crate::store::postgres::text::json;
use crate::store::sql;
use crate::store::sql::values::blob;

pub(super) async fn save_opportunity(
    transaction: &mut Transaction,
    opportunity: Opportunity,
) -> Result<Opportunity, StoreError> {
    let statement = sqlx::query(sql::backoffice::SAVE_OPPORTUNITY)
        .bind(blob(opportunity.id.0))
        .bind(blob(opportunity.contact.0))
        .bind(opportunity.created_at.as_millisecond())
        .bind(json(&opportunity)?);
    transaction.write(statement).await?;
    Ok(opportunity)
}

pub(super) async fn add_note(transaction: &mut Transaction, note: Note) -> Result<Note, StoreError> {
    let statement = sqlx::query(sql::backoffice::ADD_NOTE)
        .bind(blob(note.id.0))
        .bind(blob(note.contact.0))
        .bind(note.created_at.as_millisecond())
        .bind(json(&note)?);
    transaction.write(statement).await?;
    Ok(note)
}
