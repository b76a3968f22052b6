"""The screen of `arbctl watch`: the desk's facts in words, one frame of them as text, and the living screen."""
