"""Tell the administrators of an organisation that a webhook of theirs fails, or is disabled, once for each time."""

import logging
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from core.db.tables.webhooks import WebhookEndpoint
from core.outbox.events import Event
from core.security.platform_keys import PlatformKeys
from serving.notifications.administrators import administrators_of
from serving.notifications.notifying import Notice, notify

_log = logging.getLogger(__name__)
_TEMPLATES: Final = {"failing": "webhook_failing", "disabled": "webhook_disabled"}


def notifying_administrators(keys: PlatformKeys) -> Callable[[Session, Sequence[Event]], None]:
    """Make the handler of events of webhooks: messages are queued in the transaction in which they are read."""

    def handle(session: Session, events: Sequence[Event]) -> None:
        for event in events:
            _notify(session, keys, event)

    return handle


def _notify(session: Session, keys: PlatformKeys, event: Event) -> None:
    endpoint = session.get(WebhookEndpoint, event.subject_id)
    if endpoint is None or endpoint.deleted_at is not None or event.kind not in _TEMPLATES:
        return
    values = {"host": urlsplit(endpoint.url).hostname or ""}  # the path and the query could hold a secret
    notice = Notice(_TEMPLATES[event.kind], values)
    told = sum(notify(session, keys, person, notice) > 0 for person in administrators_of(session, endpoint.org_id))
    _log.info("webhook %s is %s: %d administrators are told", endpoint.id, event.kind, told)
