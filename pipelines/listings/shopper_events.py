"""Events about listings that apps send."""

from core.engagement.schemas import EventField, EventSchema

IMPRESSION = EventSchema("listing_impression", "A car was shown in a list.")
VIEW = EventSchema(
    "listing_view",
    "The page of a car was opened.",
    (EventField("dwell_ms", "count", "Milliseconds for which it was looked at, where the app sends it at the end."),),
)
SHARE = EventSchema("share", "A car was shared.", (EventField("target", "word", "The app or way of sharing."),))
FAVOURITE = EventSchema(
    "favourite", "A car was put on, or taken off, a list of favourites.", (EventField("on", "flag", "Put on."),)
)
COMPARE = EventSchema("compare", "A car was put beside others.", (EventField("with", "count", "How many others."),))
