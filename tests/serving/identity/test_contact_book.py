"""A contact belongs to one person, is found by all its spellings, and is not readable in the tables."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from core.db.session import SessionFactory, transaction
from core.db.tables.people import Login, User
from core.identity.contacts import Contact, email, phone
from core.security.platform_keys import PlatformKeys
from serving.identity.contact_book import ContactBook
from tests.serving.identity.conftest import NOW


def test_all_spellings_find_the_same_person(session: Session, keys: PlatformKeys, number: Contact) -> None:
    book = ContactBook(session, keys)
    person = book.owner_or_new(number, NOW)
    for spelling in ("+92 300 1234567", "0092-300-1234567", "۰۳۰۰۱۲۳۴۵۶۷"):
        assert book.owner_or_new(phone(spelling), NOW).id == person.id
    assert book.owner(phone("0300 1234568")) is None


def test_new_person_has_a_login_of_the_embedded_issuer(session: Session, keys: PlatformKeys, number: Contact) -> None:
    person = ContactBook(session, keys).owner_or_new(number, NOW)
    login = session.scalars(select(Login)).one()
    assert (login.subject, login.user_id) == (str(person.id), person.id)


def test_parallel_first_logins_make_one_person(
    session_factory: SessionFactory, keys: PlatformKeys, number: Contact
) -> None:
    def first_login(_: int) -> UUID:
        with transaction(session_factory) as session:
            return ContactBook(session, keys).owner_or_new(number, NOW).id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(first_login, range(16)))) == 1
    with transaction(session_factory) as session:
        assert session.scalar(select(func.count()).select_from(User)) == 1


def test_contact_of_another_person_is_not_taken(session: Session, keys: PlatformKeys, number: Contact) -> None:
    book = ContactBook(session, keys)
    book.owner_or_new(number, NOW)
    second = book.owner_or_new(email("ali@example.pk"), NOW)
    assert not book.add(second.id, number, NOW)
    assert book.add(second.id, phone("0301 7654321"), NOW)
    assert [contact.value for contact in book.of_person(second.id)] == ["ali@example.pk", "+923017654321"]


def test_tables_hold_no_readable_contact(session: Session, keys: PlatformKeys, number: Contact) -> None:
    ContactBook(session, keys).owner_or_new(number, NOW)
    for row in session.execute(
        text("SELECT u::text FROM user_contacts u UNION ALL SELECT u::text FROM users u")
    ).scalars():
        assert "3001234567" not in row
        assert number.value.encode().hex() not in row
