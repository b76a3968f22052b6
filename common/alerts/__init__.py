"""Tells a person what is wrong: what stands, an outbox that survives everything, and ways out of the machine."""
