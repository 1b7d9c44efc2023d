"""An erasure is asked for with a fresh login, of the platform's own or of an outside issuer."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import select

from core.access.principal import Principal, ServiceIdentity
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables.people import Login
from core.errors import AutomartError
from core.identity.tokens.claims import read_claims
from core.storage import Storage
from pipelines.personal_data.erase import finish_erasure
from serving.identity.errors import LoginNeededError, PeopleOnlyError
from serving.identity.logins.authentication import SessionEndedError, VerifiedBearer, find_principal
from serving.personal_data.erasing import erase_caller
from serving.personal_data.errors import FreshLoginNeededError

NOW = utc_now()
CLAIMS = read_claims(
    {
        "iss": "https://login.example.pk",
        "sub": "ayesha",
        "sid": "s-1",
        "iat": NOW.timestamp(),
        "auth_time": NOW.timestamp(),
        "exp": NOW.timestamp() + 300,
    }
)


def test_outside_login_is_erased_and_its_token_makes_no_new_person(
    session_factory: SessionFactory, storage: Storage
) -> None:
    begin, bearer = partial(transaction, session_factory), VerifiedBearer(CLAIMS)
    with begin() as session:
        principal = find_principal(session, bearer, NOW)
    renewed = VerifiedBearer(replace(CLAIMS, authenticated_at=NOW - timedelta(minutes=11)))
    with pytest.raises(FreshLoginNeededError):  # a renewed token is no login
        erase_caller(begin, storage, principal, renewed, NOW)
    erasure_id = erase_caller(begin, storage, principal, bearer, NOW)
    with begin() as session, pytest.raises(SessionEndedError):
        find_principal(session, bearer, NOW)
    counts = finish_erasure(begin, storage, erasure_id, NOW).counts
    assert (counts["identity"]["logins"], counts["identity"]["person"]) == (1, 1)
    with begin() as session, pytest.raises(SessionEndedError):
        find_principal(session, bearer, NOW)
    with begin() as session:
        assert session.scalars(select(Login)).all() == []


@pytest.mark.parametrize(
    ("principal", "refusal"),
    [
        (Principal.anonymous(), LoginNeededError),
        (Principal(service_account=ServiceIdentity("erp", UUID(int=1), "khan-motors", frozenset())), PeopleOnlyError),
    ],
)
def test_callers_that_are_no_persons_are_refused(
    session_factory: SessionFactory, storage: Storage, principal: Principal, refusal: type[AutomartError]
) -> None:
    with pytest.raises(refusal):
        erase_caller(partial(transaction, session_factory), storage, principal, None, NOW)
