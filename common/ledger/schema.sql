-- The ledger of the fleet, and its laws. Whoever writes, from whatever process, is bound by the triggers below.
--
-- What SQL adds up is INTEGER (micro-USD `_uusd`, nanoseconds `_ns`); what only Python reads exactly is TEXT (decimals).
-- Conditions are written so that a missing row (NULL) refuses: `(a <= b) IS NOT 1`.
-- INSERT OR REPLACE would delete the old row without firing delete triggers, so every insert guard looks for it first;
-- WITHOUT ROWID leaves no hidden key to replace by. Every open of the file compares triggers and views with this text.

CREATE TABLE schema_version (
    version INTEGER NOT NULL PRIMARY KEY,
    at_ns INTEGER NOT NULL,
    code_version TEXT NOT NULL
);

-- Part of every client id, so that ids never repeat: the last row counts. A new file begins with one; putting back an
-- older copy, or a power cut, adds one, because deals that the file does not know may have used its next ids.
CREATE TABLE incarnation (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    name TEXT NOT NULL UNIQUE,
    created_ns INTEGER NOT NULL
);

-- attempts_from: running numbers of orders below this may have been used by orders that this file does not know. A deal
-- that comes in with more than 0 was rebuilt from what the venues tell. code_version: the program that opened it.
CREATE TABLE deal (
    deal_id TEXT NOT NULL PRIMARY KEY,
    market TEXT NOT NULL,
    number INTEGER NOT NULL,
    direction INTEGER NOT NULL CHECK (direction IN (1, -1)),
    size TEXT NOT NULL,
    state TEXT NOT NULL,
    held_uusd INTEGER NOT NULL,
    edge_uusd INTEGER NOT NULL,
    opened_ns INTEGER NOT NULL,
    changed_ns INTEGER NOT NULL,
    attempts_from INTEGER NOT NULL DEFAULT 0,
    code_version TEXT NOT NULL DEFAULT '',
    UNIQUE (market, number)
) WITHOUT ROWID;

CREATE INDEX deal_live ON deal (direction, market) WHERE state IN ('OPENING', 'OPEN', 'CLOSING', 'STUCK');
CREATE INDEX deal_held ON deal (held_uusd) WHERE held_uusd > 0;
CREATE INDEX deal_opened ON deal (opened_ns, market);

-- code_version, config_hash: the program that wrote the order, and the settings that it went by.
CREATE TABLE orders (
    client_id TEXT NOT NULL PRIMARY KEY,
    deal_id TEXT NOT NULL REFERENCES deal (deal_id),
    seq INTEGER NOT NULL,
    venue TEXT NOT NULL,
    market TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
    purpose TEXT NOT NULL CHECK (purpose IN ('OPEN', 'CLOSE', 'EVEN')),
    size TEXT NOT NULL,
    limit_price TEXT NOT NULL,
    lifetime TEXT NOT NULL,
    reduce_only INTEGER NOT NULL,
    created_ns INTEGER NOT NULL,
    state TEXT NOT NULL,
    venue_order_id TEXT,
    reported_size TEXT,
    reason TEXT NOT NULL,
    code_version TEXT NOT NULL DEFAULT '',
    config_hash TEXT NOT NULL DEFAULT '',
    UNIQUE (deal_id, seq)
) WITHOUT ROWID;

CREATE INDEX orders_unfinished ON orders (market) WHERE state <> 'DONE';

CREATE TABLE fill (
    seq INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    venue TEXT NOT NULL,
    fill_id TEXT NOT NULL,
    client_id TEXT NOT NULL REFERENCES orders (client_id),
    side TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
    price TEXT NOT NULL,
    size TEXT NOT NULL,
    fee_uusd INTEGER NOT NULL,
    venue_ns INTEGER NOT NULL,
    at_ns INTEGER NOT NULL,
    UNIQUE (venue, fill_id)
);

CREATE INDEX fill_client_id ON fill (client_id);
CREATE INDEX fill_heard ON fill (venue, at_ns);

-- from_state and to_state are the deal's; what happened to an order stands in `why`. `hash` covers the row's content and
-- `prev`, the hash of the row before it (of the first: name and time of the first incarnation); see chain.py.
CREATE TABLE journal (
    seq INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    at_ns INTEGER NOT NULL,
    verb TEXT NOT NULL,
    market TEXT,
    deal_id TEXT,
    from_state TEXT,
    to_state TEXT,
    why TEXT NOT NULL,
    pid INTEGER NOT NULL,
    code_version TEXT NOT NULL,
    config_hash TEXT NOT NULL,
    prev TEXT NOT NULL,
    hash TEXT NOT NULL CHECK (length(hash) = 64)
);

CREATE INDEX journal_deal ON journal (deal_id);

CREATE TABLE funding (
    seq INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    venue TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    market TEXT NOT NULL,
    payment_uusd INTEGER NOT NULL,
    venue_ns INTEGER NOT NULL,
    UNIQUE (venue, payment_id)
);

-- Leverages in thousandths: 2500 is 2.5.
CREATE TABLE cap (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    leverage_entry INTEGER NOT NULL,
    leverage_max INTEGER NOT NULL,
    level INTEGER NOT NULL,
    equity_max_age_ns INTEGER NOT NULL
);

-- What binds new deals, and them alone, beside the cap: of one market, or of the whole fleet (market '*'). No row, no
-- such limit. A limit is moved, never taken away.
CREATE TABLE entry_limit (
    market TEXT NOT NULL,
    key TEXT NOT NULL CHECK (key IN ('deals', 'notional_uusd', 'deals_per_minute', 'deals_per_hour')),
    value INTEGER NOT NULL CHECK (typeof(value) = 'integer' AND value >= 0),
    PRIMARY KEY (market, key)
) WITHOUT ROWID;

-- What arb.toml said last of each limit and of each column of the cap (market '*'): a memory, no law. It tells a value
-- that a person has lowered in arb.toml, which takes effect, from one that was only left there.
CREATE TABLE configured (
    market TEXT NOT NULL,
    key TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (market, key)
) WITHOUT ROWID;

CREATE TABLE equity (
    venue TEXT NOT NULL PRIMARY KEY,
    equity_uusd INTEGER NOT NULL,
    gross_uusd INTEGER NOT NULL,
    at_ns INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE venue_position (
    venue TEXT NOT NULL,
    market TEXT NOT NULL,
    size TEXT NOT NULL,
    entry TEXT NOT NULL,
    mark TEXT NOT NULL,
    at_ns INTEGER NOT NULL,
    PRIMARY KEY (venue, market)
) WITHOUT ROWID;

-- market '*' is every market.
CREATE TABLE halt (
    market TEXT NOT NULL PRIMARY KEY,
    level TEXT NOT NULL CHECK (level IN ('halt', 'reduce', 'flatten')),
    why TEXT NOT NULL,
    who TEXT NOT NULL,
    at_ns INTEGER NOT NULL
) WITHOUT ROWID;

-- How a person wants a stuck deal to go on: his last word, read by the worker of its market.
CREATE TABLE wish (
    deal_id TEXT NOT NULL PRIMARY KEY REFERENCES deal (deal_id),
    way TEXT NOT NULL CHECK (way IN ('close', 'complete', 'keep')),
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    at_ns INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE heartbeat (
    market TEXT NOT NULL PRIMARY KEY,
    pid INTEGER NOT NULL,
    at_ns INTEGER NOT NULL,
    state TEXT NOT NULL,
    decided_ns INTEGER NOT NULL,
    code_version TEXT NOT NULL DEFAULT '',
    config_hash TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;

-- Which markets are traded, and in which boot of this machine. A reservation is made durable only after its orders were
-- sent, so that a power cut may take the newest ones from this file: of a market whose row names another boot than the
-- present one, a deal may be missing. The row is written before the market's first reservation in a boot.
CREATE TABLE trading (
    market TEXT NOT NULL PRIMARY KEY,
    boot TEXT NOT NULL,
    at_ns INTEGER NOT NULL
) WITHOUT ROWID;

-- Markets of which a deal may be missing, until both venues were asked. What is missing counts like any other deal, and
-- nobody can say for how much: meanwhile nobody enters, in no market. It was sent after `since_ns` and before `at_ns`.
CREATE TABLE doubt (
    market TEXT NOT NULL PRIMARY KEY,
    since_ns INTEGER NOT NULL,
    at_ns INTEGER NOT NULL
) WITHOUT ROWID;

-- Telemetry of a fleet that shrinks. What closing a deal would cost, by the worker that would do it; and whose turn it
-- is, by who sees them all ('': nobody's for now). An old row of either says nothing.
CREATE TABLE offer (
    deal_id TEXT NOT NULL PRIMARY KEY,
    market TEXT NOT NULL,
    cost_uusd INTEGER NOT NULL,
    notional_uusd INTEGER NOT NULL,
    acceptable INTEGER NOT NULL,
    at_ns INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE turn (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    deal_id TEXT NOT NULL,
    whatever INTEGER NOT NULL,
    at_ns INTEGER NOT NULL
);

-- Exposure now, and the cap it must stay under; cap_uusd is NULL while the cap row or all equity is missing.
-- Of what a venue carries, a deal answers for what it holds only where the venue has a position in its market, and only
-- while none of its orders there may still add to it: then all that it holds is yet to come, and what is carried is
-- something else. So held and what lies beyond it are together never less than what the venue carries and may get.
CREATE VIEW room AS
SELECT
    held_uusd,
    (SELECT leverage_entry FROM cap) * (SELECT MIN(equity_uusd) FROM equity) / 1000
        - (SELECT MAX(MAX(0, gross_uusd - answered_uusd)) FROM (
            SELECT gross_uusd, (
                SELECT COALESCE(SUM(held_uusd), 0) FROM deal
                WHERE held_uusd > 0
                    AND +market IN (SELECT market FROM venue_position WHERE venue = equity.venue)
                    AND NOT EXISTS (
                        SELECT 1 FROM orders
                        WHERE deal_id = deal.deal_id AND venue = equity.venue AND state <> 'DONE' AND NOT reduce_only
                    )
            ) AS answered_uusd
            FROM equity
        )) AS cap_uusd
FROM (SELECT COALESCE(SUM(held_uusd), 0) AS held_uusd FROM deal WHERE held_uusd > 0);

-- A new deal: refused with one word that the trader understands, or with a sentence when it is a bug.
CREATE TRIGGER deal_insert BEFORE INSERT ON deal
BEGIN
    SELECT CASE
        WHEN EXISTS (SELECT 1 FROM deal WHERE deal_id = new.deal_id)
            OR EXISTS (SELECT 1 FROM deal WHERE market = new.market AND number = new.number)
            THEN RAISE(ABORT, 'law: this deal is in the ledger already')
        WHEN new.state <> 'OPENING'
            THEN RAISE(ABORT, 'law: a new deal is OPENING')
        WHEN typeof(new.held_uusd) <> 'integer' OR new.held_uusd <= 0
            THEN RAISE(ABORT, 'law: a new deal holds a whole number of micro-USD above 0')
        WHEN typeof(new.opened_ns) <> 'integer'
            THEN RAISE(ABORT, 'law: a new deal says when it was opened')
        -- Facts may exceed, entries may not: what is open at the venues is written down whatever the limits say, and
        -- counts. It cannot serve as an entry: entries are off meanwhile, and its opening orders are done (orders_insert).
        WHEN new.attempts_from > 0 AND (
            EXISTS (SELECT 1 FROM halt WHERE market IN (new.market, '*'))
            OR EXISTS (SELECT 1 FROM doubt WHERE market = new.market)
        )
            THEN NULL
        WHEN new.attempts_from > 0
            THEN RAISE(ABORT, 'law: a deal is rebuilt only while its market is halted or in doubt')
        WHEN EXISTS (SELECT 1 FROM halt WHERE market IN (new.market, '*'))
            THEN RAISE(ABORT, 'halted')
        WHEN EXISTS (SELECT 1 FROM doubt)
            THEN RAISE(ABORT, 'doubt')
        -- Another program is at work beside this one, or was a moment ago. The market's own row may be its predecessor's,
        -- who is gone: one worker holds a market's lock at a time.
        WHEN EXISTS (
            SELECT 1 FROM heartbeat
            WHERE code_version <> new.code_version AND market <> new.market
                AND at_ns > new.opened_ns - 20000000000 AND at_ns < new.opened_ns + 20000000000
        )
            THEN RAISE(ABORT, 'version')
        WHEN (
            SELECT COUNT(*) >= 2 AND MAX(ABS(new.opened_ns - at_ns)) <= (SELECT equity_max_age_ns FROM cap)
            FROM equity
        ) IS NOT 1
            THEN RAISE(ABORT, 'equity')
        -- Its venue filled or took back something of a deal that was over and holds nothing: no sum has it until the
        -- venue's account row does. The row must be newer by more than two clocks may differ before the fleet halts.
        WHEN EXISTS (
            SELECT 1 FROM equity CROSS JOIN fill CROSS JOIN orders USING (client_id) CROSS JOIN deal USING (deal_id)
            WHERE fill.venue = equity.venue AND held_uusd = 0 AND fill.at_ns > changed_ns
                AND fill.at_ns > equity.at_ns - 5000000000
        )
            THEN RAISE(ABORT, 'equity')
        WHEN EXISTS (
            SELECT 1 FROM deal
            WHERE direction = -new.direction AND market = new.market
                AND state IN ('OPENING', 'OPEN', 'CLOSING', 'STUCK')
        )
            THEN RAISE(ABORT, 'direction')
        WHEN (
            (
                SELECT COUNT(*) FROM deal
                WHERE direction = new.direction AND state IN ('OPENING', 'OPEN', 'CLOSING', 'STUCK')
            ) < (SELECT level FROM cap)
        ) IS NOT 1
            THEN RAISE(ABORT, 'level')
        WHEN EXISTS (
            SELECT 1 FROM entry_limit AS bound
            WHERE bound.market IN (new.market, '*') AND bound.key = 'deals' AND bound.value <= (
                SELECT COUNT(*) FROM deal
                WHERE state IN ('OPENING', 'OPEN', 'CLOSING', 'STUCK') AND bound.market IN (deal.market, '*')
            )
        )
            THEN RAISE(ABORT, 'deals')
        WHEN EXISTS (
            SELECT 1 FROM entry_limit AS bound
            WHERE bound.market IN (new.market, '*') AND bound.key = 'notional_uusd' AND bound.value - new.held_uusd < (
                SELECT COALESCE(SUM(held_uusd), 0) FROM deal
                WHERE held_uusd > 0 AND bound.market IN (deal.market, '*')
            )
        )
            THEN RAISE(ABORT, 'notional')
        -- Every reservation counts, whatever became of it. One that claims to lie further off than the window, in the
        -- past or in the future, was written by another clock and says nothing.
        WHEN EXISTS (
            SELECT 1 FROM entry_limit AS bound JOIN (
                SELECT 'deals_per_minute' AS key, 60000000000 AS window_ns
                UNION ALL SELECT 'deals_per_hour', 3600000000000
            ) USING (key)
            WHERE bound.market IN (new.market, '*') AND bound.value <= (
                SELECT COUNT(*) FROM deal
                WHERE opened_ns > new.opened_ns - window_ns AND opened_ns < new.opened_ns + window_ns
                    AND bound.market IN (deal.market, '*')
            )
        )
            THEN RAISE(ABORT, 'rate')
        WHEN (SELECT held_uusd + new.held_uusd <= cap_uusd FROM room) IS NOT 1
            THEN RAISE(ABORT, 'cap')
    END;
END;

CREATE TRIGGER entry_limit_insert BEFORE INSERT ON entry_limit
WHEN EXISTS (SELECT 1 FROM entry_limit WHERE market = new.market AND key = new.key)
BEGIN
    SELECT RAISE(ABORT, 'law: this limit is in the ledger already');
END;

CREATE TRIGGER entry_limit_identity BEFORE UPDATE OF market, key ON entry_limit
BEGIN
    SELECT RAISE(ABORT, 'law: what a limit binds never changes');
END;

CREATE TRIGGER entry_limit_delete BEFORE DELETE ON entry_limit
BEGIN
    SELECT RAISE(ABORT, 'law: limits are moved, never deleted');
END;

CREATE TRIGGER deal_identity BEFORE UPDATE OF deal_id, market, number, direction, size, edge_uusd, opened_ns,
    code_version ON deal
BEGIN
    SELECT RAISE(ABORT, 'law: what a deal is never changes');
END;

-- The same table as DEAL_MOVES in common/core/deal.py; a test compares them.
CREATE TRIGGER deal_move BEFORE UPDATE ON deal
WHEN new.state <> old.state
BEGIN
    SELECT CASE WHEN old.state || ' ' || new.state NOT IN (
        'OPENING OPEN', 'OPENING VOID', 'OPENING CLOSED', 'OPENING STUCK', 'OPENING WRITTEN_OFF',
        'OPEN CLOSING', 'OPEN CLOSED', 'OPEN STUCK', 'OPEN WRITTEN_OFF',
        'CLOSING OPEN', 'CLOSING CLOSED', 'CLOSING STUCK', 'CLOSING WRITTEN_OFF',
        'STUCK OPEN', 'STUCK CLOSING', 'STUCK CLOSED', 'STUCK WRITTEN_OFF'
    ) THEN RAISE(ABORT, 'move: not in the table of moves') END;
END;

-- Held is lowered only on proof, except by a person who writes the deal off.
CREATE TRIGGER deal_held BEFORE UPDATE ON deal
BEGIN
    SELECT CASE
        WHEN typeof(new.held_uusd) <> 'integer' OR new.held_uusd < 0 OR new.held_uusd > old.held_uusd
            THEN RAISE(ABORT, 'law: held is never raised')
        WHEN new.state IN ('OPENING', 'OPEN', 'CLOSING', 'STUCK') AND new.held_uusd = 0
            THEN RAISE(ABORT, 'law: a live deal holds something')
        WHEN new.state IN ('CLOSED', 'VOID') AND new.held_uusd <> 0
            THEN RAISE(ABORT, 'law: a finished deal holds nothing')
        WHEN new.held_uusd < old.held_uusd AND new.state <> 'WRITTEN_OFF'
            AND EXISTS (SELECT 1 FROM orders WHERE deal_id = old.deal_id AND state <> 'DONE')
            THEN RAISE(ABORT, 'law: held is released only when every order is done')
        WHEN new.state = 'VOID'
            AND EXISTS (SELECT 1 FROM fill JOIN orders USING (client_id) WHERE deal_id = old.deal_id)
            THEN RAISE(ABORT, 'law: a deal with fills is not void')
    END;
END;

CREATE TRIGGER deal_attempts BEFORE UPDATE ON deal
WHEN (new.attempts_from >= old.attempts_from) IS NOT 1
BEGIN
    SELECT RAISE(ABORT, 'law: running numbers of orders are never used again');
END;

CREATE TRIGGER deal_delete BEFORE DELETE ON deal
BEGIN
    SELECT RAISE(ABORT, 'law: deals are never deleted');
END;

-- Exits and evenings are never refused; an opening leg belongs to a deal that is OPENING, once per venue.
CREATE TRIGGER orders_insert BEFORE INSERT ON orders
BEGIN
    SELECT CASE
        WHEN EXISTS (SELECT 1 FROM orders WHERE client_id = new.client_id)
            OR EXISTS (SELECT 1 FROM orders WHERE deal_id = new.deal_id AND seq = new.seq)
            THEN RAISE(ABORT, 'law: this order is in the ledger already')
        WHEN NOT EXISTS (SELECT 1 FROM deal WHERE deal_id = new.deal_id AND market = new.market)
            THEN RAISE(ABORT, 'law: an order belongs to a deal of its market')
        WHEN new.state <> 'NEW' AND NOT (new.state = 'DONE' AND (
            new.client_id LIKE 'forced:%' OR (new.venue_order_id <> '' AND CAST(new.reported_size AS REAL) > 0)
        ) IS 1)
            THEN RAISE(ABORT, 'law: a new order is NEW, unless its venue tells what it filled')
        WHEN new.state = 'NEW' AND new.purpose = 'OPEN'
            AND EXISTS (SELECT 1 FROM deal WHERE deal_id = new.deal_id AND attempts_from > 0)
            THEN RAISE(ABORT, 'law: a rebuilt deal has nothing left to open')
        WHEN new.purpose = 'OPEN' AND (
            NOT EXISTS (SELECT 1 FROM deal WHERE deal_id = new.deal_id AND state = 'OPENING')
            OR EXISTS (SELECT 1 FROM orders WHERE deal_id = new.deal_id AND venue = new.venue AND purpose = 'OPEN')
        )
            THEN RAISE(ABORT, 'law: one opening order per venue, while the deal is OPENING')
    END;
END;

CREATE TRIGGER orders_identity BEFORE UPDATE OF client_id, deal_id, seq, venue, market, side, purpose, size,
    limit_price, lifetime, reduce_only, created_ns, code_version, config_hash ON orders
BEGIN
    SELECT RAISE(ABORT, 'law: what an order is never changes');
END;

CREATE TRIGGER orders_move BEFORE UPDATE ON orders
BEGIN
    SELECT CASE
        WHEN new.state <> old.state
            AND old.state || ' ' || new.state NOT IN ('NEW WORKING', 'NEW DONE', 'WORKING DONE')
            THEN RAISE(ABORT, 'move: orders go NEW, WORKING, DONE')
        WHEN old.reported_size IS NOT NULL
            AND (CAST(new.reported_size AS REAL) >= CAST(old.reported_size AS REAL)) IS NOT 1
            THEN RAISE(ABORT, 'law: a cumulative report never shrinks')
    END;
END;

CREATE TRIGGER orders_delete BEFORE DELETE ON orders
BEGIN
    SELECT RAISE(ABORT, 'law: orders are never deleted');
END;

CREATE TRIGGER fill_insert BEFORE INSERT ON fill
BEGIN
    SELECT CASE
        WHEN EXISTS (SELECT 1 FROM fill WHERE venue = new.venue AND fill_id = new.fill_id)
            OR EXISTS (SELECT 1 FROM fill WHERE seq = new.seq)
            THEN RAISE(ABORT, 'law: this fill is in the ledger already')
        WHEN NOT EXISTS (SELECT 1 FROM orders WHERE client_id = new.client_id AND venue = new.venue)
            THEN RAISE(ABORT, 'law: a fill belongs to an order at its venue')
        WHEN new.side <> (SELECT side FROM orders WHERE client_id = new.client_id) AND NOT EXISTS (
            SELECT 1 FROM fill
            WHERE venue = new.venue AND fill_id || '!reversed' = new.fill_id AND client_id = new.client_id
                AND side <> new.side AND price = new.price AND size = new.size AND fee_uusd = -new.fee_uusd
        )
            THEN RAISE(ABORT, 'law: a fill is on the side of its order, or takes back exactly one that is')
    END;
END;

CREATE TRIGGER fill_update BEFORE UPDATE ON fill
BEGIN
    SELECT RAISE(ABORT, 'law: fills are never changed');
END;

CREATE TRIGGER fill_delete BEFORE DELETE ON fill
BEGIN
    SELECT RAISE(ABORT, 'law: fills are never deleted');
END;

-- Without a gap, and linked to the row before: SQL cannot compute the hash, but it sees to it that nobody leaves one out.
CREATE TRIGGER journal_insert BEFORE INSERT ON journal
BEGIN
    SELECT CASE
        WHEN new.seq IS NOT (SELECT COALESCE(MAX(seq), 0) + 1 FROM journal)
            THEN RAISE(ABORT, 'law: the journal only grows')
        WHEN new.prev IS NOT COALESCE(
            (SELECT hash FROM journal ORDER BY seq DESC LIMIT 1),
            (SELECT name || ':' || created_ns FROM incarnation WHERE id = 1)
        )
            THEN RAISE(ABORT, 'law: a journal row is linked to the one before it')
    END;
END;

CREATE TRIGGER journal_update BEFORE UPDATE ON journal
BEGIN
    SELECT RAISE(ABORT, 'law: the journal is never changed');
END;

CREATE TRIGGER journal_delete BEFORE DELETE ON journal
BEGIN
    SELECT RAISE(ABORT, 'law: the journal is never deleted');
END;

CREATE TRIGGER funding_insert BEFORE INSERT ON funding
WHEN EXISTS (SELECT 1 FROM funding WHERE venue = new.venue AND payment_id = new.payment_id)
    OR EXISTS (SELECT 1 FROM funding WHERE seq = new.seq)
BEGIN
    SELECT RAISE(ABORT, 'law: this payment is in the ledger already');
END;

CREATE TRIGGER funding_update BEFORE UPDATE ON funding
BEGIN
    SELECT RAISE(ABORT, 'law: funding is never changed');
END;

CREATE TRIGGER funding_delete BEFORE DELETE ON funding
BEGIN
    SELECT RAISE(ABORT, 'law: funding is never deleted');
END;

CREATE TRIGGER incarnation_insert BEFORE INSERT ON incarnation
WHEN EXISTS (SELECT 1 FROM incarnation WHERE id = new.id OR name = new.name)
BEGIN
    SELECT RAISE(ABORT, 'law: this incarnation is in the ledger already');
END;

CREATE TRIGGER incarnation_update BEFORE UPDATE ON incarnation
BEGIN
    SELECT RAISE(ABORT, 'law: incarnations are never changed');
END;

CREATE TRIGGER incarnation_delete BEFORE DELETE ON incarnation
BEGIN
    SELECT RAISE(ABORT, 'law: incarnations are never deleted');
END;
