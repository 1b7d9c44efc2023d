"""Go on after a dump was restored into another server, whose transaction ids begin anew.

Without this, positions and events of the old server would stand in the future of the new one: new events would look
as if they had been seen, and old ones as if they had not been committed.
"""

import logging

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.outbox.positions import THIS_SERVER

_log = logging.getLogger(__name__)
_FOREIGN = text(
    f"DELETE FROM outbox_offsets WHERE server IS DISTINCT FROM {THIS_SERVER} RETURNING consumer"  # noqa: S608  (no input)
)
_TO_COME = text(
    "UPDATE outbox_events SET xid = pg_current_xact_id()"
    " WHERE xid >= pg_snapshot_xmax(pg_current_snapshot()) AND xid <> pg_current_xact_id()"
)


def adopt_restored_outbox(session: Session) -> int:
    """Drop positions of another server, and give events from its future an id of this one; count the positions.

    Consumers then get the events that are kept once more, in the order of each subject; an index is built anew. Nothing
    happens on the server on which the positions were written. The caller commits.
    """
    found = session.scalars(_FOREIGN).all()
    if found:
        session.execute(_TO_COME)
        _log.warning("The database was restored from another server; these start anew: %s", ", ".join(sorted(found)))
    return len(found)
