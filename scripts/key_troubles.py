"""What keeps the workers from reading their keys, said before they say it one by one. The keys themselves stay here."""

import os

from common.core.errors import ConfigError
from common.settings import Settings
from common.venues import keys


def key_troubles(config: Settings) -> list[str]:
    """A sentence for each venue whose keys cannot be read; the paper venues' own are made when they start."""
    endpoints = [endpoint for endpoint in config.endpoints.values() if endpoint.environ]
    found = []
    for endpoint in endpoints:
        try:
            keys.read(endpoint.venue, endpoint.keys, os.environ)
        except ConfigError as error:
            found.append(str(error))
    return found
