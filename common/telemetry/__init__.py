"""What a fleet saw and did beside what the ledger has to keep: no harm when it is lost."""
