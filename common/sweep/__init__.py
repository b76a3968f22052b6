"""Many replays of one tape with other settings, side by side: which would have done best, and how much that means.

Floor 2, for people; no process of the fleet imports it. A `Cell` is one choice of settings, a `Fold` the part of the
tape it is chosen on and the part it is judged on, a `Job` one replay of a cell over one part, a `Result` what is kept
of it. Knows what a replay is and nothing of how it is made.
"""
