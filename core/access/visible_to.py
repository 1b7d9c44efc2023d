"""Express an audience's condition in SQL, for repositories that read listings.

`core.search.audience_filter` expresses the same condition for search engines; a test holds the two equal.
"""

from sqlalchemy import ColumnElement, and_, or_

from core.access.audience import Audience
from core.db.tables import Listing

_VISITOR = Audience.anonymous()
_VISIBILITIES = ", ".join(f"'{each}'" for each in sorted(_VISITOR.visibilities))
IS_PUBLIC_SQL = f"(l.visibility IN ({_VISIBILITIES}) AND l.channels @> ARRAY['{_VISITOR.channel}'])"
"""The condition of `visible_to` for visitors, for COPY and statements of text over `listings l`."""


def visible_to(audience: Audience) -> ColumnElement[bool]:
    """Match listings that the audience may see, whatever their status."""
    visible: ColumnElement[bool] = Listing.visibility.in_(sorted(audience.visibilities))
    if audience.org_id is not None:
        visible = or_(visible, Listing.org_id == audience.org_id)
    return and_(Listing.channels.contains([audience.channel.value]), visible)
