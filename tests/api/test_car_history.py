"""A car's history follows its chassis number within its organisation, and no other caller learns the number."""

import io
from collections.abc import Callable, Sequence
from uuid import UUID

import httpx
import pytest
from sqlalchemy import Engine, select

from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from core.db.tables import Listing
from core.identity.orgs import get_org
from core.security.platform_keys import open_keys
from core.settings import Settings
from core.storage import open_storage
from pipelines.feeds.mapping.schema import Mapping
from pipelines.imports import Delivery, ImportContext, ImportResult, import_delivery
from tests.api.people import People, Person
from tests.api.test_matrix import REQUESTS
from tests.api.test_planted_contacts import cells
from tests.factories.chassis import CHASSIS_MAPPING, chassis_sheet

NUMBER, OTHER = "NZE141-6012345", "JTDBR32E160012345"
SERIAL = "6012345"
Send = Callable[..., ImportResult]


@pytest.fixture
def send(api_settings: Settings, session_factory: SessionFactory, people: People, client: httpx.Client) -> Send:
    people.org("khan-motors")
    people.org("dha-cars")
    people.org("platform", "platform")

    def sent(dealer: str, *cars: tuple[str, str, int], visibility: str = "public") -> ImportResult:
        constants = CHASSIS_MAPPING.constants | {"visibility": visibility}
        mapping = Mapping.model_validate(CHASSIS_MAPPING.model_dump() | {"constants": constants})
        with transaction(session_factory) as session:
            keys = open_keys(api_settings)
            context = ImportContext(session, open_storage(api_settings), run_id="t", open_keys=lambda: keys)
            delivery = Delivery(get_org(session, dealer), f"{dealer}.csv", chassis_sheet(*cars), mapping)
            return import_delivery(context, delivery, accept_removals=True)

    return sent


@pytest.fixture
def listing_of(session_factory: SessionFactory) -> Callable[[str], UUID]:
    def found(key: str) -> UUID:
        with session_factory() as session:
            return session.scalars(select(Listing.id).where(Listing.source_key == key)).one()

    return found


def history(client: httpx.Client, listing_id: UUID, person: Person) -> httpx.Response:
    return client.get(f"/v1/listings/{listing_id}/history", headers=person.headers)


def others(people: People, dealer: str) -> list[dict[str, str]]:
    """Another dealer's people, and staff."""
    held = ((dealer, Role.ORG_ADMIN), ("platform", Role.MODERATOR), ("platform", Role.PLATFORM_ADMIN))
    return [people.person(each).headers for each in held]


def answers_without(serial: str, client: httpx.Client, listing_id: UUID, callers: Sequence[dict[str, str]]) -> int:
    """Read whatever can be read, of this listing where one is named; count the answers, none of which says it."""
    asked = 0
    for request in REQUESTS.values():
        if request.method == "GET" and "stream" not in request.path:
            template = request.operation.removeprefix("GET ")
            whole = template.replace("{listing_id}", str(listing_id))
            path = request.path if "{" in whole or whole == template else whole
            for headers in callers:
                answer = client.get(path, headers=headers)
                asked += answer.status_code == 200
                assert serial not in answer.text, request.operation
    return asked


def test_history_follows_a_relisted_car_and_stays_within_its_dealer(
    client: httpx.Client, people: People, send: Send, listing_of: Callable[[str], UUID]
) -> None:
    send("dha-cars", ("X1", NUMBER, 4_000_000), visibility="private")
    send("khan-motors", ("A1", NUMBER, 4_500_000), ("A2", OTHER, 3_000_000))
    send("khan-motors", ("A9", NUMBER.lower(), 4_200_000), ("A2", OTHER, 3_000_000))
    khan, other = (people.person((code, Role.ORG_ADMIN)) for code in ("khan-motors", "dha-cars"))
    told = history(client, listing_of("A9"), khan).json()
    assert [(each["source_key"], each["status"]) for each in told["listings"]] == [("A9", "live"), ("A1", "withdrawn")]
    assert [each["price_pkr"] for each in told["prices"]] == [4_200_000, 4_500_000]
    assert told["chassis_number"] == NUMBER
    assert told["first_seen_at"] == told["listings"][1]["first_seen_at"] < told["listings"][0]["first_seen_at"]
    assert len(history(client, listing_of("A2"), khan).json()["listings"]) == 1
    refused = history(client, listing_of("A9"), other)
    assert (refused.status_code, refused.json()["code"]) == (404, "listing_not_found")
    theirs = history(client, listing_of("X1"), other).json()
    assert [each["source_key"] for each in theirs["listings"]] == ["X1"]
    staff = history(client, listing_of("A9"), people.person(("platform", Role.PLATFORM_ADMIN))).json()
    assert staff["chassis_number"] is None


def test_history_tells_the_first_price_of_each_listing_whether_it_changed_since_or_not(
    client: httpx.Client, people: People, send: Send, listing_of: Callable[[str], UUID]
) -> None:
    send("khan-motors", ("A1", NUMBER, 4_500_000))
    send("khan-motors", ("A1", NUMBER, 4_300_000))
    send("khan-motors", ("A9", NUMBER, 4_200_000))
    told = history(client, listing_of("A9"), people.person(("khan-motors", Role.ORG_ADMIN))).json()
    assert [each["price_pkr"] for each in told["prices"]] == [4_200_000, 4_300_000, 4_500_000]
    assert told["prices"][-1]["observed_at"] == told["first_seen_at"]


def test_history_of_a_car_with_a_new_stock_number_each_day_begins_with_its_first(
    client: httpx.Client, people: People, send: Send, listing_of: Callable[[str], UUID]
) -> None:
    for day in range(22):
        send("khan-motors", (f"D{day}", NUMBER, 4_500_000))
    khan = people.person(("khan-motors", Role.ORG_ADMIN))
    first, last = (history(client, listing_of(key), khan).json() for key in ("D0", "D21"))
    assert [len(told["listings"]) for told in (first, last)] == [20, 20]
    assert [told["listings"][-1]["source_key"] for told in (first, last)] == ["D0", "D2"]
    assert first["first_seen_at"] == last["first_seen_at"] == first["listings"][-1]["first_seen_at"]


def test_number_that_was_given_to_another_make_does_not_join_histories(
    client: httpx.Client, people: People, send: Send, listing_of: Callable[[str], UUID], session_factory: SessionFactory
) -> None:
    send("khan-motors", ("A1", NUMBER, 4_500_000))
    with transaction(session_factory) as session:
        session.scalars(select(Listing).where(Listing.source_key == "A1")).one().make = "Suzuki"
    send("khan-motors", ("A2", NUMBER, 4_500_000))
    khan = people.person(("khan-motors", Role.ORG_ADMIN))
    assert len(history(client, listing_of("A2"), khan).json()["listings"]) == 1


def test_moderators_alone_are_told_of_cars_that_several_dealers_offer(
    client: httpx.Client, people: People, send: Send
) -> None:
    first = send("khan-motors", ("A1", NUMBER, 4_500_000), ("A2", OTHER, 3_000_000))
    second = send("dha-cars", ("X1", NUMBER, 4_000_000))
    assert first.warnings == second.warnings == ()
    moderator = people.person(("platform", Role.MODERATOR))
    answer = client.get("/v1/moderation/shared-chassis", headers=moderator.headers)
    (group,) = answer.json()["items"]
    assert [(car["org"], car["source_key"]) for car in group["cars"]] == [("khan-motors", "A1"), ("dha-cars", "X1")]
    assert SERIAL not in answer.text
    khan = people.person(("khan-motors", Role.ORG_ADMIN))
    assert client.get("/v1/moderation/shared-chassis", headers=khan.headers).status_code == 403
    send("dha-cars", *((f"X{at}", NUMBER, 4_000_000) for at in range(1, 6)))  # no car's number any more
    assert client.get("/v1/moderation/shared-chassis", headers=moderator.headers).json()["items"] == []


@pytest.mark.slow
def test_number_stands_in_no_answer_to_others_no_log_and_no_column(
    client: httpx.Client, people: People, send: Send, listing_of: Callable[[str], UUID], engine: Engine,
    log: io.StringIO,
) -> None:  # fmt: skip
    send("khan-motors", ("A1", NUMBER, 4_500_000), ("A2", "NZE141-601234", 4_500_000), ("A3", "NZE141 60123x5", 1_000))
    listing_id = listing_of("A1")
    assert answers_without(SERIAL, client, listing_id, [{}, *others(people, "dha-cars")]) > 20
    assert SERIAL not in log.getvalue()
    assert [column for column, value in cells(engine) if SERIAL in value] == []


def test_report_warns_of_one_car_under_two_numbers_in_both_languages(
    client: httpx.Client, people: People, send: Send
) -> None:
    file_id = send("khan-motors", ("A1", NUMBER, 4_500_000), ("A2", NUMBER, 4_400_000)).file_id
    khan = people.person(("khan-motors", Role.ORG_ADMIN))
    path = f"/v1/feeds/khan-motors/files/{file_id}/report"
    told = client.get(path, params={"format": "json"}, headers=khan.headers).json()["warnings"]
    assert [(each["code"], each["source_keys"]) for each in told] == [("chassis_repeated", ["A1", "A2"])]
    pages = [client.get(path, params={"language": each}, headers=khan.headers).text for each in ("en", "ur")]
    assert "A1, A2 have one chassis number." in pages[0]
    assert "A1، A2 کا چیسس نمبر ایک ہی ہے" in pages[1]
