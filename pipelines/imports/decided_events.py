"""Write events of files of stock that were decided."""

from typing import Final

from sqlalchemy.orm import Session

from core.db.tables import FeedFile
from core.observability.redaction import mask_contacts
from core.outbox.emit import emit
from core.outbox.events import NewEvent
from pipelines.feeds.consumers import TOPIC

_LONGEST_REASON: Final = 300  # of the sentence that says why: a payload has a bound


def emit_decided(session: Session, *files: FeedFile) -> None:
    """Write an event of each file, of the kind of its status; files that changed nothing have none."""
    emit(session, TOPIC, *(_event(file) for file in files))


def _event(file: FeedFile) -> NewEvent:
    refusal = None if file.refusal is None else mask_contacts(file.refusal)[:_LONGEST_REASON]
    facts = {
        "mapping": file.mapping, "rows": file.row_counts, "removals_held": file.removals_held, "refusal": refusal,
    }  # fmt: skip
    return NewEvent(file.id, file.status, file.org_id, payload=facts)
