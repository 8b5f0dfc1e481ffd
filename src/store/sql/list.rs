//! The list of conversations: where a page goes on, and which words are looked for. Knows no database.

use crate::domain::conversation::Conversation;
use crate::store::conversations::ConversationFilter;
use crate::store::error::StoreError;
use uuid::Uuid;

/// Most characters of a search that are looked for.
const QUERY_CHARACTERS: usize = 200;

/// The place before the first page.
pub(in crate::store) const NEWEST: (i64, Uuid) = (i64::MAX, Uuid::max());

/// The words to look for, if any.
pub(in crate::store) fn words(filter: &ConversationFilter) -> Option<String> {
    let words = filter.query.as_deref().map(str::trim).filter(|words| !words.is_empty());
    words.map(|words| words.chars().take(QUERY_CHARACTERS).collect())
}

/// A place in the list: time of the last activity, and the id where times are equal.
pub(in crate::store) fn cursor_behind(last: &Conversation) -> String {
    format!("{}_{}", last.updated_at.as_millisecond(), last.id)
}

/// Reads a place in the list.
pub(in crate::store) fn read_cursor(cursor: &str) -> Result<(i64, Uuid), StoreError> {
    let parts =
        cursor.split_once('_').and_then(|(time, id)| Some((time.parse().ok()?, Uuid::parse_str(id).ok()?)));
    parts.ok_or_else(|| StoreError::Conflict("the cursor is none of this list".to_owned()))
}
