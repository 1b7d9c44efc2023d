"""The background loops of webhooks: one makes messages of events, the others send them.

Several loops send, so that several processes do: each takes what is due and nobody else has.
"""

import asyncio
from collections.abc import Callable

from core.egress.http import trusted
from core.outbox.follow import following
from core.platform import Platform
from core.security.platform_keys import open_keys
from core.work.loop import Loop, Turn
from pipelines.webhooks.consumers import QUEUE
from pipelines.webhooks.dispatching import dispatch
from pipelines.webhooks.fan_out import fan_out
from pipelines.webhooks.sending import Sender, webhook_rules

_EVENTS_A_TURN = 1_000


def _sending(platform: Platform) -> Callable[[Turn], bool]:
    rules = webhook_rules(platform.settings)
    keys, trust = open_keys(platform.settings), trusted(rules)

    async def send(work: Turn) -> int:
        sender = Sender(rules, trust)
        try:
            return await dispatch(work, keys, sender)
        finally:
            await sender.close()

    return lambda work: asyncio.run(send(work)) > 0


QUEUE_MESSAGES = Loop("webhooks.queue", lambda _: following(QUEUE, fan_out, _EVENTS_A_TURN))
SEND = Loop("webhooks.send", _sending)
SEND_TOO = Loop("webhooks.send_2", _sending)
