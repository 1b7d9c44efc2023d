"""Tell who may know of an event, by words of channel and visibility such as `automart:public`, fixed when written.

Beside them the event's own organisation and person may know of it. The SQL function `outbox_audience` makes the words.
"""

from collections.abc import Collection
from uuid import UUID

from core.access.audience import Audience


def may_know(audience: Audience, words: Collection[str], org_id: UUID | None) -> bool:
    """Tell whether the audience may know of an event with these words, of this organisation."""
    own = org_id is not None and audience.org_id == org_id
    return own or any(f"{audience.channel}:{visibility}" in words for visibility in audience.visibilities)
