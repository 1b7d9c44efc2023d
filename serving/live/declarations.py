"""Assemble the declarations of the live domain."""

from core.declarations import Declarations, Eraser, Retention
from core.live import KEPT
from serving.live.personal_data import erase_stream

DECLARATIONS = Declarations(
    retention=(Retention("live_events", "events of live streams", "numbered_at", KEPT),),
    erasers=(Eraser("events of one's own ads and leads, as they were pushed", erase_stream),),
    harmless_columns={"live_events": ("role", "topic", "kind", "payload")},
)
