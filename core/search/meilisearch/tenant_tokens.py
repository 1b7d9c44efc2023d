"""Issue tokens with which an app searches Meilisearch itself: for a while, in one index, as one audience.

A token is signed with a key and carries the audience's filter, which Meilisearch adds to every search made with it; its
holder can read the filter and not change it. A key that may do more than search would let anyone who finds it in an app
do more too, so such a key is refused, and the master key above all.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core.access.audience import Audience
from core.clock import utc_now
from core.errors import InvalidInputError, PermanentError
from core.search.audience_filter import filter_of
from core.search.meilisearch import MeilisearchServer
from core.search.meilisearch.engine import index_name
from core.search.meilisearch.expressions import compile_filter
from core.settings import Settings

LONGEST = timedelta(days=31)
_TRIAL = timedelta(minutes=1)
_NOT_FOR_SEARCH_KEYS = ("keys", "tasks", "indexes", "stats")


@dataclass(frozen=True)
class SearchToken:
    """The token, the one index that it opens, and when it ends."""

    token: str
    index: str
    expires_at: datetime


class TokenSigner:
    """Signs tokens with the search key of the settings.

    Raises:
        InvalidInputError: `meilisearch_not_configured`, `search_key_missing`, `invalid_search_key_uid`,
            `search_key_too_strong` where the search key is the platform's own.
    """

    def __init__(self, settings: Settings) -> None:
        self._url, secret, self._uid = _signing(settings)
        self._index = index_name(settings.meili_index)
        self._server = MeilisearchServer(self._url, secret)

    def check(self) -> None:
        """Try the key, and a token of it, on the server.

        Raises:
            InvalidInputError: `search_key_too_strong` for a key that may do more than search, `search_key_mismatch`
                where key and uid do not belong together.
            RetryableError: `search_unavailable` where Meilisearch does not answer.
        """
        _require_search_only(self._server)
        trial = self.sign(Audience.anonymous(), utc_now() + _TRIAL)
        _try(MeilisearchServer(self._url, trial.token), self._index)

    def sign(self, audience: Audience, expires_at: datetime) -> SearchToken:
        """Sign a token for an audience; nothing is asked of the server."""
        rules = {self._index: {"filter": compile_filter(filter_of(audience))}}
        token = self._server.client.generate_tenant_token(self._uid, rules, expires_at=expires_at)
        return SearchToken(token, self._index, expires_at.replace(microsecond=0))


def issue_search_token(settings: Settings, audience: Audience, expires_in: timedelta) -> SearchToken:
    """Sign a token for an audience with a key that was tried on the server; for staff, whose tokens may last long.

    Raises:
        InvalidInputError: `invalid_expiry` (it must lie in the future, at most LONGEST away), and those of TokenSigner.
        RetryableError: `search_unavailable` where Meilisearch does not answer.
    """
    signer = TokenSigner(settings)
    if not timedelta(0) < expires_in <= LONGEST:
        raise InvalidInputError(
            f"A search token must end, after at most {LONGEST.days} days: give an expiry such as 24h.",
            code="invalid_expiry",
        )
    signer.check()
    return signer.sign(audience, utc_now() + expires_in)


def _signing(settings: Settings) -> tuple[str, str, str]:
    if settings.meili_url is None:
        raise InvalidInputError(
            "Search tokens are for Meilisearch, and MEILI_URL is not set: the embedded index is asked by the API only.",
            code="meilisearch_not_configured",
        )
    if settings.meili_search_key is None or settings.meili_search_key_uid is None:
        raise InvalidInputError(
            "Set MEILI_SEARCH_KEY and MEILI_SEARCH_KEY_UID to a key whose only action is search, and to its uid.",
            code="search_key_missing",
        )
    uid = _uid(settings.meili_search_key_uid)
    secret = settings.meili_search_key.get_secret_value()
    if settings.meili_key is not None and secret == settings.meili_key.get_secret_value():
        raise _too_strong()
    return settings.meili_url, secret, uid


def _uid(text: str) -> str:
    try:
        uid = UUID(text)
    except ValueError:
        uid = None
    if uid is None or uid.version != 4:
        raise InvalidInputError(
            "MEILI_SEARCH_KEY_UID is not a UUID of version 4: it is the key's uid, not the key and not its name.",
            code="invalid_search_key_uid",
        )
    return str(uid)


def _require_search_only(server: MeilisearchServer) -> None:
    if any(server.allows("get", path) for path in _NOT_FOR_SEARCH_KEYS):
        raise _too_strong()


def _try(server: MeilisearchServer, index: str) -> None:
    try:
        server.multi_search([{"indexUid": index, "q": "", "limit": 0}])
    except PermanentError as error:
        raise InvalidInputError(
            "Meilisearch refuses a token of this key: MEILI_SEARCH_KEY_UID must be the uid of MEILI_SEARCH_KEY, and the"
            f" key must have the action search on the index {index}.",
            code="search_key_mismatch",
        ) from error


def _too_strong() -> InvalidInputError:
    return InvalidInputError(
        "MEILI_SEARCH_KEY may do more than search: tokens are never signed with the master key or an admin key. Make a"
        " key whose only action is search, and set MEILI_SEARCH_KEY and MEILI_SEARCH_KEY_UID to it.",
        code="search_key_too_strong",
    )
