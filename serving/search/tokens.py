"""Give callers tokens with which their app searches Meilisearch itself, for as long as their session goes on at most.

Meilisearch cannot be told that a session has ended, so a token lives for minutes and is asked for again.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.access.principal import Principal
from core.db.tables.logins import UserSession
from core.errors import NotFoundError, PermanentError, RetryableError
from core.settings import Settings
from serving.identity.logins.account import require_person
from serving.identity.logins.authentication import SessionEndedError, VerifiedBearer

if TYPE_CHECKING:  # it loads the client of Meilisearch
    from core.search.meilisearch.tenant_tokens import SearchToken, TokenSigner

_log = logging.getLogger(__name__)
LIFETIME: Final = timedelta(minutes=15)
_SHORTEST: Final = timedelta(seconds=1)
_CHECKED_EVERY: Final = timedelta(minutes=10)


class SearchTokensOffError(NotFoundError):
    """Apps cannot search by themselves here."""

    code = "search_tokens_off"

    def __init__(self) -> None:
        super().__init__("Apps do not search the index themselves here: use GET /v1/listings.")


class SearchTokensUnavailableError(RetryableError):
    """The search server does not answer, or its key is not set up as it should be."""

    code = "search_tokens_unavailable"

    def __init__(self) -> None:
        super().__init__("No search tokens can be given at the moment: use GET /v1/listings.")


class SearchTokens:
    """Signs tokens for callers. The signing key is tried on the server at first, and again every ten minutes."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._checked_at: datetime | None = None

    def issue(self, audience: Audience, ends_at: datetime, now: datetime) -> SearchToken:
        """Sign a token for an audience that ends after LIFETIME, and not after `ends_at`.

        Raises:
            SessionEndedError: it ends within the second.
            SearchTokensOffError: the engine is the embedded one, or no key for tokens is set.
            SearchTokensUnavailableError: as it says; the log has the reason.
        """
        if self._settings.meili_url is None or self._settings.meili_search_key is None:
            raise SearchTokensOffError
        if ends_at - now < _SHORTEST:
            raise SessionEndedError
        from core.search.meilisearch.tenant_tokens import TokenSigner

        try:
            signer = TokenSigner(self._settings)
            self._check(signer, now)
        except (PermanentError, RetryableError) as error:
            _log.error("Search tokens cannot be signed: %s", error.detail)
            raise SearchTokensUnavailableError from error
        return signer.sign(audience, min(now + LIFETIME, ends_at))

    def _check(self, signer: TokenSigner, now: datetime) -> None:
        if self._checked_at is None or now - self._checked_at >= _CHECKED_EVERY:
            signer.check()
            self._checked_at = now


def session_end(session: Session, principal: Principal, bearer: VerifiedBearer | None) -> datetime:
    """Return when the caller's session ends at the latest; of an outside one its token's end is all that is known.

    Raises:
        LoginNeededError, PeopleOnlyError: the caller is no person, and has no session.
    """
    require_person(principal)
    if principal.session_id is not None:
        return session.get_one(UserSession, principal.session_id).expires_at
    if bearer is None or bearer.claims is None:
        raise RuntimeError("a person without a session here came with an outside token")
    return bearer.claims.expires_at
