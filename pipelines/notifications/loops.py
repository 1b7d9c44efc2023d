"""The background loops of messages, one for each channel: a mail server that hangs holds up no phone."""

from collections.abc import Callable

from core.platform import Platform
from core.security.platform_keys import open_keys
from core.work.loop import Loop, Turn
from pipelines.notifications.channels import Channel
from pipelines.notifications.send import Outlet, send_due
from pipelines.notifications.senders.choose import choose_sender

_A_TURN = 20  # at ten seconds each for a sender that hangs, well within the longest turn


def _sending(channel: Channel) -> Callable[[Platform], Callable[[Turn], bool]]:
    def start(platform: Platform) -> Callable[[Turn], bool]:
        settings = platform.settings
        sender, keys = choose_sender(settings, channel), open_keys(settings)
        outlet = Outlet(channel, sender, keys, settings.messages_per_hour)

        def turn(work: Turn) -> bool:
            result = send_due(work.transaction, outlet, _A_TURN)
            return result.sent + result.held + result.dropped + result.failed == _A_TURN

        return turn

    return start


SMS = Loop("notifications.sms", _sending("sms"))
WHATSAPP = Loop("notifications.whatsapp", _sending("whatsapp"))
EMAIL = Loop("notifications.email", _sending("email"))
PUSH = Loop("notifications.push", _sending("push"))
