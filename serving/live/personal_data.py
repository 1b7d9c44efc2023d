"""Erase the stream of a person. It holds ids and states alone, which the export shows where they come from."""

from sqlalchemy import delete

from core.db.tables.live import LiveEvent
from core.personal_data.changed_rows import changed_rows
from core.personal_data.subject import Erasing


def erase_stream(work: Erasing) -> int:
    """Delete the events of a person's stream. Its last number stays, so that no number is given twice."""
    return changed_rows(work, delete(LiveEvent).where(LiveEvent.stream_id == work.subject.user_id))
