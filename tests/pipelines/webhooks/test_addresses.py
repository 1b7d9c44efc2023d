"""The sender reaches no private address, however it is written or resolved, and says why in the log."""

import asyncio
import socket
from typing import Any

import pytest
from sqlalchemy import select, text

from core.clock import utc_now
from core.db.session import transaction
from core.db.tables.webhooks import WebhookAttempt
from core.egress.addresses import EgressRules
from core.egress.http import trusted
from core.settings import Settings
from pipelines.webhooks.sending import Answer, Sender, webhook_rules
from tests.core.egress.test_addresses import INSIDE
from tests.factories.webhooks import Partner, send_due, subscribe
from tests.pipelines.webhooks.conftest import PRICE, Stage

SPELLINGS = [
    *INSIDE, "127.0.0.1.", "0x7f.1", "017700000001", "[0:0:0:0:0:ffff:7f00:0001]", "%31%32%37.0.0.1",
    "169.254.169.254.", "2852039166", "0xa9fea9fe", "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "ip6-localhost",
]  # fmt: skip
REASONS = {
    "address_not_allowed": "has an address that is not public, and those are never reached",
    "host_not_found": "is not known to DNS",
    "bad_url": "",
}


def post(url: str, rules: EgressRules) -> Answer:
    async def send() -> Answer:
        sender = Sender(rules, trusted(rules))
        try:
            return await sender.post(url, {}, b"{}", utc_now())
        finally:
            await sender.close()

    return asyncio.run(send())


@pytest.mark.parametrize("host", SPELLINGS)
def test_private_address_is_refused_with_a_reason_however_it_is_written(settings: Settings, host: str) -> None:
    answer = post(f"https://{host}/hook", webhook_rules(settings))
    assert answer.code in REASONS, host
    assert REASONS[answer.code] in (answer.body or "")
    assert answer.http_status is None


def test_there_are_forty_spellings() -> None:
    assert len(set(SPELLINGS)) >= 40


def test_name_that_turns_private_after_the_check_is_not_reached(
    settings: Settings, here: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The resolver says a public address once and loopback from then on: nothing asks it a second time."""
    asked: list[str] = []
    reached: list[Any] = []

    async def getaddrinfo(self: Any, host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8" if len(asked) == 1 else "127.0.0.1", port))]

    async def connect(self: Any, sock: socket.socket, address: Any) -> None:
        reached.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr("asyncio.selector_events.BaseSelectorEventLoop.sock_connect", connect)
    rules = webhook_rules(settings)
    assert post("https://rebinding.example/hook", rules).code == "server_unreachable"
    assert asked == ["rebinding.example"]
    assert {address[0] for address in reached} == {"8.8.8.8"}
    assert post("https://rebinding.example/hook", rules).code == "address_not_allowed"
    assert here.received == []


def test_allowed_hosts_open_neither_link_local_nor_metadata_nor_our_own_api(settings: Settings) -> None:
    mine = socket.gethostbyname(socket.gethostname())
    hosts = ("127.0.0.1", "localhost", "[::1]", "169.254.169.254", "100.100.100.200", "fd00:ec2::254", mine)
    port = 18_000
    allowed = ",".join(host.strip("[]") for host in hosts)
    changed = {"outbound_allow_hosts": allowed, "api_port": port, "api_host": "0.0.0.0"}
    rules = webhook_rules(settings.model_copy(update=changed))
    for url in (
        "http://169.254.169.254/latest/meta-data/", "http://100.100.100.200/", "http://[fd00:ec2::254]/",
        f"http://127.0.0.1:{port}/v1/webhooks", f"http://localhost:{port}/", f"http://[::1]:{port}/",
        f"http://{mine}:{port}/",
    ):  # fmt: skip
        assert post(url, rules).code == "address_not_allowed", url
    assert post("http://127.0.0.1:9/", rules).code == "server_unreachable", "another port of an allowed host is open"


def test_subscriber_reads_the_reason_in_the_log(stage: Stage, here: Partner) -> None:
    subscribe(stage.factory, stage.keys, stage.org_id, here, PRICE)
    with transaction(stage.factory) as session:
        session.execute(text("UPDATE webhook_endpoints SET url = 'https://127.1/hook'"))
    stage.price(2_000_000)
    send_due(stage.factory, stage.keys, EgressRules())
    with transaction(stage.factory) as session:
        last = session.scalars(select(WebhookAttempt).order_by(WebhookAttempt.id.desc())).first()
        assert last is not None
        assert (last.code, last.body) == (
            "address_not_allowed",
            "The host 127.1 has an address that is not public, and those are never reached.",
        )
    assert here.told(PRICE) == []
