"""`arbctl config explain` and `config diff`: what a key means and is, and what differs from the defaults."""

from collections.abc import Iterator, Sequence
from dataclasses import MISSING, fields
from typing import Any, Final

import typer

from common.core.errors import LedgerError
from common.ledger.report import Report
from common.settings import Settings
from scripts import explained, kinds
from scripts.explained import Key
from scripts.render import Answer

SECOND_NS: Final = 1_000_000_000
#: sections that are one object of the settings each
_PARTS: Final = ("cap", "limits", "paper", "warden", "recorder", "replay")
#: of a market: what has no default, or is no setting
_NO_DEFAULT: Final = ("market", "size", "start_wait_ns")


def explain(config: Settings | None, asked: str) -> Answer:
    """One key (every one of that name); what is in force only where arb.toml is sound."""
    known = explained.keys()
    found = explained.found(known, asked)
    if not found:
        like = explained.nearest(known, asked)
        hint = f"; did you mean {', '.join(like)}?" if like else "; all of them: docs/configuration.md"
        raise typer.BadParameter(f"arb.toml has no key {asked}{hint}")
    rows = [_explained(config, key) for key in found]
    return Answer(rows, text="\n\n".join(_told(row) for row in rows))


def _explained(config: Settings | None, key: Key) -> dict[str, Any]:
    in_force = {} if config is None else dict(_in_force(config, key))
    kind = kinds.kind_of(key.section, key.name)
    return {
        "key": key.dotted,
        "takes": kind.told(),
        "kind": {"type": kind.type, "unit": kind.unit, "least": kind.least, "most": kind.most, "above": kind.above},
        "default": key.default,
        "in_force": in_force,
        "meaning": key.meaning,
        "counts_after": key.counts_after,
    }


def _told(row: dict[str, Any]) -> str:
    lines = [row["key"], f"  {row['meaning']}", f"  takes: {row['takes']}", f"  default: {row['default']}"]
    values = set(row["in_force"].values())
    if len(values) == 1:
        lines.append(f"  in force: {values.pop()}")
    elif values:
        lines.append("  in force: " + ", ".join(f"{name} {value}" for name, value in row["in_force"].items()))
    return "\n".join([*lines, f"  a change counts after: {row['counts_after']}"])


def _in_force(config: Settings, key: Key) -> Iterator[tuple[str, str]]:
    """Where it is in force, and the value: a key of [strategy] in every market."""
    if key.section in _PARTS:
        yield from _value(key.section, getattr(config, key.section), key.name)
    elif key.section in ("strategy", "markets.NAME"):
        for market, terms in config.markets.items():
            yield from _value(market, terms, key.name)
    elif not key.section:
        yield from _value("top level", config, key.name)


def _value(where: str, part: Any, name: str) -> Iterator[tuple[str, str]]:
    for field in fields(part):
        if key_name(field.name) == name:
            yield where, shown(field.name, getattr(part, field.name))


def key_name(field: str) -> str:
    """The name in arb.toml of a field: durations are nanoseconds inside and seconds there."""
    return field.removesuffix("_ns") + "_s" if field.endswith("_ns") else field


def shown(field: str, value: Any) -> str:
    """A value as one would write it in arb.toml."""
    if field.endswith("_ns"):
        return f"{value / SECOND_NS:g}"
    if field == "unwind":
        return str([[rung.after_ns / SECOND_NS, float(rung.bps)] for rung in value])
    return str(value)


def diff(config: Settings) -> Answer:
    """Every setting that is not its default, and whether the fleet's last word was under another arb.toml."""
    rows = [row for part in _PARTS for row in _differing(part, getattr(config, part), part)]
    rows += _common([(market, _differing(market, terms, "strategy")) for market, terms in config.markets.items()])
    data = [dict(zip(("key", "value", "default", "counts_after"), row, strict=True)) for row in rows]
    return Answer(data, ("key", "value", "default"), [row[:3] for row in rows], notes=_running(config))


def _differing(where: str, part: Any, section: str) -> list[tuple[str, str, str, str]]:
    found = []
    for field in fields(part):
        default, value = _default(field), getattr(part, field.name)
        if field.name not in _NO_DEFAULT and default is not MISSING and value != default:
            name = key_name(field.name)
            after = Key(section, name, "", "").counts_after
            found.append((f"{where}.{name}", shown(field.name, value), shown(field.name, default), after))
    return found


def _default(field: Any) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _common(markets: Sequence[tuple[str, list[tuple[str, str, str, str]]]]) -> list[tuple[str, str, str, str]]:
    """What all markets have in common is one row of [strategy]; the rest is told by market."""
    everywhere = {(*row[1:], _tail(row)) for row in markets[0][1]}
    for _, rows in markets[1:]:
        everywhere &= {(*row[1:], _tail(row)) for row in rows}
    shared = [(f"strategy.{name}", value, default, after) for value, default, after, name in sorted(everywhere)]
    own = [row for _, rows in markets for row in rows if (*row[1:], _tail(row)) not in everywhere]
    return shared + own


def _tail(row: tuple[str, ...]) -> str:
    return row[0].rpartition(".")[2]


def _running(config: Settings) -> tuple[str, ...]:
    """What the journal says of the arb.toml under which it was written last."""
    try:
        with Report.open(config.ledger_file) as report:
            last = report.journal(1)
    except LedgerError:
        return ()
    if not last or last[-1].config_hash in ("", config.hash):
        return ()
    return (f"the ledger was last written under another arb.toml ({last[-1].config_hash}, this is {config.hash})",)
