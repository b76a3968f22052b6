"""Every error of the house, by who is to blame; blame decides the reaction.

ArbError
├── LocalError       we broke a rule of our own: crash, a person reads the traceback
│   └── IllegalMove  a state machine was asked for a move its table does not have
├── ConfigError      the person's files are wrong: a sentence with the remedy for each, exit code 3
├── VenueError       a venue broke its protocol: drop the feed, halt the market
└── LedgerError      the ledger file is missing, corrupt, too new
    └── LedgerAway   the disk is full or failing, or somebody keeps the file locked: crash, and try again

Expected refusals (`cap`, `level`, `halted`, `stale`, `busy`) and order answers are values, not errors.
"""


class ArbError(Exception):
    """Base of all errors this house raises on purpose."""


class LocalError(ArbError):
    """We broke one of our own rules."""


class IllegalMove(LocalError):
    """A deal or order was asked for a move that is not in its table."""


class ConfigError(ArbError):
    """Configuration or credentials cannot be used; the text says how to mend them. Each argument is one sentence."""

    def __str__(self) -> str:
        return "\n".join(str(sentence) for sentence in self.args)


class VenueError(ArbError):
    """A venue answered outside its protocol."""


class LedgerError(ArbError):
    """The ledger file cannot serve; the text says how to mend it."""


class LedgerAway(LedgerError):
    """The ledger file cannot serve just now, through no fault of its content: trying again may help."""
