"""One request, one effect, however often and however parallel it is sent."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Event
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import URL, func, select, text
from sqlalchemy.orm import Session

from core.db.session import SessionFactory, transaction
from core.db.tables import Org
from core.errors import AutomartError, ConflictError
from core.idempotency.errors import AnswerLostError, BadIdempotencyKeyError, KeyReusedError, RequestInProgressError
from core.idempotency.once import Answer, RequestKey, answer_once
from core.security.keyring import new_keyring

PERSON, OTHER = uuid4(), uuid4()
KEYRING = new_keyring()
BODY = b'{"name": "Khan Motors"}'


def key(key: str = "k-1", *, person: UUID | None = PERSON, operation: str = "orgs.add") -> RequestKey:
    return RequestKey(person, None, operation, key)


def adding(session: Session, code: str = "khan-motors") -> Callable[[], Answer]:
    def action() -> Answer:
        session.add(Org(code=code, name="Khan Motors"))
        session.flush()
        return Answer(201, {"code": code})

    return action


def orgs(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Org).where(Org.code != "classifieds")) or 0


def test_repeated_request_is_answered_without_being_done_again(session: Session) -> None:
    first = answer_once(session, KEYRING, key(), BODY, adding(session))
    again = answer_once(session, KEYRING, key(), BODY, adding(session))
    assert (first, again) == (Answer(201, {"code": "khan-motors"}), Answer(201, {"code": "khan-motors"}, replayed=True))
    assert orgs(session) == 1


def test_another_body_under_the_same_key_is_refused(session: Session) -> None:
    answer_once(session, KEYRING, key(), BODY, adding(session))
    with pytest.raises(KeyReusedError):
        answer_once(session, KEYRING, key(), BODY + b" ", adding(session))
    assert orgs(session) == 1


@pytest.mark.parametrize(
    "other",
    [
        key("k-2"),
        key(person=OTHER),
        key(person=None),
        key(operation="orgs.remove"),
        RequestKey(PERSON, OTHER, "orgs.add", "k-1"),
    ],
)
def test_key_belongs_to_person_organisation_and_operation(session: Session, other: RequestKey) -> None:
    answer_once(session, KEYRING, key(), BODY, adding(session))
    answer_once(session, KEYRING, other, b"another body", adding(session, "other"))
    assert orgs(session) == 2


def test_key_of_an_anonymous_sender_is_kept_too(session: Session) -> None:
    answer_once(session, KEYRING, key(person=None), BODY, adding(session))
    assert answer_once(session, KEYRING, key(person=None), BODY, adding(session)).replayed


def test_failed_request_is_done_anew(session_factory: SessionFactory) -> None:
    def fails() -> Answer:
        raise ConflictError("not now")

    def attempt(action: Callable[[Session], Callable[[], Answer]]) -> Answer:
        with transaction(session_factory) as session:
            return answer_once(session, KEYRING, key(), BODY, action(session))

    with pytest.raises(ConflictError):
        attempt(lambda _: fails)
    assert not attempt(adding).replayed


def test_connection_that_dies_before_the_commit_leaves_neither_effect_nor_answer(
    session_factory: SessionFactory,
) -> None:
    session = session_factory()
    answer_once(session, KEYRING, key(), BODY, adding(session))
    backend = session.scalar(text("SELECT pg_backend_pid()"))
    with transaction(session_factory) as other:
        assert other.scalar(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": backend})  # waits for its end
    session.invalidate()
    with transaction(session_factory) as after:
        assert orgs(after) == 0
        assert not answer_once(after, KEYRING, key(), BODY, adding(after)).replayed


def test_request_that_is_still_running_is_told_so(session_factory: SessionFactory) -> None:
    started, finish = Event(), Event()

    def slow(session: Session) -> Callable[[], Answer]:
        def action() -> Answer:
            started.set()
            assert finish.wait(30)
            return adding(session)()

        return action

    def first() -> Answer:
        with transaction(session_factory) as session:
            return answer_once(session, KEYRING, key(), BODY, slow(session))

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(first)
        assert started.wait(30)
        with pytest.raises(RequestInProgressError), transaction(session_factory) as session:
            answer_once(session, KEYRING, key(), BODY, adding(session))
        finish.set()
        assert not running.result().replayed
    with transaction(session_factory) as session:
        assert answer_once(session, KEYRING, key(), BODY, adding(session)).replayed


DYING = """
import sys, time
from sqlalchemy import text
from core.db.session import make_engine, make_session_factory
from core.idempotency.once import RequestKey, answer_once
from core.security.keyring import new_keyring
from uuid import UUID
session = make_session_factory(make_engine(sys.argv[1]))()
def action():
    session.execute(text("INSERT INTO orgs (code, name) VALUES ('khan-motors', 'Khan Motors')"))
    print("begun", flush=True)
    session.execute(text(sys.argv[2]))
    time.sleep(600)
answer_once(session, new_keyring(), RequestKey(UUID(sys.argv[3]), None, "orgs.add", "k-1"), b"", action)
"""


@contextmanager
def dying(url: URL, statement: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process in the middle of the request."""
    given = (url.render_as_string(hide_password=False), statement, str(PERSON))
    process = subprocess.Popen([sys.executable, "-c", DYING, *given], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("statement", ["SELECT 1", "SELECT pg_sleep(600)"], ids=["between statements", "within one"])
def test_request_whose_process_was_killed_runs_no_longer_than_a_minute(
    session_factory: SessionFactory, statement: str
) -> None:
    def send() -> Answer:
        with transaction(session_factory) as session:
            return answer_once(session, KEYRING, key(), BODY, adding(session))

    with dying(session_factory.kw["bind"].url, statement) as running:
        with pytest.raises(RequestInProgressError):
            send()
        running.kill()
        until = time.monotonic() + 60
        while True:
            try:
                assert not send().replayed
                break
            except RequestInProgressError:
                assert time.monotonic() < until
                time.sleep(0.05)
    with session_factory() as session:
        assert orgs(session) == 1


def test_machine_that_vanishes_is_noticed_within_a_minute(session: Session) -> None:
    driver: Any = session.connection().connection.dbapi_connection
    options = dict(re.findall(r"-c tcp_keepalives_(\w+)=(\d+)", driver.info.get_parameters()["options"]))
    assert int(options["idle"]) + int(options["interval"]) * int(options["count"]) <= 60


def test_fifty_parallel_requests_have_one_effect(session_factory: SessionFactory) -> None:
    together = Barrier(10)

    def send(number: int) -> str:
        together.wait(30)
        try:
            with transaction(session_factory) as session:
                return "replayed" if answer_once(session, KEYRING, key(), BODY, adding(session)).replayed else "done"
        except AutomartError as error:
            return error.code

    with ThreadPoolExecutor(10) as pool:
        outcomes = list(pool.map(send, range(50)))
    assert outcomes.count("done") == 1
    assert set(outcomes) <= {"done", "replayed", "request_in_progress"}
    with transaction(session_factory) as session:
        assert orgs(session) == 1


def test_kept_answer_is_sealed_and_opens_for_its_own_request_alone(session: Session) -> None:
    answer_once(session, KEYRING, key(), BODY, lambda: Answer(201, {"secret": "aut_sa_shown-once"}))
    kept = session.execute(text("SELECT idempotent_answers::text FROM idempotent_answers")).scalar_one()
    assert b"shown-once".hex() not in kept
    assert answer_once(session, KEYRING, key(), BODY, adding(session)).body == {"secret": "aut_sa_shown-once"}
    session.execute(text("UPDATE idempotent_answers SET key = 'k-2'"))
    with pytest.raises(AnswerLostError):
        answer_once(session, KEYRING, key("k-2"), BODY, adding(session))


def test_answer_whose_key_is_gone_is_not_given_and_not_done_again(session: Session) -> None:
    answer_once(session, KEYRING, key(), BODY, adding(session))
    with pytest.raises(AnswerLostError):
        answer_once(session, new_keyring(), key(), BODY, adding(session, "other"))
    assert orgs(session) == 1


@pytest.mark.parametrize("bad", ["", "x" * 201, "tab\t", "Schlüssel", "null\x00"])
def test_impossible_keys_are_refused(bad: str) -> None:
    with pytest.raises(BadIdempotencyKeyError):
        key(bad)
