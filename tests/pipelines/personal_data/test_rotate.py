"""Keys rotate while others read and write, and a rotation that is killed goes on where it was."""

import base64
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, text

from core.audit.sealed_fields import open_fields
from core.clock import utc_now
from core.db.session import Transaction
from core.db.tables.audit import AuditRecord
from core.db.tables.people import Invitation, User, UserContact
from core.db.tables.personal_data import DataKey
from core.identity.contacts import phone
from core.identity.sealed_contacts import INVITED_CONTACT, USER_CONTACT, USER_NAME, contact_index, open_contact
from core.personal_data.owner import Owner
from core.personal_data.sealer import Place, Sealer
from core.security.envelope import key_name_of
from core.security.platform_keys import PlatformKeys, given_keys, new_signing_keys
from core.security.sealing import CannotOpenError, seal
from core.storage import Storage
from pipelines.audit.chain import extend_chain
from pipelines.audit.verify import verify_chain
from pipelines.personal_data import rotate
from pipelines.personal_data.reseal import drop_retired_keys, reseal, waiting
from pipelines.personal_data.rotate import KeyInUseError, NoNewKeyError, forget_master_key, rotate_keys
from serving.identity.contact_book import ContactBook
from tests.factories.personal_data import NAME, NOW, known_person
from tests.pipelines.personal_data.conftest import KILLS


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotate, "BATCH", 3)


def people(begin: Transaction, keys: PlatformKeys, number: int = 10) -> None:
    with begin() as session:
        for each in range(number):
            ContactBook(session, keys).owner_or_new(phone(f"0300 2{each:06d}"), NOW)


def opened(begin: Transaction, keys: PlatformKeys) -> list[str]:
    with begin() as session:
        rows = session.scalars(select(UserContact)).all()
        return sorted(open_contact(Sealer(session, keys), USER_CONTACT, row).value for row in rows)


def test_every_value_opens_after_a_rotation_and_stands_under_the_new_keys(
    begin: Transaction, keys: PlatformKeys, storage: Storage
) -> None:
    with begin() as session:
        person = known_person(session, keys)
        extend_chain(session, NOW)
    result = rotate_keys(begin, keys, NOW)
    with begin() as session:
        assert waiting(session) > 0
        user = session.get_one(User, person.user_id)
        assert USER_NAME.open(Sealer(session, keys), user) == NAME  # old versions are readable until all is done
    assert (result.resumed, reseal(begin, keys).unreadable) == (False, 0)
    with begin() as session:
        assert waiting(session) == 0
        assert set(session.scalars(select(DataKey.master_key))) == {result.master_key}
        sealer = Sealer(session, keys)
        user = session.get_one(User, person.user_id)
        assert USER_NAME.open(sealer, user) == NAME
        name = key_name_of(user.name or b"")
        assert name is not None
        assert name.version == 2
        row = session.scalars(
            select(Invitation).where(Invitation.blind_index == contact_index(keys, person.email))
        ).one()
        assert open_contact(sealer, INVITED_CONTACT, row) == person.email
        record = session.scalars(select(AuditRecord).where(AuditRecord.action == "identity.change")).one()
        assert open_fields(sealer, f"user:{person.user_id}", record.after) == {"phone": person.phone.value}
        assert verify_chain(session, storage).finding is None


def test_retired_keys_go_after_an_hour_but_those_of_the_trail(begin: Transaction, keys: PlatformKeys) -> None:
    with begin() as session:
        known_person(session, keys)
    rotate_keys(begin, keys, NOW)
    with begin() as session:
        assert drop_retired_keys(session, NOW + timedelta(hours=2)) == 0  # values still stand under them
    reseal(begin, keys)
    with begin() as session:
        assert drop_retired_keys(session, NOW + timedelta(minutes=59)) == 0
        assert drop_retired_keys(session, NOW + timedelta(hours=2)) > 0
        kept = session.scalars(select(DataKey).where(DataKey.retired_at.is_not(None))).all()
        assert [row.in_trail for row in kept] == [True]
        record = session.scalars(select(AuditRecord).where(AuditRecord.action == "identity.change")).one()
        assert record.after != open_fields(Sealer(session, keys), f"user:{record.user_id}", record.after)


@pytest.mark.slow
def test_writes_go_on_during_a_rotation(begin: Transaction, keys: PlatformKeys) -> None:
    people(begin, keys)
    stop, failed, written = threading.Event(), [], []

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            try:
                with begin() as session:
                    ContactBook(session, keys).owner_or_new(phone(f"0301 3{number:06d}"), NOW)
                written.append(f"+92301 3{number:06d}".replace(" ", ""))
                opened(begin, keys)
            except Exception as error:
                failed.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    for _ in range(3):
        rotate_keys(begin, keys, NOW)
        assert reseal(begin, keys).unreadable == 0
    stop.set()
    thread.join()
    assert (failed, len(written) > 0) == ([], True)
    reseal(begin, keys)
    result = rotate_keys(begin, keys, NOW)
    assert result.rotated >= 10 + len(written)
    assert set(written) <= set(opened(begin, keys))


@pytest.mark.parametrize("stride", KILLS)
@pytest.mark.slow
def test_rotation_that_is_killed_anywhere_is_resumed(
    begin: Transaction, keys: PlatformKeys, killed_at: Callable[[str], bool], stride: int
) -> None:
    people(begin, keys, 7)
    before = opened(begin, keys)
    step, killed, resumed = 1 - stride, True, 0
    while killed:
        step += stride
        killed = killed_at(f"rotate:{step}:")
        assert opened(begin, keys) == before, step
        made = len(keys.active_sealing().keys)
        result = rotate_keys(begin, keys, NOW)
        resumed += result.resumed
        assert len(keys.active_sealing().keys) == made + (not result.resumed)
        reseal(begin, keys)
        with begin() as session:
            assert waiting(session) == 0
            assert set(session.scalars(select(DataKey.master_key))) == {result.master_key}
        assert opened(begin, keys) == before, step
    assert step > 10
    assert resumed >= (3 if stride == 1 else 1)


def test_process_that_started_before_the_rotation_reads_and_writes_on(begin: Transaction, keys: PlatformKeys) -> None:
    people(begin, keys, 3)
    master = rotate_keys(begin, keys, NOW).master_key
    assert master not in keys.sealing.keys  # as this process read them at its start
    assert len(opened(begin, keys)) == 3
    with begin() as session:
        ContactBook(session, keys).owner_or_new(phone("0301 7654321"), NOW)
    with begin() as session:
        assert set(session.scalars(select(DataKey.master_key))) == {master}


def test_old_master_key_can_be_forgotten_when_nothing_needs_it(begin: Transaction, keys: PlatformKeys) -> None:
    people(begin, keys, 3)
    old = keys.sealing.active
    with begin() as session:
        stolen = session.scalars(select(DataKey)).all()  # as an old dump has them
    with pytest.raises(KeyInUseError, match="in use"):
        forget_master_key(begin, keys, old)
    rotate_keys(begin, keys, NOW)
    with pytest.raises(KeyInUseError):
        forget_master_key(begin, keys, old)  # values are not sealed anew yet
    reseal(begin, keys)
    forget_master_key(begin, keys, old)
    assert old not in keys.active_sealing().keys
    assert len(opened(begin, keys)) == 3
    assert {row.master_key for row in stolen} == {old}


def test_given_keys_want_a_new_active_one_first(begin: Transaction, keys: PlatformKeys) -> None:
    index, signing = base64.b64encode(keys.index).decode(), new_signing_keys()
    given = given_keys(keys.sealing.to_json(), index, signing)
    people(begin, given, 4)
    with pytest.raises(NoNewKeyError):
        rotate_keys(begin, given, NOW)
    newer = given_keys(keys.sealing.with_new_key().to_json(), index, signing)
    result = rotate_keys(begin, newer, NOW)
    assert (result.master_key, result.rotated) == (newer.sealing.active, 4)
    with pytest.raises(CannotOpenError, match=newer.sealing.active):
        opened(begin, given)  # a process that was not restarted says which key it lacks


@pytest.fixture
def older_rows(begin: Transaction, keys: PlatformKeys) -> None:
    """Contacts as they were sealed before there were data keys."""
    people(begin, keys, 5)
    with begin() as session:
        for row in session.scalars(select(UserContact)).all():
            value = open_contact(Sealer(session, keys), USER_CONTACT, row).value
            row.sealed = seal(keys.sealing, value, ("user_contacts", row.kind, row.blind_index.hex()))
        session.execute(text("DELETE FROM data_keys"))


def test_older_rows_are_readable_and_sealed_anew_in_the_background(
    older_rows: None, begin: Transaction, keys: PlatformKeys
) -> None:
    before = opened(begin, keys)
    assert reseal(begin, keys).resealed == 5
    assert opened(begin, keys) == before
    with begin() as session:
        assert session.scalar(text("SELECT count(*) FROM user_contacts WHERE get_byte(sealed, 0) <> 2")) == 0
        owners = set(session.scalars(select(DataKey.owner)))
        assert owners == {user.id.bytes for user in session.scalars(select(User))}


def test_value_that_cannot_be_opened_is_reported_and_holds_nothing_up(
    begin: Transaction, keys: PlatformKeys, admin_engine: Engine
) -> None:
    people(begin, keys, 4)
    rotate_keys(begin, keys, utc_now())
    with begin() as session:
        first = session.scalars(select(UserContact).order_by(UserContact.id)).first()
        assert first is not None
        first.sealed = first.sealed[:-1] + bytes([first.sealed[-1] ^ 1])
    result = reseal(begin, keys)
    assert (result.resealed, result.unreadable) == (3, 1)


def test_master_key_is_in_no_dump(begin: Transaction, keys: PlatformKeys, admin_engine: Engine) -> None:
    from tests.dump import dump

    people(begin, keys, 2)
    rotate_keys(begin, keys, NOW)
    dumped = dump(admin_engine)
    for ring in (keys.sealing, keys.active_sealing()):
        for secret in ring.keys.values():
            assert secret.hex().encode() not in dumped
            assert base64.b64encode(secret) not in dumped
    with begin() as session:
        name = Sealer(session, keys).data_keys.of_owner(Owner.contact(b"x" * 32))
    assert name.secret.hex().encode() not in dump(admin_engine)


def test_places_are_those_of_the_rows(begin: Transaction, keys: PlatformKeys) -> None:
    people(begin, keys, 1)
    with begin() as session:
        row = session.scalars(select(UserContact)).one()
        place = Place.of("user_contacts", "sealed", row.id)
        assert Sealer(session, keys).open(row.sealed, place).startswith("+92")
