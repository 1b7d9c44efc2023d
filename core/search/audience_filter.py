"""Express an audience's condition as a filter for search engines; `core.access.visible_to` says the same in SQL."""

from core.access.audience import Audience
from core.search.filters import AllOf, AnyOf, Filter, SomeOf, TermField


def filter_of(audience: Audience) -> Filter:
    """Return the condition that every listing shown to this audience meets."""
    visible: list[Filter] = [AnyOf(TermField.VISIBILITY, tuple(sorted(audience.visibilities)))]
    if audience.org_id is not None:
        visible.append(AnyOf(TermField.ORG, (audience.org_id.hex,)))
    return AllOf((AnyOf(TermField.CHANNEL, (audience.channel,)), SomeOf(tuple(visible))))
