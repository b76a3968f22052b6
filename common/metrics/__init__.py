"""The fleet's state as OpenMetrics: what the desk shows, named and explained for a machine that watches."""
