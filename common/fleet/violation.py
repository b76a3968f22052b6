"""What a judge says when a law was broken."""


class Violation(AssertionError):
    """A law was broken; the text says which and where, so that seed and sentence are a bug report."""
