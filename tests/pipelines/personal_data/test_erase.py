"""An erased person is nowhere found again, whoever is killed and whatever is restored."""

from collections.abc import Callable, Iterator
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, text

from core.access.roles import Role
from core.audit.actor import Actor
from core.db.session import SessionFactory, Transaction, make_session_factory, transaction
from core.db.tables.personal_data import Erasure
from core.identity.contacts import email
from core.personal_data.data_keys import OwnerGoneError
from core.personal_data.owner import Owner
from core.personal_data.sealer import Place, Sealer
from core.platform import Platform
from core.security.platform_keys import PlatformKeys
from core.settings import Settings
from core.storage import Storage
from core.storage.errors import StorageUnavailableError
from pipelines.audit.chain import extend_chain
from pipelines.audit.verify import verify_chain
from pipelines.personal_data.erasure_list import BadErasureEntryError, ErasureList
from pipelines.personal_data.replay import finish_all, replay_erasures
from serving.identity.contact_book import ContactBook
from serving.identity.errors import LastAdminError
from serving.personal_data.erasing import begin_erasure, erase_person
from tests.dump import drop_database, dump, holds, own_database, restore
from tests.factories.personal_data import NAME, NOW, Known, known_person, person_exists
from tests.pipelines.personal_data.conftest import KILLS

BY = Actor.system("test")


def made(begin: Transaction, keys: PlatformKeys, number: int = 0, role: Role = Role.SALES_AGENT) -> Known:
    with begin() as session:
        return known_person(session, keys, number, role)


def test_erasure_leaves_nothing_in_a_dump_and_counts_what_each_domain_did(
    begin: Transaction, keys: PlatformKeys, storage: Storage, admin_engine: Engine
) -> None:
    person = made(begin, keys)
    other = made(begin, keys, 1)
    assert holds(dump(admin_engine), person.texts[3])  # of the person's browser: the search below can find something
    result = erase_person(begin, storage, person.user_id, "test", NOW)
    dumped = dump(admin_engine)
    assert [word for word in person.texts if word != "Ayesha Khan" and holds(dumped, word)] == [
        f"device-{person.user_id}"  # in the audit record, by the person's id, which names nobody any more
    ]
    counts = result.counts
    assert counts["identity"]["contacts"] == 2
    assert counts["identity"]["invitations"] == 1
    assert counts["notifications"]["messages"] == 1
    assert counts["personal_data"]["data keys"] >= 3
    assert all(rows > 0 for name, rows in counts["identity"].items())
    with begin() as session:
        record = session.scalars(select(Erasure)).one()
        assert (record.indexes, record.finished_at, record.counts) == (None, NOW, counts)
        assert len(ContactBook(session, keys).of_person(other.user_id)) == 2


def test_audit_chain_verifies_after_an_erasure(begin: Transaction, keys: PlatformKeys, storage: Storage) -> None:
    person = made(begin, keys)
    with begin() as session:
        extend_chain(session, NOW)
        chained = verify_chain(session, storage).verified
    erase_person(begin, storage, person.user_id, "test", NOW)
    with begin() as session:
        extend_chain(session, NOW)
        report = verify_chain(session, storage)
    assert (report.finding, report.verified > chained) == (None, True)


def test_same_contact_signs_up_afresh(begin: Transaction, keys: PlatformKeys, storage: Storage) -> None:
    person = made(begin, keys)
    erase_person(begin, storage, person.user_id, "test", NOW)
    with begin() as session:
        again = ContactBook(session, keys).owner_or_new(person.phone, NOW)
        assert again.id != person.user_id
    assert finish_all(begin, storage) == 0
    with begin() as session:
        assert person_exists(session, again.id)


def test_last_administrator_is_refused_and_nothing_changes(
    begin: Transaction, keys: PlatformKeys, storage: Storage
) -> None:
    person = made(begin, keys, role=Role.ORG_ADMIN)
    with pytest.raises(LastAdminError, match="make another one first"):
        erase_person(begin, storage, person.user_id, "test", NOW)
    with begin() as session:
        assert session.scalars(select(Erasure)).all() == []
    made(begin, keys, 1, Role.ORG_ADMIN)
    assert erase_person(begin, storage, person.user_id, "test", NOW).counts["identity"]["person"] == 1


def test_storage_that_is_away_leaves_the_person_locked_out_until_the_loop_erases_it(
    begin: Transaction, keys: PlatformKeys, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = made(begin, keys)

    def away(*_: object) -> None:
        raise StorageUnavailableError

    with monkeypatch.context() as patched:
        patched.setattr(Storage, "put", away)
        with pytest.raises(StorageUnavailableError):
            erase_person(begin, storage, person.user_id, "test", NOW)
    with begin() as session:
        assert session.execute(text("SELECT blocked_at IS NOT NULL FROM users")).scalar_one()
        assert session.scalar(text("SELECT count(*) FROM sessions WHERE ended_at IS NULL")) == 0
        assert len(ContactBook(session, keys).of_person(person.user_id)) == 2  # nothing is erased before it is listed
        with pytest.raises(OwnerGoneError):
            Sealer(session, keys).data_keys._make(Owner.person(person.user_id))
    assert finish_all(begin, storage) == 1
    with begin() as session:
        assert not person_exists(session, person.user_id)


@pytest.mark.parametrize("stride", KILLS)
@pytest.mark.slow
def test_erasure_that_is_killed_anywhere_is_finished(
    begin: Transaction, keys: PlatformKeys, storage: Storage, killed_at: Callable[[str], bool], stride: int
) -> None:
    kills, killed = 0, True
    while killed:
        kills += 1
        step = 1 + (kills - 1) * stride
        person = made(begin, keys, step)
        with begin() as session:
            erasure_id = begin_erasure(session, person.user_id, BY, NOW)
        killed = killed_at(f"erase:{step}:{erasure_id}")
        finish_all(begin, storage)
        with begin() as session:
            left = session.get_one(Erasure, erasure_id)
            assert left.finished_at is not None, step
            assert not person_exists(session, person.user_id), step
            assert len(ErasureList(storage).ids()) == kills
    assert step > 15


@pytest.fixture
def own(admin_engine: Engine, settings: Settings, storage: Storage) -> Iterator[tuple[Engine, Platform]]:
    """A database of its own, which can be restored."""
    database = own_database(admin_engine, f"restored_{admin_engine.url.database}")
    yield database, Platform(settings, make_session_factory(database), storage)
    drop_database(admin_engine, database)


def found(dumped: bytes, person: Known) -> list[str]:
    return [
        word for word in (person.phone.value, person.email.value, f"App of {person.texts[3]}") if holds(dumped, word)
    ]


@pytest.mark.slow
def test_restored_dump_is_made_to_forget_again(
    own: tuple[Engine, Platform], keys: PlatformKeys, storage: Storage
) -> None:
    database, platform = own
    begin = partial(transaction, platform.sessions)
    person, other = made(begin, keys), made(begin, keys, 1)
    yesterday = dump(database)
    erase_person(begin, storage, person.user_id, "test", NOW)
    restore(database, yesterday)
    with begin() as session:
        assert ContactBook(session, keys).owner(person.phone) is not None  # the dump brought the person back
        extend_chain(session, NOW)
    assert replay_erasures(platform).replayed == 1
    assert found(dump(database), person) == [f"App of {NAME}"]  # that of the other person
    with begin() as session:
        extend_chain(session, NOW)
        assert verify_chain(session, storage).finding is None
        assert session.scalar(text("SELECT count(*) FROM data_keys WHERE owner = :o"), {"o": person.user_id.bytes}) == 0
        afresh = ContactBook(session, keys).owner_or_new(person.phone, NOW)
        assert afresh.id != person.user_id
        assert len(ContactBook(session, keys).of_person(other.user_id)) == 2
    assert replay_erasures(platform).replayed == 0
    with begin() as session:
        assert person_exists(session, afresh.id)


@pytest.mark.slow
def test_dump_from_before_the_account_forgets_the_invitation_too(
    own: tuple[Engine, Platform], keys: PlatformKeys, storage: Storage
) -> None:
    database, platform = own
    begin = partial(transaction, platform.sessions)
    guest = email("later@example.pk")
    with begin() as session:
        known_person(session, keys, 1)
        from serving.identity.codes import CodeSender
        from serving.identity.logins.otp import Purpose

        CodeSender(session, keys, {"PK"}).send_code(guest, Purpose.LOGIN, None, NOW)
    yesterday = dump(database)
    with begin() as session:
        user_id = ContactBook(session, keys).owner_or_new(guest, NOW).id
    erase_person(begin, storage, user_id, "test", NOW)
    restore(database, yesterday)
    with begin() as session:
        waiting = session.execute(text("SELECT count(*) FROM messages")).scalar_one()
    assert replay_erasures(platform).replayed == 1
    with begin() as session:
        assert session.execute(text("SELECT count(*) FROM messages")).scalar_one() == waiting - 1


def test_entry_of_the_list_that_cannot_be_read_stops_the_replay(
    session_factory: SessionFactory, settings: Settings, storage: Storage
) -> None:
    storage.put(f"erasures/{UUID(int=1)}.json", b"{}")
    with pytest.raises(BadErasureEntryError):
        replay_erasures(Platform(settings, session_factory, storage))


def test_person_that_is_erased_gets_no_new_key(begin: Transaction, keys: PlatformKeys, storage: Storage) -> None:
    person = made(begin, keys)
    erase_person(begin, storage, person.user_id, "test", NOW)
    with begin() as session, pytest.raises(OwnerGoneError):
        Sealer(session, keys).seal(Owner.person(person.user_id), "x", Place.of("users", "name", person.user_id))
