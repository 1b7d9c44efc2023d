"""Events about photos that apps send."""

from core.engagement.schemas import EventField, EventSchema

PHOTO_VIEW = EventSchema(
    "photo_view", "A photo of a car was looked at.", (EventField("photo", "count", "Its place; the first is 1."),)
)
