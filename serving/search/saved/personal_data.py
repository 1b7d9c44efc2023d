"""Erase and export a person's saved searches; the cars that they found go with them."""

from typing import Any, Final

from sqlalchemy import delete, select

from core.db.tables.saved_searches import SavedSearch, SavedSearchMatch
from core.declarations import Eraser, Exporter
from core.personal_data.exported_rows import exported_rows
from core.personal_data.subject import Erasing, Exporting, Rows


def _erase(work: Erasing) -> int:
    done: Any = work.session.execute(delete(SavedSearch).where(SavedSearch.user_id == work.subject.user_id))
    return int(done.rowcount)


def _searches(work: Exporting) -> Rows:
    return exported_rows(work, SavedSearch, SavedSearch.user_id == work.subject.user_id)


def _matches(work: Exporting) -> Rows:
    mine = select(SavedSearch.id).where(SavedSearch.user_id == work.subject.user_id)
    return exported_rows(work, SavedSearchMatch, SavedSearchMatch.search_id.in_(mine))


ERASERS: Final = (Eraser("saved searches", _erase),)
EXPORTERS: Final = (Exporter("saved_searches", _searches), Exporter("saved_search_matches", _matches))
