"""The process that queues and sends webhooks, and is killed; leases and pauses are short, so that a sweep ends."""

import asyncio
import json
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy.exc import OperationalError

from core.db.logins import login_settings
from core.db.session import make_engine, make_session_factory
from core.egress.http import trusted
from core.outbox.follow import following
from core.security.platform_keys import open_keys
from core.settings import Settings
from pipelines.webhooks import claims, schedule, sending
from pipelines.webhooks.consumers import QUEUE
from pipelines.webhooks.dispatching import dispatch
from pipelines.webhooks.fan_out import fan_out
from tests.factories.turns import OneTurn
from tests.factories.webhooks import LOOPBACK
from tests.torture.forking import fork_at_each_word

KEYS = "keys.json"
OVER = "over"


def work(_: str, folder: Path, url: str) -> None:
    """Queue and send until the file `over` is there; a server that is gone is waited for."""
    claims.LEASE, sending.TOTAL_SECONDS = timedelta(seconds=8), 4  # type: ignore[misc]
    schedule.PLAN = tuple(timedelta(seconds=min(number, 1) * 0.3) for number in range(10))  # type: ignore[misc]
    settings = Settings(automart_home=folder, **login_settings(url), **json.loads((folder / KEYS).read_text()))
    keys, engine = open_keys(settings), make_engine(url)
    turn, queue = OneTurn(make_session_factory(engine)), following(QUEUE, fan_out, 500)

    async def send() -> None:
        sender = sending.Sender(LOOPBACK, trusted(LOOPBACK))
        try:
            await dispatch(turn, keys, sender, seconds=1.0)
        finally:
            await sender.close()

    while not (folder / OVER).exists():
        try:
            queue(turn)
            asyncio.run(send())
        except OperationalError:
            time.sleep(0.2)
        time.sleep(0.02)
    engine.dispose()


if __name__ == "__main__":
    fork_at_each_word(work)
