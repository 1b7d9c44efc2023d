"""Values open with their owner's key at their own place, and not any more once the key is destroyed."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from core.audit.sealed_fields import open_fields, seal_fields
from core.db.ids import new_id
from core.db.session import SessionFactory, transaction
from core.db.tables.people import User, UserContact
from core.db.tables.personal_data import DataKey
from core.identity.contacts import phone
from core.identity.sealed_contacts import USER_CONTACT
from core.personal_data.data_keys import DataKeys, OwnerGoneError
from core.personal_data.owner import Owner
from core.personal_data.sealer import Place, Sealer
from core.security.envelope import KeyName, key_name_of
from core.security.platform_keys import PlatformKeys, kept_keys, new_key_settings
from core.security.sealing import CannotOpenError, seal
from core.settings import Settings
from serving.identity.contact_book import ContactBook
from tests.factories.personal_data import NOW

PLACE = Place.of("user_contacts", "sealed", UUID(int=7))


@pytest.fixture
def keys(tmp_path: object) -> PlatformKeys:
    return kept_keys(tmp_path / "keys")  # type: ignore[operator]  # a Path


def person(session: Session) -> Owner:
    user = User()
    session.add(user)
    session.flush()
    return Owner.person(user.id)


def test_ids_are_ordered_uuids_of_version_7() -> None:
    made = [new_id() for _ in range(50)]
    assert {each.version for each in made} == {7}
    assert len(set(made)) == 50
    assert made[0].int >> 80 <= made[-1].int >> 80


def test_value_opens_at_its_place_alone(session: Session, keys: PlatformKeys) -> None:
    sealer = Sealer(session, keys)
    sealed = sealer.seal(person(session), "+923001234567", PLACE)
    assert Sealer(session, keys).open(sealed, PLACE) == "+923001234567"
    for other in (
        Place.of("invitations", "sealed", UUID(int=7)),
        Place.of("user_contacts", "name", UUID(int=7)),
        Place.of("user_contacts", "sealed", UUID(int=8)),
    ):
        with pytest.raises(CannotOpenError, match="another place"):
            sealer.open(sealed, other)


def test_ciphertexts_that_are_swapped_between_rows_do_not_open(session: Session, keys: PlatformKeys) -> None:
    book = ContactBook(session, keys)
    for number in ("0300 1234567", "0301 1234567"):
        book.owner_or_new(phone(number), NOW)
    session.execute(text("UPDATE user_contacts a SET sealed = b.sealed FROM user_contacts b WHERE a.id <> b.id"))
    session.expire_all()
    for row in session.scalars(select(UserContact)):
        with pytest.raises(CannotOpenError, match="another place"):
            USER_CONTACT.open(Sealer(session, keys), row)


def test_wrapped_keys_that_are_swapped_between_people_do_not_open(session: Session, keys: PlatformKeys) -> None:
    owners = person(session), person(session)
    sealed = [Sealer(session, keys).seal(owner, "value", PLACE) for owner in owners]
    session.execute(text("UPDATE data_keys a SET wrapped = b.wrapped FROM data_keys b WHERE a.id <> b.id"))
    session.expire_all()
    for value in sealed:
        with pytest.raises(CannotOpenError):
            Sealer(session, keys).open(value, PLACE)


def test_unknown_data_key_is_named_with_the_reason(session: Session, keys: PlatformKeys) -> None:
    sealed = bytearray(Sealer(session, keys).seal(person(session), "value", PLACE))
    sealed[5] ^= 1
    with pytest.raises(CannotOpenError, match=r"data key .* does not exist .* erased"):
        Sealer(session, keys).open(bytes(sealed), PLACE)


def test_other_master_key_is_named(session: Session, keys: PlatformKeys, settings: Settings) -> None:
    from core.security.platform_keys import given_keys

    sealed = Sealer(session, keys).seal(person(session), "value", PLACE)
    others = given_keys(*(str(value) for value in new_key_settings().values()))
    with pytest.raises(CannotOpenError, match=keys.sealing.active):
        Sealer(session, others).open(sealed, PLACE)


def test_destroyed_key_opens_nothing_also_in_processes_that_used_it(
    session_factory: SessionFactory, keys: PlatformKeys
) -> None:
    with transaction(session_factory) as session:
        owner = person(session)
        sealed = Sealer(session, keys).seal(owner, "value", PLACE)
    with transaction(session_factory) as session:
        assert Sealer(session, keys).open(sealed, PLACE) == "value"
        session.execute(delete(DataKey))
    with transaction(session_factory) as session, pytest.raises(CannotOpenError):
        Sealer(session, keys).open(sealed, PLACE)


def test_nothing_is_sealed_for_a_person_who_is_gone(session: Session, keys: PlatformKeys) -> None:
    with pytest.raises(OwnerGoneError):
        Sealer(session, keys).seal(Owner.person(uuid4()), "value", PLACE)


def test_many_values_take_one_statement_for_their_keys(session: Session, keys: PlatformKeys) -> None:
    sealed = [Sealer(session, keys).seal(person(session), str(number), PLACE) for number in range(5)]
    sealer = Sealer(session, keys)
    sealer.load(sealed)
    session.execute(delete(DataKey))
    assert [sealer.open(value, PLACE) for value in sealed] == ["0", "1", "2", "3", "4"]


def test_key_is_read_once_a_transaction_and_again_after_a_savepoint_that_gave_its_lock_up(
    session: Session, keys: PlatformKeys
) -> None:
    sealer, owner = Sealer(session, keys), person(session)
    with session.begin_nested() as attempt:
        lost = sealer.seal(owner, "value", PLACE)  # its key goes with the savepoint
        attempt.rollback()
    kept = [sealer.seal(owner, "value", PLACE) for _ in range(2)]
    assert key_name_of(kept[0]) == key_name_of(kept[1]) != key_name_of(lost)
    assert Sealer(session, keys).open(kept[1], PLACE) == "value"
    session.execute(update(DataKey).values(wrapped=b""))
    assert sealer.open(sealer.seal(owner, "again", PLACE), PLACE) == "again"


def test_values_of_before_there_were_data_keys_open(session: Session, keys: PlatformKeys) -> None:
    before = ("user_contacts", "phone", "ab")
    assert Sealer(session, keys).open(seal(keys.sealing, "+923001234567", before), PLACE, before) == "+923001234567"


def test_owners_and_keys_are_not_printed(session: Session, keys: PlatformKeys) -> None:
    key = DataKeys(session, keys).of_owner(person(session))
    assert repr(key.secret) not in repr(key)
    assert "beef" not in repr(Owner.contact(bytes.fromhex("beef")))


def test_sealed_fields_of_an_act_open_for_their_subject_alone(session: Session, keys: PlatformKeys) -> None:
    sealer, owner = Sealer(session, keys), person(session)
    fields = {"phones": ["0300 1234567"], "city": "Lahore", "note": None}
    sealed = seal_fields(sealer, owner, "branch:1", fields, ("phones", "note"))
    assert "0300" not in str(sealed)
    assert open_fields(sealer, "branch:1", sealed) == fields
    assert open_fields(sealer, "branch:2", sealed) == sealed
    assert session.scalars(select(DataKey.in_trail)).all() == [True]


def test_key_name_is_in_the_head(session: Session, keys: PlatformKeys) -> None:
    sealer, owner = Sealer(session, keys), person(session)
    key = sealer.data_keys.of_owner(owner)
    assert key_name_of(sealer.seal(owner, "value", PLACE)) == KeyName(key.name.id, 1)
