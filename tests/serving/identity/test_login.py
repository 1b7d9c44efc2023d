"""A code becomes a session or a proof, once; blocked people get neither."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.db.tables.logins import KnownDevice, UserSession
from core.identity.contacts import Contact, email
from core.security.keyring import new_keyring
from core.security.platform_keys import PlatformKeys
from serving.identity.contact_book import ContactBook
from serving.identity.errors import BlockedError, WrongCodeError
from serving.identity.logins.login import PROOF_LIFETIME, BadProofError, log_in, prove_contact, spend_proof
from serving.identity.logins.otp import Guess, OneTimeCodes, Purpose
from serving.identity.logins.refresh_tokens import RefreshTokens
from serving.identity.logins.sessions import Client, refresh_session
from tests.serving.identity.conftest import NOW


def code(session: Session, keys: PlatformKeys, contact: Contact, purpose: Purpose, minute: int = 0) -> Guess:
    sent = OneTimeCodes(session, keys).issue(contact, purpose, "d-1", NOW + timedelta(minutes=minute))
    return Guess(sent.request_id, sent.digits, "d-1")


def test_first_login_makes_the_person_and_the_next_one_finds_it(
    session: Session, keys: PlatformKeys, number: Contact
) -> None:
    first = log_in(session, keys, code(session, keys, number, Purpose.LOGIN), Client("d-1"), NOW)
    later = NOW + timedelta(minutes=2)
    second = log_in(session, keys, code(session, keys, number, Purpose.LOGIN, 2), Client("d-1"), later)
    assert first.user_id == second.user_id is not None
    assert first.session_id != second.session_id
    assert first.token is not None
    refreshed = refresh_session(session, RefreshTokens(keys.index), first.token, NOW)
    assert (refreshed.user_id, refreshed.session_id) == (first.user_id, first.session_id)
    assert session.scalar(select(func.count()).select_from(KnownDevice)) == 1


def test_used_code_starts_no_second_session(session: Session, keys: PlatformKeys, number: Contact) -> None:
    guess = code(session, keys, number, Purpose.LOGIN)
    log_in(session, keys, guess, Client(), NOW)
    assert isinstance(log_in(session, keys, guess, Client(), NOW).refused, WrongCodeError)
    assert session.scalar(select(func.count()).select_from(UserSession)) == 1


def test_code_for_a_proof_does_not_log_in(session: Session, keys: PlatformKeys, number: Contact) -> None:
    guess = code(session, keys, number, Purpose.CONTACT)
    assert isinstance(log_in(session, keys, guess, Client(), NOW).refused, WrongCodeError)
    assert prove_contact(session, keys, guess, NOW).proof is not None


def test_blocked_person_gets_no_session(session: Session, keys: PlatformKeys, number: Contact) -> None:
    ContactBook(session, keys).owner_or_new(number, NOW).blocked_at = NOW
    session.flush()
    outcome = log_in(session, keys, code(session, keys, number, Purpose.LOGIN), Client("d-1"), NOW)
    assert isinstance(outcome.refused, BlockedError)
    assert session.scalar(select(func.count()).select_from(UserSession)) == 0
    assert session.scalar(select(func.count()).select_from(KnownDevice)) == 0


def proof(session: Session, keys: PlatformKeys, contact: Contact) -> str:
    proven = prove_contact(session, keys, code(session, keys, contact, Purpose.CONTACT), NOW)
    assert proven.proof is not None
    return proven.proof


def test_proof_gives_the_contact_once(session: Session, keys: PlatformKeys, number: Contact) -> None:
    made = proof(session, keys, number)
    assert number.value not in made
    assert spend_proof(session, keys, made, "d-1", NOW) == number
    with pytest.raises(BadProofError):
        spend_proof(session, keys, made, "d-1", NOW)


def test_proof_is_bound_to_device_and_time(session: Session, keys: PlatformKeys) -> None:
    made = proof(session, keys, email("ali@example.pk"))
    for device, moment in (("d-2", NOW), (None, NOW), ("d-1", NOW + PROOF_LIFETIME)):
        with pytest.raises(BadProofError):
            spend_proof(session, keys, made, device, moment)
    spend_proof(session, keys, made, "d-1", NOW + PROOF_LIFETIME - timedelta(seconds=1))


def test_proof_of_other_keys_is_refused(session: Session, keys: PlatformKeys, number: Contact) -> None:
    made = proof(session, keys, number)
    for others in (
        PlatformKeys(keys.sealing, b"x" * 32, keys.signing),
        PlatformKeys(new_keyring(), keys.index, keys.signing),
    ):
        with pytest.raises(BadProofError):
            spend_proof(session, others, made, "d-1", NOW)


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "é", "eyJhbGciOiJub25lIn0.e30."])
def test_other_texts_are_no_proofs(session: Session, keys: PlatformKeys, text: str) -> None:
    with pytest.raises(BadProofError):
        spend_proof(session, keys, text, "d-1", NOW)
