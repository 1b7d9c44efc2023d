"""Events about searches that apps send."""

from core.engagement.schemas import EventField, EventSchema

SEARCH_DONE = EventSchema(
    "search",
    "A search was answered.",
    (
        EventField("query", "text", "The words that were typed. Phone numbers, CNICs and addresses are masked."),
        EventField("results", "count", "The number of cars found."),
    ),
    about_listing=False,
)
FACET_USE = EventSchema(
    "facet_use",
    "A filter was set.",
    (EventField("facet", "word", "Its name."), EventField("value", "word", "Its value.")),
    about_listing=False,
)
