"""Many at once: a carrier's address with hundreds of people, and one person's devices that all refresh together."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sqlalchemy import select, text

from api.app import create_app
from core.db.session import SessionFactory, transaction
from core.db.tables.messages import Message
from core.identity.contacts import phone
from core.personal_data.sealer import Sealer
from core.settings import Settings
from pipelines.notifications.queue import opened_recipient, opened_values
from tests.api.conftest import code_of, served
from tests.api.people import People

PEOPLE = 500
_CARRIER = {"X-Forwarded-For": "39.40.1.7"}


def _post(client: httpx.Client, path: str, body: dict[str, str]) -> httpx.Response:
    return client.post(f"/v1/auth/{path}", json=body, headers=_CARRIER)


@pytest.mark.slow
def test_five_hundred_numbers_behind_one_address_log_in(
    api_settings: Settings, session_factory: SessionFactory, people: People
) -> None:
    numbers = [f"0300{at}" for at in range(1_000_000, 1_000_000 + PEOPLE)]
    settings = api_settings.model_copy(update={"trusted_proxies": "127.0.0.1"})
    with served(create_app(settings), settings) as client, ThreadPoolExecutor(4) as pool:
        asked = list(pool.map(lambda number: _post(client, "otp", {"phone": number}), numbers))
        assert Counter(answer.status_code for answer in asked) == {202: PEOPLE}
        with transaction(session_factory) as session:
            sealer = Sealer(session, people.keys)
            codes = {
                opened_recipient(sealer, row).value: opened_values(sealer, row)["code"]
                for row in session.scalars(select(Message))
            }
        bodies = [
            {"request_id": answer.json()["request_id"], "code": codes[phone(number).value]}
            for answer, number in zip(asked, numbers, strict=True)
        ]
        logged_in = list(pool.map(lambda body: _post(client, "otp/verify", body), bodies))
    assert Counter(answer.status_code for answer in logged_in) == {200: PEOPLE}
    with transaction(session_factory) as session:
        assert session.execute(text("SELECT count(DISTINCT user_id) FROM sessions")).scalar_one() == PEOPLE


def test_parallel_refreshes_and_a_lost_answer_keep_the_session_and_late_reuse_ends_it(
    client: httpx.Client, people: People, session_factory: SessionFactory
) -> None:
    request_id = _post(client, "otp", {"phone": "0300 1234567"}).json()["request_id"]
    code = people.messages(phone("0300 1234567"))[-1]["code"]
    first = _post(client, "otp/verify", {"request_id": request_id, "code": code}).json()["refresh_token"]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: _post(client, "refresh", {"refresh_token": first}), range(20)))
    assert [answer.status_code for answer in answers] == [200] * 20
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1
    bearer = {"authorization": f"Bearer {answers[0].json()['access_token']}"}
    assert client.get("/v1/me", headers=bearer).status_code == 200
    with transaction(session_factory) as session:
        session.execute(text("UPDATE sessions SET refreshed_at = refreshed_at - interval '31 seconds'"))
    assert code_of(_post(client, "refresh", {"refresh_token": first})) == (401, "refresh_token_reused")
    assert code_of(client.get("/v1/me", headers=bearer)) == (401, "session_ended")
