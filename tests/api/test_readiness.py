"""`/readyz` tells that the index cannot be written, while searches go on."""

import httpx
import pytest

from core.db.session import SessionFactory, transaction
from core.work.claims import ClaimRepository
from pipelines.search.loops import FOLLOW
from tests.api.conftest import Add


@pytest.mark.parametrize("code", ["index_not_writable", None])
def test_code_of_a_failing_loop_is_told(
    client: httpx.Client, add: Add, session_factory: SessionFactory, code: str | None
) -> None:
    add()
    assert client.get("/v1/listings").json()["total"] == 1  # there is an index
    with transaction(session_factory) as session:
        claims = ClaimRepository(session)
        claims.ensure([FOLLOW])
        claim = claims.claim([FOLLOW], "me")
        assert claim is not None
        claims.fail(claim, "IndexNotWritableError: No space left on device", code=code)
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["loops"] == [{"name": "search.follow", "live": False, "failures": 1, "code": code}]
    assert client.get("/v1/listings").json()["total"] == 1
