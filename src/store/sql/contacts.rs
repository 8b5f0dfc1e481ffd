//! Texts about people and their identities.

/// One contact. `$1` id.
pub(in crate::store) const GET: &str = concat!("SELECT ", contact_columns!(), " FROM contacts WHERE id = $1");

/// The contact of an identity. `$1` kind, `$2` value.
pub(in crate::store) const FIND: &str = concat!(
    "SELECT ",
    contact_columns!(),
    " FROM contacts WHERE id = (SELECT contact_id FROM identities WHERE kind = $1 AND value = $2)"
);

/// Whose an identity is. `$1` kind, `$2` value.
pub(in crate::store) const OWNER_OF_IDENTITY: &str =
    "SELECT contact_id FROM identities WHERE kind = $1 AND value = $2";

/// The identities of a contact. `$1` contact.
pub(in crate::store) const IDENTITIES: &str =
    "SELECT kind, value FROM identities WHERE contact_id = $1 ORDER BY kind, value";

/// Writes a contact as given, unless they were forgotten and what is written was under way. `$1` … `$12` as the columns.
pub(in crate::store) const SAVE: &str = "
    INSERT INTO contacts (id, name, email, phone, language, stage, tags, origin, marketing_consent, preferences,
        created_at, updated_at)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
    WHERE EXISTS (SELECT 1 FROM contacts WHERE contacts.id = $1)
        OR NOT EXISTS (SELECT 1 FROM erasures WHERE erasures.contact_id = $1)
    ON CONFLICT (id) DO UPDATE SET
        name = excluded.name, email = excluded.email, phone = excluded.phone, language = excluded.language,
        stage = excluded.stage, tags = excluded.tags, origin = excluded.origin,
        marketing_consent = excluded.marketing_consent, preferences = excluded.preferences,
        created_at = excluded.created_at, updated_at = excluded.updated_at";

/// Makes a contact unless there is one of that id. `$1` id, `$2` name, `$3` e-mail, `$4` phone, `$5` language,
/// `$6` origin, `$7` time.
pub(in crate::store) const MAKE: &str = "
    INSERT INTO contacts (id, name, email, phone, language, tags, origin, preferences, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, '[]', $6, '[]', $7, $7)
    ON CONFLICT (id) DO NOTHING";

/// Gives an identity to a contact; no row if it is another's. `$1` kind, `$2` value, `$3` contact, `$4` time.
pub(in crate::store) const CLAIM_IDENTITY: &str = "
    INSERT INTO identities (kind, value, contact_id, linked_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (kind, value) DO UPDATE SET contact_id = excluded.contact_id
        WHERE identities.contact_id = excluded.contact_id
    RETURNING contact_id";

/// Points an identity to a contact, away from whoever had it. `$1` kind, `$2` value, `$3` contact, `$4` time.
pub(in crate::store) const LINK: &str = "
    INSERT INTO identities (kind, value, contact_id, linked_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (kind, value) DO UPDATE SET contact_id = excluded.contact_id, linked_at = excluded.linked_at";

/// Takes an identity away from a contact, if it is theirs. `$1` kind, `$2` value, `$3` contact.
pub(in crate::store) const UNLINK: &str =
    "DELETE FROM identities WHERE kind = $1 AND value = $2 AND contact_id = $3";

/// Takes a primary e-mail away from a contact that lost it. `$1` e-mail, `$2` contact, `$3` time.
pub(in crate::store) const DROP_EMAIL: &str =
    "UPDATE contacts SET email = NULL, updated_at = $3 WHERE id = $2 AND email = $1";

/// Takes a primary phone away from a contact that lost it. `$1` phone, `$2` contact, `$3` time.
pub(in crate::store) const DROP_PHONE: &str =
    "UPDATE contacts SET phone = NULL, updated_at = $3 WHERE id = $2 AND phone = $1";

/// What a contact asked us to remember. `$1` contact.
pub(in crate::store) const PREFERENCES: &str = "SELECT preferences FROM contacts WHERE id = $1";

/// Records what a contact asked us to remember. `$1` contact, `$2` preferences, `$3` time.
pub(in crate::store) const SET_PREFERENCES: &str = "
    UPDATE contacts SET preferences = $2, updated_at = CASE WHEN updated_at > $3 THEN updated_at ELSE $3 END
    WHERE id = $1";

/// Contacts by creation. `$1` limit.
pub(in crate::store) const FIRST: &str =
    concat!("SELECT ", contact_columns!(), " FROM contacts ORDER BY created_at, id LIMIT $1");

/// Contacts created after one. `$1` that one, `$2` limit.
pub(in crate::store) const AFTER: &str = concat!(
    "SELECT ",
    contact_columns!(),
    " FROM contacts
      WHERE (created_at, id) > (SELECT last.created_at, last.id FROM contacts AS last WHERE last.id = $1)
      ORDER BY created_at, id LIMIT $2"
);
