"""Warn dealers of cars on offer that have one chassis number; both stay as they are."""

from collections.abc import Container, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from core.db.tables import FeedFile
from pipelines.feeds.file_warnings import UNSEALED, FileWarning
from pipelines.listings.chassis.doubles import repeated_within


def keep_chassis_warnings(session: Session, files: Sequence[FeedFile], unsealed: Container[UUID] = ()) -> None:
    """Note in files that were just applied which cars of their dealer have one number.

    `unsealed` are the files whose numbers could not be sealed: the same bytes are read again when they come again.
    """
    repeated = repeated_within(session, [file.org_id for file in files])
    for file in files:
        warnings = [
            FileWarning.about("chassis_of_many" if each.names_no_car else "chassis_repeated", each.source_keys)
            for each in repeated[file.org_id]
        ]
        if file.id in unsealed:
            warnings.append(FileWarning.about(UNSEALED, ()))
        file.warnings = [each.as_json() for each in warnings]
