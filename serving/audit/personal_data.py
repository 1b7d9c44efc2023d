"""Export the audit records of a person: what it did, and what was done to it.

Nothing is erased here: records are append-only. They name people by random ids, and hold personal fields sealed under
keys that the erasure destroys.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import and_, or_

from core.audit.sealed_fields import open_fields
from core.db.tables.audit import AuditRecord
from core.declarations import Exporter
from core.personal_data.exported_rows import exported_rows
from core.personal_data.subject import Exporting, Rows

_OF_THE_ACTOR: Final = ("session_id", "device", "address_class")
"""Columns that are about whoever acted: left out of records in which that was another person."""


def _records(work: Exporting) -> Rows:
    user_id = work.subject.user_id
    about = and_(AuditRecord.subject_kind == "user", AuditRecord.subject_id == str(user_id))
    for row in exported_rows(work, AuditRecord, or_(AuditRecord.user_id == user_id, about)):
        subject = f"{row['subject_kind']}:{row['subject_id']}"
        opened = {name: open_fields(work.sealer, subject, row[name]) for name in ("before", "after")}
        theirs = {} if row["user_id"] == user_id else dict.fromkeys(_OF_THE_ACTOR)
        yield {**row, **opened, **theirs}


EXPORTERS: Final = (Exporter("audit_records", _records),)
