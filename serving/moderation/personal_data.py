"""Erase and export cases of private sellers."""

from __future__ import annotations

from typing import Final

from sqlalchemy import delete

from core.db.tables.moderation import ModerationCase
from core.declarations import Eraser, Exporter
from core.personal_data.changed_rows import changed_rows
from core.personal_data.exported_rows import exported_rows
from core.personal_data.subject import Erasing, Exporting, Rows


def _erase_cases(work: Erasing) -> int:
    return changed_rows(work, delete(ModerationCase).where(ModerationCase.seller_id == work.subject.user_id))


def _cases(work: Exporting) -> Rows:
    return exported_rows(work, ModerationCase, ModerationCase.seller_id == work.subject.user_id)


ERASERS: Final = (Eraser("cases of moderation", _erase_cases),)
EXPORTERS: Final = (Exporter("moderation_cases", _cases),)
