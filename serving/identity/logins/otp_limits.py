"""Count codes that are sent and guesses that are wrong, so that strangers neither guess a code nor lock its owner out.

A device that logged in with the contact before has counts of its own; all other devices share one count for the
contact. Whatever strangers ask or guess, the owner's device goes on.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db.tables.logins import KnownDevice, OtpChallenge, OtpGuesses

WRONG_A_DAY: Final = 20
COOLDOWN: Final = timedelta(seconds=60)
CODES_AN_HOUR: Final = 5
_STRANGERS: Final = ""


def counted_device(session: Session, index: bytes, device: str | None) -> str:
    """Return the device under which requests and guesses are counted: itself where it is known, else all strangers'."""
    if device is None:
        return _STRANGERS
    known = select(KnownDevice.device).where(KnownDevice.blind_index == index, KnownDevice.device == device)
    return device if session.scalar(known) is not None else _STRANGERS


def remember_device(session: Session, index: bytes, device: str | None, now: datetime) -> None:
    """Record that a device logged in with a contact."""
    if device is not None:
        statement = insert(KnownDevice).values(blind_index=index, device=device, last_login_at=now)
        session.execute(
            statement.on_conflict_do_update(index_elements=["blind_index", "device"], set_={"last_login_at": now})
        )


def seconds_until_next_code(session: Session, index: bytes, device: str, now: datetime) -> int:
    """Return how long this device must wait for another code to this contact; 0 where it need not.

    `device` is that of `counted_device`. One code in COOLDOWN, CODES_AN_HOUR in an hour.
    """
    mine = OtpChallenge.device == device if device else OtpChallenge.device.is_(None)
    recent = select(func.count(), func.max(OtpChallenge.created_at), func.min(OtpChallenge.created_at)).where(
        OtpChallenge.blind_index == index, mine, OtpChallenge.created_at > now - timedelta(hours=1)
    )
    count, newest, oldest = session.execute(recent).one()
    if count == 0:
        return 0
    wait = newest + COOLDOWN - now if count < CODES_AN_HOUR else oldest + timedelta(hours=1) - now
    return max(0, int(wait.total_seconds() + 0.999))


def take_guess(session: Session, index: bytes, device: str, now: datetime) -> bool:
    """Count a guess as wrong before it is looked at; False where WRONG_A_DAY of today are used up.

    Counted first, so that a thousand guesses at once are twenty at most: each waits for the row of the one before.
    """
    statement = insert(OtpGuesses).values(blind_index=index, device=device, day=now.date(), wrong=1)
    counted = statement.on_conflict_do_update(
        index_elements=["blind_index", "device", "day"],
        set_={"wrong": OtpGuesses.wrong + 1},
        where=OtpGuesses.wrong < WRONG_A_DAY,
    ).returning(OtpGuesses.wrong)
    return session.scalar(counted) is not None


def give_guess_back(session: Session, index: bytes, device: str, now: datetime) -> None:
    """Take back the count of a guess that was right."""
    session.execute(
        update(OtpGuesses)
        .where(OtpGuesses.blind_index == index, OtpGuesses.device == device, OtpGuesses.day == now.date())
        .values(wrong=OtpGuesses.wrong - 1)
    )
