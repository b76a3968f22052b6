"""Those pages of docs/ that are made from the program: runbook, refusals, states. `scripts/docs` runs it."""
