"""Sessions survive two tabs and a lost answer, and end when an old token comes back."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from core.db.session import SessionFactory, transaction
from core.db.tables.people import User
from core.security.platform_keys import PlatformKeys
from serving.identity.errors import BlockedError, InvalidRefreshTokenError, RefreshTokenReusedError
from serving.identity.logins.refresh_tokens import RefreshTokens
from serving.identity.logins.sessions import (
    GRACE,
    LIFETIME,
    Client,
    end_all_sessions,
    end_session,
    live_sessions,
    refresh_session,
    start_session,
)
from tests.serving.identity.conftest import NOW


@pytest.fixture
def tokens(keys: PlatformKeys) -> RefreshTokens:
    return RefreshTokens(keys.index)


def person(session: Session) -> UUID:
    user = User()
    session.add(user)
    session.flush()
    return user.id


def started(session: Session, tokens: RefreshTokens) -> str:
    token = start_session(session, tokens, person(session), Client("d-1"), NOW).token
    assert token is not None
    return token


def test_each_refresh_gives_the_next_token(session: Session, tokens: RefreshTokens) -> None:
    token: str | None = started(session, tokens)
    seen = {token}
    for hour in range(1, 5):
        assert token is not None
        token = refresh_session(session, tokens, token, NOW + timedelta(hours=hour)).token
        seen.add(token)
    assert len(seen - {None}) == 5


def test_lost_answer_is_given_again_within_the_grace(session: Session, tokens: RefreshTokens) -> None:
    first = started(session, tokens)
    second = refresh_session(session, tokens, first, NOW).token
    assert refresh_session(session, tokens, first, NOW + GRACE).token == second
    assert second is not None
    assert refresh_session(session, tokens, second, NOW + GRACE).token not in (None, first, second)


def test_late_reuse_ends_the_session_for_both_holders(session: Session, tokens: RefreshTokens) -> None:
    first = started(session, tokens)
    second = refresh_session(session, tokens, first, NOW).token
    late = NOW + GRACE + timedelta(seconds=1)
    assert isinstance(refresh_session(session, tokens, first, late).refused, RefreshTokenReusedError)
    assert second is not None
    assert isinstance(refresh_session(session, tokens, second, late).refused, InvalidRefreshTokenError)


def test_older_token_ends_the_session_even_within_the_grace(session: Session, tokens: RefreshTokens) -> None:
    first = started(session, tokens)
    second = refresh_session(session, tokens, first, NOW).token
    assert second is not None
    refresh_session(session, tokens, second, NOW)
    assert isinstance(refresh_session(session, tokens, first, NOW).refused, RefreshTokenReusedError)


def test_twenty_parallel_refreshes_keep_the_session(session_factory: SessionFactory, tokens: RefreshTokens) -> None:
    with transaction(session_factory) as session:
        token = started(session, tokens)

    def refresh(_: int) -> str | None:
        with transaction(session_factory) as session:
            return refresh_session(session, tokens, token, NOW).token

    with ThreadPoolExecutor(10) as pool:
        outcomes = Counter(pool.map(refresh, range(20)))
    assert len(outcomes) == 1
    assert None not in outcomes


def test_session_that_is_not_refreshed_expires(session: Session, tokens: RefreshTokens) -> None:
    token = started(session, tokens)
    assert isinstance(refresh_session(session, tokens, token, NOW + LIFETIME).refused, InvalidRefreshTokenError)


def test_blocked_person_is_refused(session: Session, tokens: RefreshTokens) -> None:
    user_id = person(session)
    token = start_session(session, tokens, user_id, Client(), NOW).token
    session.get_one(User, user_id).blocked_at = NOW
    assert token is not None
    assert isinstance(refresh_session(session, tokens, token, NOW).refused, BlockedError)


def test_owner_lists_and_ends_sessions(session: Session, tokens: RefreshTokens) -> None:
    mine, other = person(session), person(session)
    first, second = (start_session(session, tokens, mine, Client(name), NOW).session_id for name in ("a", "b"))
    assert first is not None
    assert [row.id for row in live_sessions(session, mine, NOW)] == [second, first]
    assert not end_session(session, other, first, NOW)
    assert end_session(session, mine, first, NOW)
    assert not end_session(session, mine, first, NOW)
    assert [row.id for row in live_sessions(session, mine, NOW)] == [second]
    assert end_all_sessions(session, mine, NOW, "blocked") == 1
    assert live_sessions(session, mine, NOW) == []


@pytest.mark.parametrize(
    "token", ["", "x", "aut_rt_", "aut_rt_AAAA", "aut_rt_" + "A" * 72, "aut_rt_é", "aut_rt_" + "A" * 4096]
)
def test_other_texts_are_no_refresh_tokens(session: Session, tokens: RefreshTokens, token: str) -> None:
    assert isinstance(refresh_session(session, tokens, token, NOW).refused, InvalidRefreshTokenError)


def test_token_of_another_key_or_generation_is_not_read(tokens: RefreshTokens) -> None:
    session_id = uuid4()
    assert tokens.read(tokens.token(session_id, 7)) == (session_id, 7)
    assert tokens.read(RefreshTokens(b"x" * 32).token(session_id, 7)) is None
