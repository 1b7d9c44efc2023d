"""Export what the tables of the identity domain hold of a person."""

from __future__ import annotations

from typing import Final

from sqlalchemy import or_

from core.db.tables.logins import KnownDevice, OtpChallenge, OtpGuesses, UserSession
from core.db.tables.people import Invitation, Login, OrgMembership, User, UserContact
from core.declarations import Exporter
from core.identity.sealed_contacts import CHALLENGED_CONTACT, INVITED_CONTACT, USER_CONTACT, USER_NAME
from core.personal_data.exported_rows import exported_rows
from core.personal_data.subject import Exporting, Rows


def _person(work: Exporting) -> Rows:
    return exported_rows(work, User, User.id == work.subject.user_id, sealed=(USER_NAME,))


def _contacts(work: Exporting) -> Rows:
    return exported_rows(work, UserContact, UserContact.user_id == work.subject.user_id, sealed=(USER_CONTACT,))


def _logins(work: Exporting) -> Rows:
    return exported_rows(work, Login, Login.user_id == work.subject.user_id)


def _sessions(work: Exporting) -> Rows:
    return exported_rows(work, UserSession, UserSession.user_id == work.subject.user_id)


def _memberships(work: Exporting) -> Rows:
    return exported_rows(work, OrgMembership, OrgMembership.user_id == work.subject.user_id)


def _invitations(work: Exporting) -> Rows:
    mine = or_(Invitation.accepted_by == work.subject.user_id, Invitation.blind_index.in_(work.subject.indexes))
    return exported_rows(work, Invitation, mine, sealed=(INVITED_CONTACT,), leave_out=("token_digest",))


def _codes(work: Exporting) -> Rows:
    mine = OtpChallenge.blind_index.in_(work.subject.indexes)
    return exported_rows(work, OtpChallenge, mine, sealed=(CHALLENGED_CONTACT,), leave_out=("code_digest",))


def _guesses(work: Exporting) -> Rows:
    return exported_rows(work, OtpGuesses, OtpGuesses.blind_index.in_(work.subject.indexes))


def _devices(work: Exporting) -> Rows:
    return exported_rows(work, KnownDevice, KnownDevice.blind_index.in_(work.subject.indexes))


EXPORTERS: Final = (
    Exporter("users", _person),
    Exporter("user_contacts", _contacts),
    Exporter("logins", _logins),
    Exporter("sessions", _sessions),
    Exporter("memberships", _memberships),
    Exporter("invitations", _invitations),
    Exporter("otp_challenges", _codes),
    Exporter("otp_guesses", _guesses),
    Exporter("known_devices", _devices),
)
