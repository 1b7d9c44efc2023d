"""A deleted search takes its matches with it, also those that are being found at that moment."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

from sqlalchemy import Engine, delete, func, select, text
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.access.tenant import work_for
from core.clock import utc_now
from core.db.logins import Login
from core.db.session import SessionFactory, transaction
from core.db.tables.saved_searches import SavedSearch, SavedSearchMatch
from core.search import ListingFilters
from core.vocabulary import Channel
from pipelines.search.alerts.matching import ChangedCar, keep_matches
from tests.core.search.conftest import document
from tests.pipelines.search.alerts.test_conformance import owner_of, saved
from tests.waiting import until

FOUND = select(func.count()).select_from(SavedSearchMatch)
WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")


def kept(session: Session) -> int:
    """Find the searches of a car, and return their number."""
    now = utc_now()
    return keep_matches(session, [ChangedCar(document(id=uuid4()), now, arrived=("automart",))], now).new


def search(session: Session, owner: UUID) -> UUID:
    return saved(session, owner, ListingFilters(make=("Toyota",)), "", Channel.AUTOMART)


def test_matches_go_with_their_search_alone(session: Session) -> None:
    owner = owner_of(session)
    gone, stays = search(session, owner), search(session, owner)
    session.flush()
    assert kept(session) == 2
    session.execute(delete(SavedSearch).where(SavedSearch.id == gone))
    assert session.scalars(select(SavedSearchMatch.search_id)).all() == [stays]


def test_search_that_is_deleted_meanwhile_gets_no_match(session_factory: SessionFactory) -> None:
    with transaction(session_factory) as session:
        owner = owner_of(session)
        gone, _ = search(session, owner), search(session, owner)

    def find() -> int:
        with transaction(session_factory) as session:
            return kept(session)

    with ThreadPoolExecutor(1) as pool:
        with transaction(session_factory) as session:
            session.execute(delete(SavedSearch).where(SavedSearch.id == gone))
            finding = pool.submit(find)
            until(lambda: session.scalar(WAITING) == 1)
        assert finding.result() == 1
    with transaction(session_factory) as session:
        assert session.scalar(FOUND) == 1


def test_search_that_is_deleted_after_it_was_found_takes_the_match(session_factory: SessionFactory) -> None:
    with transaction(session_factory) as session:
        gone = search(session, owner_of(session))

    def forget() -> None:
        with transaction(session_factory) as session:
            session.execute(delete(SavedSearch).where(SavedSearch.id == gone))

    with ThreadPoolExecutor(1) as pool:
        with transaction(session_factory) as session:
            assert kept(session) == 1
            forgetting = pool.submit(forget)
            until(lambda: session.scalar(WAITING) == 1)
        forgetting.result()
    with transaction(session_factory) as session:
        assert session.scalar(FOUND) == 0


def test_person_deletes_a_search_with_its_matches_under_the_rights_of_the_api(admin_engine: Engine) -> None:
    with Session(admin_engine) as session:
        owner, other = owner_of(session), owner_of(session)
        gone, stays = search(session, owner), search(session, other)
        session.flush()
        assert kept(session) == 2
        session.execute(text(f"SET LOCAL ROLE {Login.APPLICATION}"))
        work_for(session, Principal(user_id=owner))
        deleted = delete(SavedSearch).where(SavedSearch.id.in_((gone, stays))).returning(SavedSearch.id)
        assert session.scalars(deleted).all() == [gone]
        session.execute(text("RESET ROLE"))
        assert session.scalars(select(SavedSearchMatch.search_id)).all() == [stays]
