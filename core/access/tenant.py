"""Tell the database for whom a transaction works: policies read it (`core.access.policies`).

The settings hold until the end of the transaction and no longer, so a connection that goes back to the pool tells
nothing of its last user. Without them the transaction works for nobody, who sees what is public.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Final

from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.db.locks import LOCKS_SQL, Locks
from core.db.session import SessionFactory, before_next, forget_waiting, transaction
from core.db.together import gathering, write_with_waiting
from core.errors import AutomartError

PERSON: Final = "automart.person"
ORGS: Final = "automart.orgs"
DEALER: Final = "automart.dealer"
STAFF: Final = "automart.staff"
STEP: Final = "automart.step"
ACTING: Final = "automart.acting"

# Written for the driver: two of three requests begin with the first, and SQLAlchemy's way to the driver takes a third
# of its time. Nobody reads the values back: a statement without columns takes half of what five columns take.
_SET: Final = (
    f"SELECT WHERE set_config('{PERSON}', %(person)s, true) IS NOT NULL"
    f" AND set_config('{ORGS}', %(orgs)s, true) IS NOT NULL AND set_config('{DEALER}', %(dealer)s, true) IS NOT NULL"
    f" AND set_config('{STAFF}', %(staff)s, true) IS NOT NULL AND set_config('{ACTING}', %(acting)s, true) IS NOT NULL"
)
_SET_STEP: Final = f"SELECT WHERE set_config('{STEP}', %(step)s, true) IS NOT NULL"
_SET_STEP_LOCKED: Final = f"SELECT set_config('{STEP}', %(step)s, true), {LOCKS_SQL}"
"""One trip for a step and the locks that it begins with."""
_YES, _NO = "yes", ""


class Step(StrEnum):
    """A step of the platform itself, in which rows are needed before it is known whose they are.

    Each opens, while it lasts, the few tables whose policies name it.
    """

    LOGIN = "login"  # codes, sessions and their people, found by a contact's blind index or by a token
    INVITATION = "invitation"  # a membership, for whoever holds the invitation's token
    PHOTO = "photo"  # a picture, found by its bytes or by an address that the platform has signed
    COPIES = "copies"  # pairs of photos and the cars that show them, for a report to one of the two dealers
    EXPORT = "export"  # what is held of the caller in rows that it cannot read otherwise, as codes that wait
    DEPOSIT = "deposit"  # money between parties that may not see each other's accounts, and the car that it holds
    LIVE = "live"  # events for many callers at once, each of whom is checked before anything is sent
    LEAD = "lead"  # a buyer's lead, its clocks and its events, for an organisation that the buyer does not belong to
    REFUSAL = "refusal"  # records of refusals, of any caller: the refused transactions were rolled back


def work_for(session: Session, principal: Principal) -> None:
    """Let the transaction work for a caller. For the anonymous one nothing need be said."""
    if principal.is_anonymous:
        return
    given = {
        "person": str(principal.user_id or ""),
        "acting": str(principal.acting_id or ""),
        "orgs": ",".join(sorted(map(str, principal.org_ids))),
        "dealer": _YES if "dealer" in principal.org_kinds else _NO,
        "staff": _YES if principal.is_staff else _NO,
    }
    session.connection().exec_driver_sql(_SET, given)


@contextmanager
def transaction_for(sessions: SessionFactory, principal: Principal) -> Iterator[Session]:
    """Run one unit of work for a caller, as `core.db.session.transaction` does."""
    with transaction(sessions) as session:
        work_for(session, principal)
        yield session


@contextmanager
def platform_step(session: Session, step: Step, locks: Locks | None = None) -> Iterator[None]:
    """Open what a step of the platform needs, for as long as the block lasts; wait for locks before it begins."""
    before = str(session.info.get(STEP, ""))
    if before == step and locks is None:  # it is open, and its own block closes it
        yield
        session.flush()
        return
    _enter(session, str(step), locks)
    try:
        with gathering(session):
            try:
                yield
            except AutomartError:
                write_with_waiting(session)
                raise
            write_with_waiting(session)  # what the block changed is written under the step's policies
    except AutomartError:
        _leave(session, before)
        raise
    except BaseException:  # the transaction can only be rolled back now, and the setting with it
        session.info[STEP] = before
        raise
    _leave(session, before)


def _leave(session: Session, before: str) -> None:
    """Close a step before the next statement; a transaction that ends with it ends the step by itself."""
    if before:
        _enter(session, before)
    else:
        before_next(session, _SET_STEP, {"step": before})
        session.info[STEP] = before


def _enter(session: Session, step: str, locks: Locks | None = None) -> None:
    forget_waiting(session)
    if locks is None:
        session.connection().exec_driver_sql(_SET_STEP, {"step": step})
    else:
        given = {"step": step, "alone": list(locks.alone), "shared": list(locks.shared)}
        session.connection().exec_driver_sql(_SET_STEP_LOCKED, given)
    session.info[STEP] = step
