"""Read the users and passwords of dealers' servers from the settings; the database holds only the entries' names."""

import json
from dataclasses import dataclass, field

from core.errors import InvalidInputError
from core.settings import Settings


@dataclass(frozen=True)
class Credential:
    """A user and a password; the password stays out of every representation."""

    user: str
    password: str = field(repr=False)


def load_credentials(settings: Settings) -> dict[str, Credential]:
    """Read the entries of FEED_PULL_CREDENTIALS, by name.

    Raises:
        InvalidInputError: `bad_credentials`: the setting has another form; the error does not quote it.
    """
    if settings.feed_pull_credentials is None:
        return {}
    try:
        entries = json.loads(settings.feed_pull_credentials.get_secret_value())
        return {str(name): _credential(text) for name, text in entries.items()}
    except (ValueError, AttributeError):
        raise InvalidInputError(
            'FEED_PULL_CREDENTIALS must be a JSON object such as {"khan": "user:password"}.', code="bad_credentials"
        ) from None  # the error would quote the secret


def _credential(text: str) -> Credential:
    user, colon, password = text.partition(":")
    if not (user and colon):
        raise ValueError
    return Credential(user, password)
