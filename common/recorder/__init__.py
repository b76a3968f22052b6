"""The recorder: listens to everything public of both venues and hands it to a tape.

Floor 2: it joins venues and tape, and knows no ledger, no desk and no key.
"""
