"""A person of whom every table of the platform holds something."""

from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from core.access.principal import Membership, Principal
from core.access.roles import Role
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.audit.sealed_fields import seal_fields
from core.db.ids import new_id
from core.db.tables import Listing
from core.db.tables.deposits import Deposit
from core.db.tables.lead_attachments import LeadAttachment
from core.db.tables.leads import Lead
from core.db.tables.logins import OtpGuesses
from core.db.tables.moderation import ModerationCase
from core.db.tables.notifications import NotificationPreferences, PushDevice
from core.db.tables.people import User
from core.db.tables.photos import ListingDocument, PhotoUpload
from core.db.tables.recent_searches import RecentSearch
from core.db.tables.saved_searches import SavedSearch, SavedSearchMatch
from core.engagement.digests import person_number
from core.idempotency.once import Answer, RequestKey, answer_once
from core.identity.contacts import Contact, email, phone
from core.identity.orgs import ensure_org
from core.identity.sealed_contacts import USER_NAME, contact_index
from core.personal_data.owner import Owner
from core.personal_data.sealer import Sealer
from core.search import ListingFilters
from core.security.platform_keys import PlatformKeys
from core.states.deposits import DepositState
from pipelines.leads.log import NewLeadEvent, append
from pipelines.leads.sealed_texts import ATTACHMENT, LEAD_CONTACT, LEAD_EMAIL, LEAD_NAME
from pipelines.listings.chassis.single import ChassisNumbers
from pipelines.notifications.devices import TOKEN, token_index
from pipelines.notifications.queue import MessageText, queue_message
from pipelines.search.alerts.canonical import DENIALS, TERMS, filter_columns
from serving.identity.contact_book import ContactBook
from serving.identity.logins.otp import OneTimeCodes, Purpose
from serving.identity.logins.otp_limits import remember_device
from serving.identity.logins.refresh_tokens import RefreshTokens
from serving.identity.logins.sessions import Client, start_session
from serving.identity.members.grants import Grant
from serving.identity.members.invitations import Invitations
from serving.identity.members.members import add_member
from tests.factories.listings import add_listing, change_listing

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
NAME = "Ayesha Khan"
CHASSIS = "NZE141-6077345"


@dataclass(frozen=True)
class Known:
    """The person, and the spellings of what is known of it."""

    user_id: UUID
    session_id: UUID
    phone: Contact
    email: Contact

    @property
    def texts(self) -> list[str]:
        return [
            self.phone.value,
            self.phone.value.removeprefix("+92"),
            self.email.value,
            NAME,
            f"device-{self.user_id}",
            CHASSIS,
        ]


def known_person(session: Session, keys: PlatformKeys, number: int = 0, role: Role = Role.SALES_AGENT) -> Known:
    """Make a person with rows in every table that can hold something of it."""
    contacts = phone(f"0300 1{number:06d}"), email(f"ayesha.{number}@example.pk")
    book = ContactBook(session, keys)
    user = book.owner_or_new(contacts[0], NOW)
    book.add(user.id, contacts[1], NOW)
    sealer, device = Sealer(session, keys), f"device-{user.id}"
    user.name = USER_NAME.seal(sealer, user, NAME)
    org = ensure_org(session, "khan-motors", "Khan Motors")
    add_member(session, org, user.id, Grant(role))
    started = start_session(
        session, RefreshTokens(keys.index), user.id, Client(device, f"App of {NAME}", "203.0.113.0/24"), NOW
    )
    assert started.session_id is not None
    index = contact_index(keys, contacts[0])
    remember_device(session, index, device, NOW)
    session.execute(insert(OtpGuesses).values(blind_index=index, device=device, day=NOW.date(), wrong=1))
    OneTimeCodes(session, keys).issue(contacts[0], Purpose.LOGIN, device, NOW)
    queue_message(session, keys, contacts[0], MessageText("otp_login", {"code": "123456"}))
    _choose(session, keys, user.id)
    _save_search(session, user.id)
    _invite(session, keys, user.id, contacts)
    request = RequestKey(user.id, None, "test", "k")
    answer_once(session, keys.sealing, request, b"", lambda: Answer(200, {"name": NAME}))
    _upload(session, user.id)
    _advertise(session, keys, user.id)
    _look(session, user.id)
    _reserve(session, user.id)
    _ask(session, keys, user.id, contacts)
    _record(session, sealer, user, (started.session_id, contacts[0]))
    session.flush()
    return Known(user.id, started.session_id, *contacts)


def _choose(session: Session, keys: PlatformKeys, user_id: UUID) -> None:
    """Preferences of notifications, and an app that is notified."""
    session.add(NotificationPreferences(user_id=user_id, timezone="Asia/Karachi", changed_at=NOW))
    app = PushDevice(user_id=user_id, platform="android", registered_at=NOW, id=new_id())
    app.token_index = token_index(keys, f"token-{user_id}")
    app.sealed_token = TOKEN.seal(Sealer(session, keys), app, f"token-{user_id}")
    session.add(app)


def _save_search(session: Session, user_id: UUID) -> None:
    """A recent search, and a saved one that found a car."""
    session.add(RecentSearch(user_id=user_id, text=NAME, words=NAME.lower(), searched_at=NOW))
    columns = filter_columns(ListingFilters()) | {key: ["x"] for key in (*TERMS, *DENIALS, "place")}
    search = SavedSearch(
        id=new_id(), user_id=user_id, name=f"For {NAME}", search=f"q={NAME}", understood={}, channel="automart",
        frequency="daily", new_match=True, price_drop=True, since=NOW, words="x", **columns,
    )  # fmt: skip
    session.add(search)
    session.flush()
    car = add_listing(session)
    session.add(SavedSearchMatch(search_id=search.id, listing_id=car, kind="new", matched_at=NOW))


def _invite(session: Session, keys: PlatformKeys, user_id: UUID, contacts: tuple[Contact, Contact]) -> None:
    """Invitations of another organisation: one by the person, one to it."""
    org = ensure_org(session, "clifton-cars", "Clifton Cars")
    admin = Principal(user_id, (Membership(org.id, org.code, Role.ORG_ADMIN),))
    host = Principal(None, (Membership(org.id, org.code, Role.ORG_ADMIN),))
    invitations = Invitations(session, keys)
    invitations.invite(admin, org, email(f"guest.{user_id.hex}@example.pk"), Grant(Role.SALES_AGENT), NOW)
    invitations.invite(host, org, contacts[1], Grant(Role.SALES_AGENT), NOW)


def _upload(session: Session, user_id: UUID) -> None:
    """An upload that waits, and a paper of a dealer's car."""
    car, uploader = add_listing(session), f"person:{user_id}"
    session.add(PhotoUpload(purpose="photo", listing_id=car, uploader=uploader, kind="other", expires_at=NOW))
    paper = {"listing_id": car, "uploader": uploader, "kind": "other", "digest": b"", "width": 1, "height": 1}
    session.add(ListingDocument(**paper))


def _advertise(session: Session, keys: PlatformKeys, user_id: UUID) -> None:
    """A private ad, with the chassis number of its car."""
    own: dict[str, Any] = {"seller_id": user_id, "source": "private", "state_by": "person"}
    own |= {"status": "rejected"}
    ad = add_listing(session, org="classifieds", file_id=None, row_number=None, description="My dear car", **own)
    change_listing(session, ad, status="in_review")
    ChassisNumbers(session, lambda: keys).replace(session.get_one(Listing, ad), CHASSIS)
    case = session.scalars(select(ModerationCase).where(ModerationCase.listing_id == ad)).one()
    case.kind, case.statement, case.note = "appeal", "My dear car is as I say", "We see another car"


def _reserve(session: Session, user_id: UUID) -> None:
    """A deposit that the person withdrew."""
    car = add_listing(session)
    org_id = session.get_one(Listing, car).org_id
    session.add(
        Deposit(
            listing_id=car,
            org_id=org_id,
            buyer_id=user_id,
            provider="sandbox",
            amount_paisa=100,
            fee_paisa=2,
            state=DepositState.VOIDED,
            reason="I found another car",
            keeps_car=False,
            pay_until=NOW,
        )
    )


def _look(session: Session, user_id: UUID) -> None:
    """An event of the person as a shopper."""
    session.execute(text("SELECT engagement_ensure_hours(ARRAY[now()])"))
    session.execute(
        text(
            "INSERT INTO engagement_events (hour, device, event_id, at, received_at, type, version, mark, after_close,"
            " person) VALUES (date_trunc('hour', now()), 7, uuidv7(), now(), now(), 'search', 1, 'none', false,"
            " :person)"
        ),
        {"person": person_number(user_id)},
    )


def _ask(session: Session, keys: PlatformKeys, user_id: UUID, contacts: tuple[Contact, Contact]) -> None:
    """A question about a dealer's car."""
    car, index, sealer = (
        session.get_one(Listing, add_listing(session)),
        contact_index(keys, contacts[0]),
        Sealer(session, keys),
    )
    lead = Lead(
        id=new_id(), org_id=car.org_id, listing_id=car.id, buyer_id=user_id, contact_kind="phone", blind_index=index,
        type="message", make=car.make, tags=[], state="new", waiting_reason="nobody_on_shift", last_number=0,
        created_at=NOW, changed_at=NOW, text_digest=b"digest",
    )  # fmt: skip
    lead.sealed_contact = LEAD_CONTACT.seal(sealer, lead, contacts[0].value)
    lead.sealed_name, lead.sealed_email = (
        LEAD_NAME.seal(sealer, lead, NAME),
        LEAD_EMAIL.seal(sealer, lead, contacts[1].value),
    )
    session.add(lead)
    session.flush()
    append(session, lead, NewLeadEvent("buyer_message", NOW, text=f"Call me, {NAME}"), sealer=sealer)
    append(session, lead, NewLeadEvent("waiting", NOW, reason="nobody_on_shift"))
    told = {"for_buyer": True}
    sent = append(session, lead, NewLeadEvent("attachment", NOW, text="card.pdf", details=told), sealer=sealer)
    session.flush()
    file = LeadAttachment(
        id=sent.id, lead_id=lead.id, org_id=lead.org_id, from_buyer=True, for_buyer=True,
        content_type="application/pdf", blind_index=index,
    )  # fmt: skip
    file.sealed_content = ATTACHMENT.seal(sealer, file, b64encode(f"%PDF-1.4 {NAME}".encode()).decode())
    session.add(file)


def _record(session: Session, sealer: Sealer, user: User, login: tuple[UUID, Contact]) -> None:
    session_id, contact = login
    after = seal_fields(sealer, Owner.person(user.id), f"user:{user.id}", {"phone": contact.value}, ("phone",))
    act = Act("identity.change", "user", str(user.id), None, {"phone": None}, after, f"asked for by {contact.value}")
    record(
        session,
        Actor.of(Principal(user.id, session_id=session_id), device=f"device-{user.id}", address_class="203.0.113.0/24"),
        act,
    )


def person_exists(session: Session, user_id: UUID) -> bool:
    return session.scalar(select(User.id).where(User.id == user_id)) is not None
