"""An invitation is in the language that the caller asks for, else the invited person's, else the caller's."""

from typing import Any

import httpx
from sqlalchemy import select, text

from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from core.db.tables.messages import Message
from core.identity.contacts import phone
from tests.api.people import People, Person

MEMBERS = "/v1/orgs/khan-motors/members"
OFFER = {"phone": "0300 1234567", "role": "sales_agent"}


def speak(factory: SessionFactory, person: Person, language: str) -> None:
    with transaction(factory) as session:
        session.execute(
            text("UPDATE users SET language = :language WHERE id = :id"), {"language": language, "id": person.user_id}
        )


def language_of_invitation(client: httpx.Client, factory: SessionFactory, by: Person, **asked: Any) -> str:
    answer = client.post(MEMBERS, json=OFFER | asked, headers=by.headers)
    assert answer.status_code == 201, answer.text
    with transaction(factory) as session:
        found = select(Message.language).where(Message.template == "invitation").order_by(Message.id.desc())
        return session.scalars(found).first() or ""


def test_message_is_in_the_language_asked_for_else_the_persons_else_the_callers(
    client: httpx.Client, people: People, session_factory: SessionFactory
) -> None:
    admin = people.person(("khan-motors", Role.ORG_ADMIN))
    assert language_of_invitation(client, session_factory, admin) == "en"
    speak(session_factory, admin, "ur")
    assert language_of_invitation(client, session_factory, admin) == "ur"
    invited = people.person(contact=phone("0300 1234567"))
    assert language_of_invitation(client, session_factory, admin) == "en"
    speak(session_factory, invited, "ur")
    assert language_of_invitation(client, session_factory, admin) == "ur"
    assert language_of_invitation(client, session_factory, admin, language="en") == "en"


def test_language_of_a_login_is_kept_for_messages_to_come(
    client: httpx.Client, people: People, session_factory: SessionFactory
) -> None:
    for chosen, kept in ((None, "en"), ("ur", "ur"), (None, "ur")):
        sent = client.post("/v1/auth/otp", json={"phone": "0300 1234567", "language": "ur"})
        code = people.messages(phone("0300 1234567"))[-1]["code"]
        body = {"request_id": sent.json()["request_id"], "code": code, "language": chosen}
        assert client.post("/v1/auth/otp/verify", json=body).status_code == 200
        with transaction(session_factory) as session:
            assert session.scalar(text("SELECT language FROM users")) == kept
            session.execute(text("DELETE FROM otp_challenges"))  # the next code may be asked for at once
