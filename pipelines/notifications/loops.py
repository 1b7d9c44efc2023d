"""The background loops of messages, one for each kind of contact: a mail server that hangs holds up no phone."""

from collections.abc import Callable

from core.identity.contacts import ContactKind
from core.platform import Platform
from core.security.platform_keys import open_keys
from core.work.loop import Loop, Turn
from pipelines.notifications.send import Outlet, send_due
from pipelines.notifications.senders.choose import choose_sender

_A_TURN = 20  # at ten seconds each for a sender that hangs, well within the longest turn


def _sending(kind: ContactKind) -> Callable[[Platform], Callable[[Turn], bool]]:
    def start(platform: Platform) -> Callable[[Turn], bool]:
        settings = platform.settings
        sender, keys = choose_sender(settings, kind), open_keys(settings)
        outlet = Outlet(kind, sender, keys, settings.messages_per_hour)
        return lambda work: send_due(work.transaction, outlet, _A_TURN).sent == _A_TURN

    return start


SEND_TO_PHONES = Loop("notifications.phone", _sending("phone"))
SEND_TO_EMAILS = Loop("notifications.email", _sending("email"))
