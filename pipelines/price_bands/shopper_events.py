"""Events about prices that apps send."""

from core.engagement.schemas import EventField, EventSchema

BAND_VIEW = EventSchema(
    "band_view", "The price band of a car was looked at.", (EventField("rating", "word", "The deal rating shown."),)
)
