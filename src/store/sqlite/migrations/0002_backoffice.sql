-- Tables of the embedded back office. A record is JSON; what is searched by stands beside it.

-- What each effect returned the first time.
CREATE TABLE effects (
    key    TEXT NOT NULL PRIMARY KEY,
    kind   TEXT NOT NULL,
    result TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE opportunities (
    id         BLOB    NOT NULL PRIMARY KEY,
    contact_id BLOB    NOT NULL REFERENCES contacts (id),
    created_at INTEGER NOT NULL,
    record     TEXT    NOT NULL
) STRICT;
CREATE INDEX opportunities_of_contact ON opportunities (contact_id, created_at);

CREATE TABLE notes (
    id         BLOB    NOT NULL PRIMARY KEY,
    contact_id BLOB    NOT NULL REFERENCES contacts (id),
    created_at INTEGER NOT NULL,
    record     TEXT    NOT NULL
) STRICT;
CREATE INDEX notes_of_contact ON notes (contact_id, created_at);

CREATE TABLE professionals (id TEXT NOT NULL PRIMARY KEY, record TEXT NOT NULL) STRICT;
CREATE TABLE services (id TEXT NOT NULL PRIMARY KEY, record TEXT NOT NULL) STRICT;

CREATE TABLE appointments (
    id           BLOB    NOT NULL PRIMARY KEY,
    professional TEXT    NOT NULL,
    contact_id   BLOB    NOT NULL REFERENCES contacts (id),
    start_at     INTEGER NOT NULL,
    end_at       INTEGER NOT NULL,
    status       TEXT    NOT NULL CHECK (status IN ('booked', 'cancelled')),
    record       TEXT    NOT NULL,
    CHECK (start_at < end_at)
) STRICT;
CREATE INDEX appointments_of_professional ON appointments (professional, end_at) WHERE status = 'booked';
CREATE INDEX appointments_of_contact ON appointments (contact_id, end_at);
CREATE INDEX appointments_by_end ON appointments (end_at) WHERE status = 'booked';

CREATE TABLE tickets (
    number     INTEGER NOT NULL PRIMARY KEY,
    contact_id BLOB    NOT NULL REFERENCES contacts (id),
    created_at INTEGER NOT NULL,
    record     TEXT    NOT NULL
) STRICT;
CREATE INDEX tickets_of_contact ON tickets (contact_id, created_at);

CREATE TABLE products (sku TEXT NOT NULL PRIMARY KEY, record TEXT NOT NULL) STRICT;

CREATE TABLE orders (
    number     TEXT    NOT NULL PRIMARY KEY,
    contact_id BLOB    NOT NULL REFERENCES contacts (id),
    placed_at  INTEGER NOT NULL,
    record     TEXT    NOT NULL
) STRICT;
CREATE INDEX orders_of_contact ON orders (contact_id, placed_at);

CREATE TABLE coupons (code TEXT NOT NULL PRIMARY KEY, record TEXT NOT NULL) STRICT;
CREATE TABLE shipping_rates (position INTEGER NOT NULL PRIMARY KEY, record TEXT NOT NULL) STRICT;
