"""The loops of messages send what was queued, through the worker that `automart work` runs."""

import threading
import time

from pydantic import SecretStr

from core.db.session import transaction
from core.identity.contacts import Contact
from core.platform import open_platform
from core.security.platform_keys import new_key_settings, open_keys
from core.settings import Settings
from core.work.loop import declared_loops
from core.work.worker import Worker
from pipelines.notifications.queue import MessageText, queue_message
from tests.pipelines.notifications.conftest import Gateway


def test_worker_sends_a_queued_message_within_seconds(session_factory, settings: Settings, gateway: Gateway) -> None:
    given = {name: SecretStr(text) for name, text in new_key_settings().items()}
    named = {"messages_http_url": gateway.url, "messages_http_secret": SecretStr("s")}
    settings = settings.model_copy(update={**given, **named})
    with transaction(session_factory) as session:
        to = Contact("phone", "+923001234567")
        queue_message(session, open_keys(settings), to, MessageText("otp_login", {"code": "123456"}))
    stop = threading.Event()
    with open_platform(settings) as platform:
        worker = threading.Thread(target=Worker(platform, declared_loops("pipelines", ["notifications"]), stop).run)
        worker.start()
        deadline = time.monotonic() + 20
        while not gateway.posts and time.monotonic() < deadline:
            time.sleep(0.05)
        stop.set()
        worker.join()
    assert [post["text"][:6] for post in gateway.posts] == ["123456"]
