//! Texts about the embedded back office. A record is JSON; the columns beside it are what is searched by.

/// What an effect returned. `$1` key.
pub(in crate::store) const EFFECT: &str = "SELECT kind, result FROM effects WHERE key = $1";
/// Keeps what an effect returned. `$1` key, `$2` kind, `$3` result.
pub(in crate::store) const KEEP_EFFECT: &str = "INSERT INTO effects (key, kind, result) VALUES ($1, $2, $3)";

/// Writes an opportunity. `$1` id, `$2` contact, `$3` made at, `$4` record.
pub(in crate::store) const SAVE_OPPORTUNITY: &str = "
    INSERT INTO opportunities (id, contact_id, created_at, record) VALUES ($1, $2, $3, $4)
    ON CONFLICT (id) DO UPDATE SET
        contact_id = excluded.contact_id, created_at = excluded.created_at, record = excluded.record";
/// Opportunities of a contact, newest first. `$1` contact.
pub(in crate::store) const OPPORTUNITIES: &str =
    "SELECT record FROM opportunities WHERE contact_id = $1 ORDER BY created_at DESC, id DESC";
/// Adds a note. `$1` id, `$2` contact, `$3` made at, `$4` record.
pub(in crate::store) const ADD_NOTE: &str =
    "INSERT INTO notes (id, contact_id, created_at, record) VALUES ($1, $2, $3, $4)";
/// Notes of a contact, newest first. `$1` contact, `$2` limit.
pub(in crate::store) const NOTES: &str =
    "SELECT record FROM notes WHERE contact_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2";

/// Everybody who can be booked.
pub(in crate::store) const PROFESSIONALS: &str = "SELECT record FROM professionals ORDER BY id";
/// Everything that can be booked.
pub(in crate::store) const SERVICES: &str = "SELECT record FROM services ORDER BY id";
/// Standing appointments that overlap a span. `$1` from, `$2` until.
pub(in crate::store) const APPOINTMENTS_BETWEEN: &str = "
    SELECT record FROM appointments WHERE status = 'booked' AND end_at > $1 AND start_at < $2
    ORDER BY start_at, id";
/// Appointments of a contact. `$1` contact, `$2` they end after.
pub(in crate::store) const APPOINTMENTS_OF: &str =
    "SELECT record FROM appointments WHERE contact_id = $1 AND end_at > $2 ORDER BY start_at, id";
/// One appointment. `$1` id.
pub(in crate::store) const APPOINTMENT: &str = "SELECT record FROM appointments WHERE id = $1";
/// Books, unless the time is taken. `$1` id, `$2` professional, `$3` contact, `$4` start, `$5` end, `$6` status,
/// `$7` record.
pub(in crate::store) const BOOK: &str = "
    INSERT INTO appointments (id, professional, contact_id, start_at, end_at, status, record)
    SELECT $1, $2, $3, $4, $5, $6, $7
    WHERE NOT EXISTS (
        SELECT 1 FROM appointments
        WHERE professional = $2 AND status = 'booked' AND end_at > $4 AND start_at < $5)";
/// Moves a standing appointment, unless the time is taken by another. `$1` id, `$2` professional, `$3` start,
/// `$4` end, `$5` record.
pub(in crate::store) const MOVE: &str = "
    UPDATE appointments SET professional = $2, start_at = $3, end_at = $4, record = $5
    WHERE id = $1 AND status = 'booked' AND NOT EXISTS (
        SELECT 1 FROM appointments AS other
        WHERE other.professional = $2 AND other.status = 'booked' AND other.end_at > $3 AND other.start_at < $4
          AND other.id <> $1)";
/// Calls an appointment off. `$1` id, `$2` record.
pub(in crate::store) const CANCEL: &str =
    "UPDATE appointments SET status = 'cancelled', record = $2 WHERE id = $1";

/// The number of the next ticket.
pub(in crate::store) const NEXT_TICKET: &str =
    "SELECT CASE WHEN MAX(number) > 5000 THEN MAX(number) ELSE 5000 END + 1 FROM tickets";
/// Opens a ticket. `$1` number, `$2` contact, `$3` made at, `$4` record.
pub(in crate::store) const CREATE_TICKET: &str =
    "INSERT INTO tickets (number, contact_id, created_at, record) VALUES ($1, $2, $3, $4)";
/// One ticket. `$1` number.
pub(in crate::store) const TICKET: &str = "SELECT record FROM tickets WHERE number = $1";
/// Tickets of a contact, newest first. `$1` contact.
pub(in crate::store) const TICKETS: &str =
    "SELECT record FROM tickets WHERE contact_id = $1 ORDER BY created_at DESC, number DESC";
/// Changes a ticket. `$1` number, `$2` record.
pub(in crate::store) const CHANGE_TICKET: &str = "UPDATE tickets SET record = $2 WHERE number = $1";

/// Every product.
pub(in crate::store) const PRODUCTS: &str = "SELECT record FROM products ORDER BY sku";
/// One order. `$1` number.
pub(in crate::store) const ORDER: &str = "SELECT record FROM orders WHERE number = $1";
/// Orders of a contact, newest first. `$1` contact.
pub(in crate::store) const ORDERS: &str =
    "SELECT record FROM orders WHERE contact_id = $1 ORDER BY placed_at DESC, number DESC";
/// Orders by number. `$1` behind this number, `$2` limit.
pub(in crate::store) const ALL_ORDERS: &str =
    "SELECT record FROM orders WHERE number > $1 ORDER BY number LIMIT $2";
/// Every coupon.
pub(in crate::store) const COUPONS: &str = "SELECT record FROM coupons ORDER BY code";
/// The shipping table, in the order it was given.
pub(in crate::store) const SHIPPING_RATES: &str = "SELECT record FROM shipping_rates ORDER BY position";
/// Empties the shipping table.
pub(in crate::store) const DROP_SHIPPING_RATES: &str = "DELETE FROM shipping_rates";

/// Whether any table has a row.
pub(in crate::store) const ANYTHING: &str = "
    SELECT CASE WHEN EXISTS (SELECT 1 FROM effects) OR EXISTS (SELECT 1 FROM opportunities)
        OR EXISTS (SELECT 1 FROM notes) OR EXISTS (SELECT 1 FROM professionals)
        OR EXISTS (SELECT 1 FROM services) OR EXISTS (SELECT 1 FROM appointments)
        OR EXISTS (SELECT 1 FROM tickets) OR EXISTS (SELECT 1 FROM products)
        OR EXISTS (SELECT 1 FROM orders) OR EXISTS (SELECT 1 FROM coupons)
        OR EXISTS (SELECT 1 FROM shipping_rates)
    THEN 1 ELSE 0 END";
