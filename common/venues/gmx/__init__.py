"""GMX, read only: its oracle prices, to compare our venues' books with. Nothing here trades."""
