-- The outbox: what was said, to whom, and what arrived. Not the ledger: it may be deleted, and then begins anew.
CREATE TABLE message (
    number INTEGER PRIMARY KEY,
    made_ns INTEGER NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    severity TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX message_key ON message (key, kind);
-- What was told and is not over.
CREATE TABLE standing (
    key TEXT NOT NULL PRIMARY KEY,
    severity TEXT NOT NULL,
    text TEXT NOT NULL,
    begun_ns INTEGER NOT NULL,
    remind_ns INTEGER NOT NULL,
    gap_ns INTEGER NOT NULL
);
-- One row a message and target. A row that is `sending` when a process begins was cut off: it may have arrived.
CREATE TABLE delivery (
    number INTEGER NOT NULL REFERENCES message (number),
    target TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('due', 'sending', 'sent')),
    not_before_ns INTEGER NOT NULL,
    sent_ns INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    repeat INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (number, target)
);
CREATE INDEX delivery_due ON delivery (target, not_before_ns) WHERE state <> 'sent';
-- How far the journal was read, and of which ledger. The last day of which there was a statement.
CREATE TABLE mark (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);
-- A difference between a venue and the ledger that a person answers for.
CREATE TABLE signed (
    difference TEXT NOT NULL PRIMARY KEY,
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    at_ns INTEGER NOT NULL
);
PRAGMA user_version = 1;
