"""The warden: looks at both venues, the ledger and the workers, and halts what cannot be explained.

`terms`, `verdicts`, `margin`, `agreement` and `life` are pure: facts in, verdicts out. `hand` carries verdicts out,
`warden` and `guard` look. A fleet without its warden goes on trading; with it, it stops sooner.
"""
