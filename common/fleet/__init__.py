"""The whole fleet in one process: real traders, runners and ledger, paper venues, a virtual clock, one seed."""
