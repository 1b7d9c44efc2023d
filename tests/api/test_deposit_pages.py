"""Pages for buyers: receipts for those who may see them, payment pages, and the way back from a provider."""

import httpx
import pytest
from sqlalchemy import select

from core.db.session import SessionFactory
from core.db.tables.deposits import PaymentWebhook
from core.settings import Settings
from tests.api.conftest import code_of
from tests.api.deposit_calls import Counter
from tests.api.people import People


@pytest.fixture
def counter(client: httpx.Client, people: People, session_factory: SessionFactory) -> Counter:
    return Counter(client, people, session_factory)


def test_receipt_is_a_page_for_the_parties_alone(counter: Counter, people: People) -> None:
    unpaid = counter.open()["id"]
    path = f"/v1/deposits/{unpaid}/receipt"
    assert code_of(counter.client.get(path, headers=counter.buyer.headers)) == (404, "no_receipt")
    path = f"/v1/deposits/{counter.held()}/receipt"
    for person in (counter.buyer, counter.agent, counter.finance):
        answer = counter.client.get(path, headers=person.headers)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "D-20" in answer.text
        assert "Rs 25000.00" in answer.text
    assert code_of(counter.client.get(path, headers=people.person().headers)) == (403, "forbidden")
    assert counter.client.get(path).status_code == 401


def test_page_of_a_reference_that_there_is_not_has_ended(counter: Counter) -> None:
    for reference in ("AMD" + "0" * 17, counter.open()["payment_url"].partition("/checkout/")[2][:20]):
        answer = counter.client.get(f"/v1/payments/pages/{reference}")
        assert code_of(answer) == (404, "payment_page_ended")


def test_buyer_who_comes_back_is_thanked_and_what_the_address_says_is_kept(counter: Counter) -> None:
    back = "/v1/payments/sandbox/return"
    for answer in (counter.client.get(f"{back}?a=1&<b>=2"), counter.client.post(back, content=b"x=1")):
        assert (answer.status_code, "Thank you" in answer.text) == (200, True)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert counter.client.get("/v1/payments/nowhere/return").status_code == 404
    with counter.sessions() as session:
        assert session.scalars(select(PaymentWebhook.verdict)).all() == ["refused"] * 2


def test_provider_that_lacks_a_setting_keeps_the_api_from_starting(settings: Settings) -> None:
    import anyio

    from api.app import opened_state
    from pipelines.deposits.providers.factory import ProviderNotSetUpError

    async def start() -> None:
        async with opened_state(settings.model_copy(update={"payment_providers": "jazzcash"})):
            raise AssertionError

    with pytest.raises(ProviderNotSetUpError, match="PAYMENT_JAZZCASH_MERCHANT is not set"):
        anyio.run(start)
