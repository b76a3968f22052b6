"""A tape played to the fleet's own code: real traders, runners and ledger on recorded books, under a virtual clock."""
