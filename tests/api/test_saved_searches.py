"""People save searches, and are told of new cars and lower prices once, while they may see them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, text

from core.access.roles import Role
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables.messages import Message
from core.identity.contacts import phone
from core.outbox.follow import following
from core.search import SearchEngine
from pipelines.notifications.send import Outlet, SendResult, send_due
from pipelines.notifications.senders.contract import OutgoingMessage, SenderUnavailableError
from pipelines.search.alerts.following import keeping_matches
from pipelines.search.consumers import ALERTS
from serving.search.saved.alerting import send_due_alerts
from tests.api.conftest import Add, code_of
from tests.api.people import People, Person
from tests.factories.listings import add_listing, change_listing
from tests.factories.turns import OneTurn

PATH = "/v1/saved-searches"
BUYER = "+923011111111"
CIVIC = {"make": "Honda", "model": "Civic", "title": "Honda Civic Oriel 2018", "price_pkr": 4_000_000}
HOUR = timedelta(hours=1)


@dataclass
class Alerting:
    """The loops of saved searches and of messages, when so much time has passed."""

    factory: SessionFactory
    people: People
    passed: timedelta = timedelta()
    sent: list[OutgoingMessage] = field(default_factory=list)
    is_down: bool = False

    @property
    def now(self) -> datetime:
        return utc_now() + self.passed

    def send(self, message: OutgoingMessage) -> None:
        if self.is_down:
            raise SenderUnavailableError("down")
        self.sent.append(message)

    def match(self) -> None:
        follow = following(ALERTS, keeping_matches(lambda: self.now))
        while follow(OneTurn(self.factory)):
            pass

    def tell(self) -> int:
        return send_due_alerts(partial(transaction, self.factory), self.people.keys, clock=lambda: self.now)

    def deliver(self) -> SendResult:
        begin = partial(transaction, self.factory)
        return send_due(begin, Outlet("sms", self, self.people.keys, 1_000, lambda: self.now))

    def texts(self, passed: timedelta = timedelta()) -> list[str]:
        """Let time pass, work, and return the texts that were sent since."""
        self.passed += passed
        before = len(self.sent)
        self.match()
        self.tell()
        self.deliver()
        return [one.content.text for one in self.sent[before:]]

    def states(self) -> list[tuple[str, str | None]]:
        with self.factory() as session:
            rows = session.scalars(select(Message).where(Message.template == "saved_search").order_by(Message.id))
            return [(row.state, row.last_error) for row in rows]


@pytest.fixture
def alerting(session_factory: SessionFactory, people: People) -> Alerting:
    return Alerting(session_factory, people)


@pytest.fixture
def buyer(client: httpx.Client, people: People) -> Person:
    person = people.person(contact=phone(BUYER))
    quiet = {"channels": {}, "quiet_hours": None}
    assert client.put("/v1/me/notifications", json=quiet, headers=person.headers).status_code == 200
    return person


def save(client: httpx.Client, person: Person, search: str, channel: str = "automart", **alerts: Any) -> dict[str, Any]:
    body = {"name": "My search", "search": search, "alerts": alerts}
    answer = client.post(PATH, json=body, params={"channel": channel}, headers=person.headers)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def put(factory: SessionFactory, **columns: Any) -> UUID:
    with transaction(factory) as session:
        return add_listing(session, **CIVIC | columns)


def change(factory: SessionFactory, car: UUID, **columns: Any) -> None:
    with transaction(factory) as session:
        change_listing(session, car, **columns)


def test_saved_search_shows_its_cars(client: httpx.Client, buyer: Person, add: Add) -> None:
    add(**CIVIC)
    saved = save(client, buyer, "?model=civic&price_max=5000000&sort=price_asc&limit=5")
    assert (saved["filters"], saved["words"]) == ({"model": ["civic"], "price_max": 5_000_000}, "")
    assert saved["search"] == "model=civic&price_max=5000000"
    shown = client.get(f"/v1/listings?{saved['search']}").json()
    assert [one["title"] for one in shown["items"]] == [CIVIC["title"]]
    assert client.get(PATH, headers=buyer.headers).json() == {"items": [saved]}


def test_new_car_is_told_once_and_each_lower_price_once(
    client: httpx.Client, buyer: Person, alerting: Alerting, session_factory: SessionFactory
) -> None:
    old = put(session_factory)
    alerting.match()
    save(client, buyer, "make=honda&price_max=4500000")
    assert alerting.texts() == []  # it was there before
    new = put(session_factory)
    [told] = alerting.texts()
    assert (
        told == "Your search My search on Automart: 1 new, 0 changed and now matching, 0 with a lower price."
        " Honda Civic Oriel 2018, PKR 4,000,000"
    )
    change(session_factory, new, title="Honda Civic Oriel UG 2018")
    assert alerting.texts(2 * HOUR) == []
    for price, expected in ((3_900_000, ["3,900,000"]), (4_100_000, []), (4_000_000, []), (3_800_000, ["3,800,000"])):
        change(session_factory, new, price_pkr=price)
        found = alerting.texts(2 * HOUR)
        assert [one.rpartition("PKR ")[2] for one in found] == expected
        assert all("0 new, 0 changed and now matching, 1 with a lower price" in one for one in found)
    change(session_factory, old, price_pkr=3_000_000)
    assert [one.rpartition("PKR ")[2] for one in alerting.texts(2 * HOUR)] == ["3,000,000"]


def test_car_whose_price_comes_into_range_is_new(
    client: httpx.Client, buyer: Person, alerting: Alerting, session_factory: SessionFactory
) -> None:
    car, hidden = put(session_factory), put(session_factory, visibility="private")
    alerting.match()
    save(client, buyer, "model=civic&price_max=3500000")
    change(session_factory, car, price_pkr=3_400_000)
    assert len(alerting.texts()) == 1
    change(session_factory, hidden, price_pkr=3_400_000)
    assert alerting.texts(2 * HOUR) == []
    change(session_factory, hidden, visibility="public")
    assert len(alerting.texts(2 * HOUR)) == 1


def test_message_says_why_a_car_is_told_and_tells_a_car_that_comes_back_once(
    client: httpx.Client, buyer: Person, alerting: Alerting, session_factory: SessionFactory
) -> None:
    car = put(session_factory, mileage_km=90_000, transmission="manual")
    alerting.match()
    save(client, buyer, "model=civic&mileage_max=50000")
    change(session_factory, car, mileage_km=40_000)
    [told] = alerting.texts()
    assert "0 new, 1 changed and now matching, 0 with a lower price" in told
    change(session_factory, car, mileage_km=90_000)
    assert alerting.texts(2 * HOUR) == []
    change(session_factory, car, mileage_km=40_000)
    assert alerting.texts(2 * HOUR) == []
    for mileage in (90_000, 40_000):
        change(session_factory, car, mileage_km=mileage, price_pkr=4_000_000 - mileage)
    [told] = alerting.texts(2 * HOUR)
    assert "0 new, 0 changed and now matching, 1 with a lower price" in told


def test_reserved_car_that_is_free_again_is_told(
    client: httpx.Client, buyer: Person, alerting: Alerting, session_factory: SessionFactory
) -> None:
    car = put(session_factory, status="reserved")
    alerting.match()
    save(client, buyer, "make=honda")
    change(session_factory, car, title="Honda Civic 2018 white")
    assert alerting.texts() == []
    change(session_factory, car, status="live")
    [told] = alerting.texts()
    assert "1 changed and now matching" in told


def test_searches_tell_at_most_once_an_hour_or_a_day(
    client: httpx.Client, buyer: Person, alerting: Alerting, session_factory: SessionFactory
) -> None:
    save(client, buyer, "make=honda")
    save(client, buyer, "make=honda&city=Lahore", frequency="daily")
    put(session_factory)
    assert len(alerting.texts()) == 2
    for _ in range(4):
        put(session_factory)
        assert alerting.texts(timedelta(minutes=10)) == []
    [told] = alerting.texts(timedelta(minutes=25))
    assert "4 new" in told
    assert told.count("Civic") == 3
    put(session_factory)
    assert len(alerting.texts(21 * HOUR)) == 1
    assert alerting.tell() == 0
    alerting.passed += 2 * HOUR
    assert alerting.tell() == 1


def test_search_that_is_turned_off_tells_nothing_until_it_is_turned_on(
    client: httpx.Client, buyer: Person, alerting: Alerting, session_factory: SessionFactory
) -> None:
    saved = save(client, buyer, "make=honda", frequency="off")
    path = f"{PATH}/{saved['search_id']}"
    put(session_factory)
    assert alerting.texts() == []
    for frequency, expected in (("instant", 1), ("off", 0)):
        answer = client.patch(path, json={"alerts": {"frequency": frequency}}, headers=buyer.headers)
        assert answer.json()["alerts"]["frequency"] == frequency
        put(session_factory)
        assert len(alerting.texts()) == expected


@pytest.mark.parametrize("gone", ["sold", "hidden", "moved", "deleted"])
def test_cars_are_judged_again_when_they_are_told(
    client: httpx.Client, buyer: Person, alerting: Alerting, session_factory: SessionFactory, gone: str
) -> None:
    saved = save(client, buyer, "make=honda&city=Lahore")
    first = put(session_factory)
    alerting.match()
    if gone == "deleted":
        assert client.delete(f"{PATH}/{saved['search_id']}", headers=buyer.headers).status_code == 204
    else:
        changes = {"sold": {"status": "sold"}, "hidden": {"visibility": "private"}, "moved": {"city": "Multan"}}
        change(session_factory, first, **changes[gone])
    alerting.tell()
    alerting.deliver()
    assert alerting.sent == []


def test_message_that_was_overtaken_in_an_outage_is_told_anew_without_the_car_that_is_gone(
    client: httpx.Client, buyer: Person, alerting: Alerting, session_factory: SessionFactory
) -> None:
    save(client, buyer, "make=honda")
    gone, stays = put(session_factory), put(session_factory, title="Honda City Aspire 2020", model="City")
    alerting.is_down = True
    assert alerting.texts() == []
    change(session_factory, gone, status="withdrawn")
    alerting.is_down = False
    assert alerting.texts(HOUR) == []
    assert alerting.states() == [("dropped", "no_longer_true")]
    [told] = alerting.texts()
    assert "1 new" in told
    assert "City Aspire" in told
    assert alerting.states() == [("dropped", "told_anew"), ("sent", None)]
    assert alerting.texts(2 * HOUR) == []
    change(session_factory, stays, price_pkr=1_000_000)
    assert len(alerting.texts()) == 1


def test_nothing_is_told_in_quiet_hours_nor_of_kinds_that_are_turned_off(
    client: httpx.Client, buyer: Person, alerting: Alerting, session_factory: SessionFactory
) -> None:
    save(client, buyer, "make=honda")
    begins, ends = alerting.now - HOUR, alerting.now + 2 * HOUR
    quiet = {"from": f"{begins:%H:%M}", "until": f"{ends:%H:%M}", "timezone": "UTC"}
    choose = partial(client.put, "/v1/me/notifications", headers=buyer.headers)
    assert choose(json={"channels": {}, "quiet_hours": quiet}).status_code == 200
    first, _ = put(session_factory), put(session_factory)
    assert alerting.texts() == []
    change(session_factory, first, status="sold")
    [told] = alerting.texts(3 * HOUR)
    assert "1 new" in told
    assert choose(json={"channels": {"saved_search": []}, "quiet_hours": None}).status_code == 200
    put(session_factory)
    assert alerting.texts(3 * HOUR) == []


def test_dealers_are_told_of_the_trade_while_they_belong_to_one(
    client: httpx.Client, people: People, alerting: Alerting, session_factory: SessionFactory
) -> None:
    dealer = people.person(("malik-cars", Role.SALES_AGENT), contact=phone(BUYER))
    quiet = {"channels": {}, "quiet_hours": None}
    assert client.put("/v1/me/notifications", json=quiet, headers=dealer.headers).status_code == 200
    save(client, dealer, "make=honda", channel="autotrader")
    save(client, dealer, "make=honda")
    put(session_factory, visibility="wholesale_public")
    put(session_factory, org="malik-cars")  # its own
    assert [one.partition(": ")[2][:5] for one in alerting.texts()] == ["1 new"]
    put(session_factory, visibility="wholesale_public")
    with transaction(session_factory) as session:
        session.execute(text("DELETE FROM memberships WHERE user_id = :person"), {"person": dealer.user_id})
    assert alerting.texts(2 * HOUR) == []


def test_messages_of_people_who_read_urdu_are_urdu(
    client: httpx.Client, buyer: Person, alerting: Alerting, session_factory: SessionFactory
) -> None:
    answer = client.put(
        "/v1/me/notifications", json={"channels": {}, "quiet_hours": None, "language": "ur"}, headers=buyer.headers
    )
    assert answer.status_code == 200
    save(client, buyer, "make=honda")
    put(session_factory)
    [told] = alerting.texts()
    assert told.startswith("آٹومارٹ پر آپ کی تلاش")
    assert "0 تبدیلی کے بعد اب آپ کی تلاش کے مطابق ہیں" in told


def test_searches_are_changed_and_belong_to_their_owner(
    client: httpx.Client, people: People, buyer: Person, alerting: Alerting, session_factory: SessionFactory
) -> None:
    saved, stranger = save(client, buyer, "make=honda", frequency="daily"), people.person()
    path = f"{PATH}/{saved['search_id']}"
    put(session_factory)
    alerting.match()
    changed = client.patch(path, json={"name": "Else", "search": "make=toyota"}, headers=buyer.headers).json()
    assert (changed["name"], changed["filters"]) == ("Else", {"make": ["toyota"]})
    assert changed["alerts"] == {"frequency": "daily", "new_match": True, "price_drop": True}
    assert alerting.texts() == []
    for answer in (
        client.patch(path, json={"name": "Mine"}, headers=stranger.headers),
        client.delete(path, headers=stranger.headers),
    ):
        assert code_of(answer) == (404, "unknown_saved_search")
    assert client.get(PATH, headers=stranger.headers).json() == {"items": []}
    assert client.delete(path, headers=buyer.headers).status_code == 204
    assert code_of(client.delete(path, headers=buyer.headers)) == (404, "unknown_saved_search")


@pytest.mark.parametrize(
    ("search", "code"),
    [
        ("colour=white", "bad_search"),
        ("price_max=many", "bad_search"),
        ("price_min=5&price_max=4", "bad_search"),
        ("price_min=5&price_min=4", "bad_search"),
        ("near_city=Atlantis&radius_km=5", "bad_search"),
        ("body=boat", "bad_search"),
        ("&".join(["make=a"] * 300), "bad_search"),
        ("make=%00", "bad_search"),
        ("sort=newest", "search_too_wide"),
        ("q=!?", "search_too_wide"),
        ("q=for sale&understand=off", "search_too_wide"),
    ],
)
def test_rubbish_is_refused(
    client: httpx.Client, buyer: Person, index: SearchEngine, add: Add, search: str, code: str
) -> None:
    add()
    answer = client.post(PATH, json={"name": "x", "search": search}, headers=buyer.headers)
    assert code_of(answer) == (422, code)


def test_a_person_has_at_most_fifty(client: httpx.Client, buyer: Person, session_factory: SessionFactory) -> None:
    saved = save(client, buyer, "make=honda")
    with transaction(session_factory) as session:
        session.execute(
            text(
                "INSERT INTO saved_searches (user_id, name, search, understood, channel, frequency, new_match,"
                " price_drop, since, words, keys) SELECT user_id, name, search, understood, channel, frequency,"
                " new_match, price_drop, since, words, keys FROM saved_searches, generate_series(1, 49)"
            )
        )
    answer = client.post(PATH, json={"name": "x", "search": saved["search"]}, headers=buyer.headers)
    assert code_of(answer) == (409, "too_many_saved_searches")


def test_saved_search_leaves_out_what_it_denies(
    client: httpx.Client, buyer: Person, alerting: Alerting, session_factory: SessionFactory
) -> None:
    names = [("Honda", "Civic"), ("Honda", "City")]
    for make, model in names:
        put(session_factory, make=make, model=model, title=model)
    saved = save(client, buyer, "make=honda&not_model=City")
    assert saved["filters"] == {"make": ["honda"], "not_model": ["City"]}
    alerting.match()
    for make, model in names:
        put(session_factory, make=make, model=model, title=f"{model} new")
    [told] = alerting.texts()
    assert "Civic new" in told
    assert "City new" not in told
    body = {"name": "All but one", "search": "not_model=City", "alerts": {}}
    refused = client.post(PATH, json=body, headers=buyer.headers)
    assert code_of(refused) == (422, "search_too_wide")
