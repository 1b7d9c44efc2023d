"""A partner's server on loopback, endpoints that point there, and a loop's turn without a loop."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Session
from standardwebhooks.webhooks import Webhook

from core.access.principal import Membership, Principal
from core.access.roles import Role
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.egress.addresses import EgressRules
from core.egress.http import trusted
from core.personal_data.sealer import Sealer
from core.processes.loopback import served
from core.security.platform_keys import PlatformKeys
from pipelines.webhooks.dispatching import dispatch
from pipelines.webhooks.sending import Sender
from serving.webhooks.desk import WebhookDesk
from serving.webhooks.endpoints import EndpointSpec, add_endpoint
from tests.factories.turns import OneTurn

LOOPBACK = EgressRules(private_hosts=frozenset({"127.0.0.1"}), plain_private=True, ports=frozenset({443}))
Answering = Callable[[BaseHTTPRequestHandler, int], None]


def answer(status: int, body: bytes = b"", **headers: str) -> Answering:
    def give(handler: BaseHTTPRequestHandler, _: int) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return give


@dataclass
class Partner:
    """A partner's server: the messages received, in their order, and the answers to the next ones."""

    url: str = ""
    secrets: list[str] = field(default_factory=list)
    answers: Answering = field(default_factory=lambda: answer(204))
    received: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [body["data"] for _, body in self.received if body["type"] == kind]


@contextmanager
def partner() -> Iterator[Partner]:
    """A server that verifies each message with the official library before anything else."""
    here = Partner()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            verified = [Webhook(secret).verify(body, headers) for secret in here.secrets]
            with lock:
                here.received.append((headers["webhook-id"], verified[0] if verified else json.loads(body)))
                here.headers.append(headers)
                number = len(here.received)
            here.answers(self, number)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    with served(server):
        yield here


def send_due(factory: SessionFactory, keys: PlatformKeys, rules: EgressRules = LOOPBACK) -> int:
    """Send everything that is due, as the loop does."""

    async def send() -> int:
        sender = Sender(rules, trusted(rules))
        try:
            return await dispatch(OneTurn(factory), keys, sender)
        finally:
            await sender.close()

    return asyncio.run(send())


def desk(session: Session, keys: PlatformKeys, org_id: UUID, rules: EgressRules = LOOPBACK) -> WebhookDesk:
    """The desk of an administrator of the organisation."""
    admin = Principal(None, (Membership(org_id, "x", Role.ORG_ADMIN),), uuid4())
    return WebhookDesk(session, admin, Sealer(session, keys), rules, utc_now())


def subscribe(
    factory: SessionFactory, keys: PlatformKeys, org_id: UUID, here: Partner, *events: str, **spec: Any
) -> UUID:
    """An active endpoint at the partner; the secret is the partner's only one from now on."""
    with transaction(factory) as session:
        made, secret = add_endpoint(
            desk(session, keys, org_id), org_id, EndpointSpec(url=here.url, events=events, **spec)
        )
    here.secrets = [secret]
    assert send_due(factory, keys) == 1
    return made.id
