"""What a fleet earned and how: one result out of a ledger file and its telemetry, live, paper and replayed alike."""
