"""An arb.toml for a fleet beside another one: paper venues on ports of its own, and no programs for people.

Drills, benches and tests start fleets that nobody watches; a page on its usual port would be another fleet's.
"""

import re


def apart(text: str, dydx_port: int, apex_port: int) -> str:
    """The same settings with these ports."""
    for key, port in (("dydx_port", dydx_port), ("apex_port", apex_port)):
        text, found = re.subn(rf"^{key} = \d+", f"{key} = {port}", text, flags=re.MULTILINE)
        assert found, f"arb.toml has no {key}"
    return alone(text)


def alone(text: str) -> str:
    """The same fleet without programs for people: each of them has `enabled`."""
    return re.sub(r"^enabled = true", "enabled = false", text, flags=re.MULTILINE)
