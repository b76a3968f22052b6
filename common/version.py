"""What code this is: the package's version, as every journal row names it."""

from importlib.metadata import PackageNotFoundError, version


def code_version() -> str:
    """The installed version, or `source` when run without being installed."""
    try:
        return version("arb-fleet")
    except PackageNotFoundError:
        return "source"
