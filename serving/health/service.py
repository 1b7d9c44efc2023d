"""Check that the parts of the platform answer, each by the cheapest call that needs the whole part."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine

from core.access.audience import Audience
from core.clock import utc_now
from core.db.migrate import require_head
from core.db.session import SessionFactory, transaction
from core.errors import AutomartError, RetryableError
from core.outbox.lag import Lag
from core.search.engine import SearchEngine
from core.search.following import index_lag
from core.storage import Storage
from core.work.claims import LoopState, loop_states
from pipelines.leads.timers import TimerBacklog, timer_backlog

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PartHealth:
    """One part; code and detail are None when it is well. The detail never carries an address."""

    part: str
    code: str | None
    detail: str | None


def check_parts(sessions: SessionFactory, storage: Storage, search: SearchEngine) -> list[PartHealth]:
    """Ask database (at the newest schema), storage (answers) and search (an index that can be read)."""
    checks: dict[str, Callable[[], object]] = {
        "database": lambda: require_head(_engine(sessions)),
        "storage": lambda: storage.exists("health/never-written"),
        "search": lambda: search.count(Audience.anonymous()),
    }
    return [_checked(part, check) for part, check in checks.items()]


def search_lag(sessions: SessionFactory, search: SearchEngine) -> Lag:
    """Measure how far the index is behind the listings; for dashboards, which alarm where it grows."""
    with transaction(sessions) as session:
        return index_lag(session, search.index_id())


def overdue_timers(sessions: SessionFactory) -> TimerBacklog:
    """Measure how many steps of leads' clocks are overdue; for dashboards, which alarm where it grows."""
    with transaction(sessions) as session:
        return timer_backlog(session, utc_now())


def background_loops(sessions: SessionFactory) -> list[LoopState]:
    """Return every background loop that was ever run, and whether a process runs it now."""
    with transaction(sessions) as session:
        return loop_states(session)


def _engine(sessions: SessionFactory) -> Engine:
    bind = sessions.kw["bind"]
    if not isinstance(bind, Engine):
        raise RetryableError("The session factory has no engine.")
    return bind


def _checked(part: str, check: Callable[[], object]) -> PartHealth:
    try:
        check()
    except AutomartError as error:
        return PartHealth(part, error.code, error.detail)
    except Exception:  # noqa: BLE001
        _log.warning("%s is not ready", part, exc_info=True)
        return PartHealth(part, f"{part}_unavailable", f"The {part} does not answer; see the log for why.")
    return PartHealth(part, None, None)
