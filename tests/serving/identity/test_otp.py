"""Codes are used once, guessed rarely, and their owner is never locked out by strangers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db.session import SessionFactory, transaction
from core.identity.contacts import Contact, email
from core.security.platform_keys import PlatformKeys
from serving.identity.errors import CodeSentRecentlyError, TooManyGuessesError, WrongCodeError
from serving.identity.logins.otp import Guess, OneTimeCodes, Purpose, SentCode
from serving.identity.logins.otp_limits import CODES_AN_HOUR, WRONG_A_DAY, remember_device
from tests.serving.identity.conftest import NOW

LOGIN = Purpose.LOGIN


@pytest.fixture
def codes(session: Session, keys: PlatformKeys) -> OneTimeCodes:
    return OneTimeCodes(session, keys)


def wrong(sent: SentCode) -> str:
    return f"{(int(sent.digits) + 1) % 10**6:06d}"


def test_right_code_gives_the_contact_once(codes: OneTimeCodes, number: Contact) -> None:
    sent = codes.issue(number, LOGIN, None, NOW)
    assert codes.verify(Guess(sent.request_id, sent.digits), LOGIN, NOW).contact == number
    assert isinstance(codes.verify(Guess(sent.request_id, sent.digits), LOGIN, NOW).refused, WrongCodeError)


@pytest.mark.parametrize("typed", ["{} ", " {}", "{0:.3} {1}", "{0:.3}-{1}"])
def test_code_may_be_typed_with_blanks_or_a_dash(codes: OneTimeCodes, number: Contact, typed: str) -> None:
    sent = codes.issue(number, LOGIN, None, NOW)
    parts = (sent.digits, sent.digits[3:]) if "{1}" in typed else (sent.digits,)
    assert codes.verify(Guess(sent.request_id, typed.format(*parts)), LOGIN, NOW).contact == number


def test_code_may_be_typed_in_urdu_digits(codes: OneTimeCodes, number: Contact) -> None:
    sent = codes.issue(number, LOGIN, None, NOW)
    urdu = sent.digits.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    assert codes.verify(Guess(sent.request_id, urdu), LOGIN, NOW).contact == number


def test_code_expires(codes: OneTimeCodes, number: Contact) -> None:
    sent = codes.issue(number, LOGIN, None, NOW)
    late = NOW + timedelta(minutes=5)
    assert isinstance(codes.verify(Guess(sent.request_id, sent.digits), LOGIN, late).refused, WrongCodeError)


def test_code_of_one_purpose_does_not_serve_another(codes: OneTimeCodes, number: Contact) -> None:
    sent = codes.issue(number, Purpose.CONTACT, None, NOW)
    assert isinstance(codes.verify(Guess(sent.request_id, sent.digits), LOGIN, NOW).refused, WrongCodeError)
    assert codes.verify(Guess(sent.request_id, sent.digits), Purpose.CONTACT, NOW).contact == number


@pytest.mark.parametrize("digits", ["", "1", "1234567", "abcdef", "12345\x00", "½½½½½½", "⁶⁶⁶⁶⁶⁶"])
def test_other_texts_are_wrong_codes(codes: OneTimeCodes, number: Contact, digits: str) -> None:
    sent = codes.issue(number, LOGIN, None, NOW)
    assert isinstance(codes.verify(Guess(sent.request_id, digits), LOGIN, NOW).refused, WrongCodeError)
    assert isinstance(codes.verify(Guess(uuid4(), digits), LOGIN, NOW).refused, WrongCodeError)


def test_code_is_spent_after_five_wrong_guesses(codes: OneTimeCodes, number: Contact) -> None:
    sent = codes.issue(number, LOGIN, None, NOW)
    for _ in range(5):
        assert isinstance(codes.verify(Guess(sent.request_id, wrong(sent)), LOGIN, NOW).refused, WrongCodeError)
    assert codes.verify(Guess(sent.request_id, sent.digits), LOGIN, NOW).contact is None


def test_code_is_kept_as_a_digest_bound_to_its_request(codes: OneTimeCodes, session: Session, number: Contact) -> None:
    sent = codes.issue(number, LOGIN, None, NOW)
    row = dict(session.execute(text("SELECT * FROM otp_challenges")).mappings().one())
    assert sent.digits not in {value for value in row.values() if isinstance(value, str)}
    assert all(number.value.encode() not in value for value in row.values() if isinstance(value, bytes))
    other = codes.issue(email("ali@example.pk"), LOGIN, None, NOW)
    session.execute(text("UPDATE otp_challenges SET code_digest = :digest"), {"digest": row["code_digest"]})
    session.expire_all()
    assert codes.verify(Guess(other.request_id, sent.digits), LOGIN, NOW).contact is None


def test_next_code_waits_and_the_one_before_stays_good(codes: OneTimeCodes, number: Contact) -> None:
    first = codes.issue(number, LOGIN, None, NOW)
    with pytest.raises(CodeSentRecentlyError) as caught:
        codes.issue(number, LOGIN, None, NOW + timedelta(seconds=20))
    assert caught.value.retry_after == 40
    codes.issue(number, LOGIN, None, NOW + timedelta(seconds=60))
    assert codes.verify(Guess(first.request_id, first.digits), LOGIN, NOW + timedelta(seconds=90)).contact == number


def test_codes_of_an_hour_are_limited(codes: OneTimeCodes, number: Contact) -> None:
    for minute in range(CODES_AN_HOUR):
        codes.issue(number, LOGIN, None, NOW + timedelta(minutes=minute))
    with pytest.raises(CodeSentRecentlyError) as caught:
        codes.issue(number, LOGIN, None, NOW + timedelta(minutes=30))
    assert caught.value.retry_after == 30 * 60


@pytest.mark.slow
def test_strangers_neither_block_nor_lock_out_a_known_device(
    codes: OneTimeCodes, session: Session, keys: PlatformKeys, number: Contact
) -> None:
    sent = codes.issue(number, LOGIN, "phone-1", NOW)
    index = session.execute(text("SELECT blind_index FROM otp_challenges")).scalar_one()
    assert codes.verify(Guess(sent.request_id, sent.digits, "phone-1"), LOGIN, NOW).contact == number
    remember_device(session, index, "phone-1", NOW)

    later = NOW + timedelta(hours=2)
    mine = codes.issue(number, LOGIN, "phone-1", later)
    strange = codes.issue(number, LOGIN, "stranger", later)
    for number_of_guess in range(1_000):
        codes.verify(Guess(strange.request_id, wrong(strange), f"d-{number_of_guess}"), LOGIN, later)
    assert isinstance(
        codes.verify(Guess(mine.request_id, mine.digits, "stranger"), LOGIN, later).refused, TooManyGuessesError
    )
    assert codes.verify(Guess(mine.request_id, mine.digits, "phone-1"), LOGIN, later).contact == number
    assert codes.issue(number, LOGIN, "phone-1", later + timedelta(minutes=2))


def test_strangers_get_twenty_guesses_a_day_over_all_requests(codes: OneTimeCodes, number: Contact) -> None:
    outcomes: list[type] = []
    for request in range(5):
        at = NOW + timedelta(minutes=2 * request)
        sent = codes.issue(number, LOGIN, None, at)
        outcomes += [type(codes.verify(Guess(sent.request_id, wrong(sent)), LOGIN, at).refused) for _ in range(5)]
    assert outcomes == [WrongCodeError] * WRONG_A_DAY + [TooManyGuessesError] * 5
    tomorrow = NOW + timedelta(days=1)
    sent = codes.issue(number, LOGIN, None, tomorrow)
    assert codes.verify(Guess(sent.request_id, sent.digits), LOGIN, tomorrow).contact == number


def _verify_parallel(
    factory: SessionFactory, keys: PlatformKeys, request_id: UUID, digits: list[str]
) -> list[type | Contact]:
    def attempt(typed: str) -> type | Contact:
        with transaction(factory) as session:
            outcome = OneTimeCodes(session, keys).verify(Guess(request_id, typed), LOGIN, NOW)
        return outcome.contact or type(outcome.refused)

    with ThreadPoolExecutor(10) as pool:
        return list(pool.map(attempt, digits))


def test_hundred_right_codes_at_once_are_one_login(
    session_factory: SessionFactory, keys: PlatformKeys, number: Contact
) -> None:
    with transaction(session_factory) as session:
        sent = OneTimeCodes(session, keys).issue(number, LOGIN, None, NOW)
    outcomes = _verify_parallel(session_factory, keys, sent.request_id, [sent.digits] * 100)
    assert outcomes.count(number) == 1


def test_wrong_codes_at_once_are_twenty_at_most(
    session_factory: SessionFactory, keys: PlatformKeys, number: Contact
) -> None:
    requests = []
    for minute in range(5):
        with transaction(session_factory) as session:
            requests.append(OneTimeCodes(session, keys).issue(number, LOGIN, None, NOW + timedelta(minutes=2 * minute)))
    outcomes: list[type | Contact] = []
    for sent in requests:
        outcomes += _verify_parallel(session_factory, keys, sent.request_id, [wrong(sent)] * 20)
    assert outcomes.count(WrongCodeError) == WRONG_A_DAY
    assert outcomes.count(TooManyGuessesError) == 100 - WRONG_A_DAY


def test_parallel_requests_send_one_code(session_factory: SessionFactory, keys: PlatformKeys, number: Contact) -> None:
    def ask(_: int) -> bool:
        try:
            with transaction(session_factory) as session:
                OneTimeCodes(session, keys).issue(number, LOGIN, None, NOW)
        except CodeSentRecentlyError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(16))) == 1


def test_digits_are_not_printed(codes: OneTimeCodes, number: Contact) -> None:
    sent = codes.issue(number, LOGIN, None, NOW)
    assert sent.digits not in repr(sent) + repr(Guess(sent.request_id, sent.digits))
