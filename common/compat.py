"""Makes the venues' SDKs importable on a Python of today. Knows nothing about what they do."""

import inspect
import warnings


def prepare_sdk_import() -> None:
    """Call before the first import of dydx3 or apexpro; calling it again does no harm.

    Both SDKs pull web3 5, whose parser (parsimonious 0.8.1) asks for `inspect.getargspec`, which Python 3.11 took away.
    Our lock has a newer parser; this keeps a plain `pip install .` working as well.
    """
    if not hasattr(inspect, "getargspec"):
        inspect.getargspec = inspect.getfullargspec  # type: ignore[attr-defined]
    _silence_known_warnings()


def _silence_known_warnings() -> None:
    """Old code warns on import about things that nobody here can mend; a worker's log is for news."""
    # While being compiled a module has no name yet: this filter sees the path of its file.
    warnings.filterwarnings("ignore", category=SyntaxWarning, module=r".*[/\\]site-packages[/\\]")
    warnings.filterwarnings("ignore", message=r"pkg_resources is deprecated", category=UserWarning)
