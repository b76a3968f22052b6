"""Bringing a ledger level with both venues while nothing trades: what they tell, what it lacks, writing that down."""
