"""One-time codes: six digits, sent to a phone or an e-mail address, good for five minutes and for one use."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db.ids import new_id
from core.db.tables.logins import OtpChallenge
from core.errors import AutomartError
from core.identity.contacts import Contact
from core.identity.sealed_contacts import CHALLENGED_CONTACT, contact_index, open_contact
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys
from core.security.sealing import CannotOpenError, derive
from serving.identity.errors import CodeSentRecentlyError, TooManyGuessesError, WrongCodeError
from serving.identity.logins import otp_limits

LIFETIME: Final = timedelta(minutes=5)
DIGITS: Final = 6
WRONG_A_CODE: Final = 5


class Purpose(StrEnum):
    """The purpose of a code; a code of one purpose is refused for the other."""

    LOGIN = "login"
    CONTACT = "contact"


@dataclass(frozen=True)
class SentCode:
    """A code to be sent: its request id for the client, the digits for the message alone."""

    request_id: UUID
    digits: str
    expires_at: datetime

    def __repr__(self) -> str:
        """Return the request id alone: digits never reach a log."""
        return f"SentCode({self.request_id})"


@dataclass(frozen=True)
class Guess:
    """A code as it was typed, with the request that it answers and the device."""

    request_id: UUID
    digits: str
    device: str | None = None

    def __repr__(self) -> str:
        """Return the request id alone: digits never reach a log."""
        return f"Guess({self.request_id})"


@dataclass(frozen=True)
class Verified:
    """The outcome of a guess. It is a value and no error, so that the count of wrong guesses is committed with it."""

    contact: Contact | None = None
    refused: AutomartError | None = None


class OneTimeCodes:
    """Issues and verifies codes. The caller commits after each call, refused or not."""

    def __init__(self, session: Session, keys: PlatformKeys) -> None:
        self._session = session
        self._keys = keys
        self._sealer = Sealer(session, keys)
        self._key = derive(keys.index, "one-time codes")

    def issue(self, contact: Contact, purpose: Purpose, device: str | None, now: datetime) -> SentCode:
        """Make a code for a contact; codes that were issued before stay good until they expire.

        Unknown contacts get a code like known ones: nobody learns by it who has an account.

        Raises:
            CodeSentRecentlyError: this device, or strangers together, asked a moment ago or too often this hour.
        """
        index = contact_index(self._keys, contact)
        self._take_turns(index)
        counted = otp_limits.counted_device(self._session, index, device)
        wait = otp_limits.seconds_until_next_code(self._session, index, counted, now)
        if wait:
            raise CodeSentRecentlyError(wait)
        digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
        row = OtpChallenge(
            id=new_id(),
            purpose=purpose,
            kind=contact.kind,
            blind_index=index,
            device=counted or None,
            created_at=now,
            expires_at=now + LIFETIME,
        )
        row.sealed = CHALLENGED_CONTACT.seal(self._sealer, row, contact.value)
        row.code_digest = self._digest(row, digits)
        self._session.add(row)
        self._session.flush()
        return SentCode(row.id, digits, row.expires_at)

    def verify(self, guess: Guess, purpose: Purpose, now: datetime) -> Verified:
        """Use up a code. Of any number of right guesses at once exactly one succeeds."""
        row = self._session.get(OtpChallenge, guess.request_id, with_for_update=True)
        if row is None or row.purpose != purpose:
            return Verified(refused=WrongCodeError())
        counted = otp_limits.counted_device(self._session, row.blind_index, guess.device)
        if not otp_limits.take_guess(self._session, row.blind_index, counted, now):
            return Verified(refused=TooManyGuessesError(_seconds_until_tomorrow(now)))
        spent = row.consumed_at is not None or row.expires_at <= now or row.wrong_guesses >= WRONG_A_CODE
        if not hmac.compare_digest(self._digest(row, _six_digits(guess.digits)), row.code_digest) or spent:
            row.wrong_guesses = min(row.wrong_guesses + 1, WRONG_A_CODE)
            self._session.flush()
            return Verified(refused=WrongCodeError())
        try:
            contact = open_contact(self._sealer, CHALLENGED_CONTACT, row)
        except CannotOpenError:  # the person was erased after the code was sent
            return Verified(refused=WrongCodeError())
        otp_limits.give_guess_back(self._session, row.blind_index, counted, now)
        row.consumed_at = now
        self._session.flush()
        return Verified(contact=contact)

    def _digest(self, row: OtpChallenge, digits: str) -> bytes:
        bound = "\x00".join((row.purpose, row.kind, row.blind_index.hex(), str(row.id), digits))
        return hmac.digest(self._key, bound.encode(), "sha256")

    def _take_turns(self, index: bytes) -> None:
        """Let requests for one contact wait for each other, so that the cooldown holds under parallel ones."""
        number = int.from_bytes(derive(index, "one-time codes lock")[:8], "big", signed=True)
        self._session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def _six_digits(typed: str) -> str:
    """Return the digits of a code as typed, with blanks and a dash in it, or in Urdu digits; else as it is."""
    plain = "".join(letter for letter in typed if letter not in " -\u00a0")
    return "".join(str(int(letter)) for letter in plain) if plain.isdecimal() and len(plain) == DIGITS else typed


def _seconds_until_tomorrow(now: datetime) -> int:
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return int((midnight - now).total_seconds()) + 1
