"""What a person does to a deal through the ledger: writes it off, or says how a stuck one goes on.

Each verb is one transaction and one journal row, like those of ledger.py.
"""

from common.core.deal import Deal, DealState, check_move
from common.core.events import Way, Wished
from common.ledger import rows, writeoff
from common.ledger.rows import Author, Entry
from common.ledger.shapes import Refusal
from common.ledger.store import Store


class PersonVerbs:
    """A part of `Ledger`."""

    _store: Store
    _author: Author

    def write_off(self, deal_id: str, why: str, *, force: bool, at_ns: int) -> Deal | Refusal:
        """Take a live deal out of the count. Venues seen flat: held becomes 0. Otherwise only by force, still held."""
        with self._store.transaction() as connection:
            deal = rows.must_get(connection, deal_id)
            flat = writeoff.proven_flat(connection, deal, at_ns)
            if not flat and not force:
                return Refusal("not flat")
            check_move(deal_id, deal.state, DealState.WRITTEN_OFF)
            rows.update_deal(connection, deal, DealState.WRITTEN_OFF, 0 if flat else deal.held_uusd, at_ns)
            rows.insert_entry(
                connection, self._author, _entry("write_off", deal, DealState.WRITTEN_OFF, why, at_ns=at_ns)
            )
            return rows.must_get(connection, deal_id)

    def release_written_off(self, market: str, at_ns: int) -> tuple[Deal, ...]:
        """Stop counting written-off deals of a market once both venues were seen flat after them."""
        with self._store.transaction() as connection:
            released = writeoff.release(connection, market, at_ns)
            if released:
                why = "venues seen flat: " + ", ".join(deal.deal_id for deal in released)
                rows.insert_entry(connection, self._author, Entry(at_ns, "release_written_off", why, market=market))
            return released

    def resolve(self, deal_id: str, way: Way, why: str, *, who: str, at_ns: int) -> Deal | Refusal:
        """Say how a stuck deal goes on; its worker reads it and obeys. The last word counts."""
        with self._store.transaction() as connection:
            deal = rows.must_get(connection, deal_id)
            if deal.state is not DealState.STUCK:
                return Refusal(f"{deal.state}")
            connection.execute(
                "INSERT OR REPLACE INTO wish (deal_id, way, who, why, at_ns) VALUES (?, ?, ?, ?, ?)",
                (deal_id, way.value, who, why, at_ns),
            )
            said = f"{way} by {who}: {why}"
            rows.insert_entry(connection, self._author, _entry("resolve", deal, deal.state, said, at_ns=at_ns))
            return deal

    def wishes(self, market: str, at_ns: int) -> tuple[Wished, ...]:
        """What persons chose for the live deals of a market, heard now."""
        query = "SELECT deal_id, way, at_ns FROM wish CROSS JOIN deal USING (deal_id) WHERE market = ? AND "
        with self._store.reading() as connection:
            found = connection.execute(query + rows.LIVE_SQL, (market,)).fetchall()
        return tuple(Wished(deal_id, Way(way), since_ns, at_ns) for deal_id, way, since_ns in found)


def _entry(verb: str, deal: Deal, to: DealState, why: str, *, at_ns: int) -> Entry:
    return Entry(at_ns, verb, why, market=deal.market, deal_id=deal.deal_id, from_state=deal.state, to_state=to)
