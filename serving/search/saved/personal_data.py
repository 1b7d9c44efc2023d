"""Erase and export a person's saved and recent searches; the cars that saved ones found go with them."""

from typing import Final

from sqlalchemy import delete, select

from core.db.tables.recent_searches import RecentSearch
from core.db.tables.saved_searches import SavedSearch, SavedSearchMatch
from core.declarations import Eraser, Exporter
from core.personal_data.changed_rows import changed_rows
from core.personal_data.exported_rows import exported_rows
from core.personal_data.subject import Erasing, Exporting, Rows


def _erase(work: Erasing) -> int:
    return changed_rows(work, delete(SavedSearch).where(SavedSearch.user_id == work.subject.user_id))


def _erase_recent(work: Erasing) -> int:
    return changed_rows(work, delete(RecentSearch).where(RecentSearch.user_id == work.subject.user_id))


def _recent(work: Exporting) -> Rows:
    return exported_rows(work, RecentSearch, RecentSearch.user_id == work.subject.user_id)


def _searches(work: Exporting) -> Rows:
    return exported_rows(work, SavedSearch, SavedSearch.user_id == work.subject.user_id)


def _matches(work: Exporting) -> Rows:
    mine = select(SavedSearch.id).where(SavedSearch.user_id == work.subject.user_id)
    return exported_rows(work, SavedSearchMatch, SavedSearchMatch.search_id.in_(mine))


ERASERS: Final = (Eraser("saved searches", _erase), Eraser("recent searches", _erase_recent))
EXPORTERS: Final = (
    Exporter("saved_searches", _searches),
    Exporter("saved_search_matches", _matches),
    Exporter("recent_searches", _recent),
)
