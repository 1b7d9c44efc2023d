"""Erase a person from the tables of the identity domain, one function a kind of row."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import delete, or_, update
from sqlalchemy.orm import InstrumentedAttribute

from core.db.tables.logins import KnownDevice, OtpChallenge, OtpGuesses, UserSession
from core.db.tables.people import Invitation, Login, OrgMembership, ServiceAccount, User, UserContact
from core.declarations import Eraser
from core.personal_data.changed_rows import changed_rows
from core.personal_data.subject import Erasing


def _contacts(work: Erasing) -> int:
    return changed_rows(work, delete(UserContact).where(UserContact.user_id == work.subject.user_id))


def _sessions(work: Erasing) -> int:
    return changed_rows(work, delete(UserSession).where(UserSession.user_id == work.subject.user_id))


def _logins(work: Erasing) -> int:
    return changed_rows(work, delete(Login).where(Login.user_id == work.subject.user_id))


def _memberships(work: Erasing) -> int:
    return changed_rows(work, delete(OrgMembership).where(OrgMembership.user_id == work.subject.user_id))


def _invitations(work: Erasing) -> int:
    mine = or_(Invitation.accepted_by == work.subject.user_id, Invitation.blind_index.in_(work.subject.indexes))
    return changed_rows(work, delete(Invitation).where(mine))


def _codes(work: Erasing) -> int:
    return changed_rows(work, delete(OtpChallenge).where(OtpChallenge.blind_index.in_(work.subject.indexes)))


def _guesses(work: Erasing) -> int:
    return changed_rows(work, delete(OtpGuesses).where(OtpGuesses.blind_index.in_(work.subject.indexes)))


def _devices(work: Erasing) -> int:
    return changed_rows(work, delete(KnownDevice).where(KnownDevice.blind_index.in_(work.subject.indexes)))


def _granted(work: Erasing) -> int:
    """Take the person's id out of what it gave to others."""
    columns: tuple[InstrumentedAttribute[Any], ...] = (
        OrgMembership.granted_by,
        Invitation.invited_by,
        ServiceAccount.created_by,
    )
    return sum(
        changed_rows(work, update(column.class_).where(column == work.subject.user_id).values({column.key: None}))
        for column in columns
    )


def _person(work: Erasing) -> int:
    return changed_rows(work, delete(User).where(User.id == work.subject.user_id))


ERASERS: Final = (
    Eraser("sessions", _sessions),
    Eraser("memberships", _memberships),
    Eraser("invitations", _invitations),
    Eraser("one-time codes", _codes),
    Eraser("wrong guesses", _guesses),
    Eraser("known devices", _devices),
    Eraser("names in what was given to others", _granted),
    Eraser("contacts", _contacts, last=True),
    Eraser("logins", _logins, last=True),
    Eraser("person", _person, last=True),
)
