"""What recorded books of two places say about trading them against each other. Floor 2; no worker imports it.

A source (our tape, its Parquet export, the original's CSV files, Parquet books of others) becomes a `Series` of one
place and market; two of them become one line of time (`timeline`), on which everything is measured.
"""
