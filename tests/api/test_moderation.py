"""The queue of moderation, decisions that are made once, appeals to people, and edits of ads on offer."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select

from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from core.db.tables.audit import AuditRecord
from core.db.tables.moderation import ModerationMark
from core.identity.contacts import phone
from pipelines.moderation.marking import mark_cars
from serving.moderation.notices import notify_sellers
from tests.api.conftest import Add, code_of
from tests.api.people import People, Person
from tests.api.test_listing_writes import CAR, patch, post
from tests.factories.moderation import judge_all, status_of, unknown

CLEAN = {"description": "First owner, all genuine"}
REJECT = {"decision": "reject", "reasons": ["photos_misleading"]}


@pytest.fixture
def seller(client: httpx.Client, people: People) -> Person:
    return people.person(contact=phone("0301 7654321"))


@pytest.fixture
def moderator(client: httpx.Client, people: People) -> Person:
    return people.person(("automart", Role.MODERATOR))


def submit(client: httpx.Client, seller: Person, **fields: Any) -> dict[str, Any]:
    return post(client, seller, None, publish=True, **(CLEAN | fields))


def queue(client: httpx.Client, moderator: Person, **params: Any) -> list[dict[str, Any]]:
    answer = client.get("/v1/moderation/queue", params=params, headers=moderator.headers)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def decide(client: httpx.Client, moderator: Person, case: dict[str, Any], body: dict[str, Any]) -> httpx.Response:
    headers = moderator.headers | {"if-match": case["etag"]}
    return client.post(f"/v1/moderation/{case['case_id']}/decision", json=body, headers=headers)


def standing(client: httpx.Client, person: Person, ad: dict[str, Any]) -> dict[str, Any]:
    answer = client.get(f"/v1/listings/{ad['id']}/moderation", headers=person.headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def appeal(client: httpx.Client, person: Person, ad: dict[str, Any], statement: str = "Look again") -> httpx.Response:
    return client.post(f"/v1/listings/{ad['id']}/appeal", json={"statement": statement}, headers=person.headers)


def live_ad(client: httpx.Client, factory: SessionFactory, seller: Person, **fields: Any) -> dict[str, Any]:
    ad = submit(client, seller, **fields)
    judge_all(factory)
    [own] = [each for each in mine(client, seller) if each["id"] == ad["id"]]
    assert own["status"] == "live"
    return own


def mine(client: httpx.Client, seller: Person) -> list[dict[str, Any]]:
    return list(client.get("/v1/me/listings", headers=seller.headers).json()["items"])


def test_rejection_by_the_rules_tells_the_seller_why_in_both_languages(
    client: httpx.Client, seller: Person, session_factory: SessionFactory
) -> None:
    ad = submit(client, seller, description="Call 0300 1234567")
    judge_all(session_factory)
    told = standing(client, seller, ad)
    assert (told["status"], told["outcome"], told["decided_by"], told["may_appeal"]) == (
        "rejected", "rejected", "rules", True,
    )  # fmt: skip
    [reason] = told["reasons"]
    assert (reason["code"], reason["field"]) == ("contact_phone", "description")
    assert "phone" in reason["text_en"]
    assert "نمبر" in reason["text_ur"]


def test_queue_has_the_oldest_first_in_pages_and_by_kind_and_finding(
    client: httpx.Client, seller: Person, moderator: Person, session_factory: SessionFactory
) -> None:
    ads = [submit(client, seller, mileage_km=10_000 * n, color=c, price_pkr=p)["id"]
           for n, c, p in ((1, "red", 3_500_000), (4, "blue", None), (9, "white", 35_000_000))]  # fmt: skip
    judge_all(session_factory)
    assert [each["listing"]["id"] for each in queue(client, moderator)] == ads[1:]
    page = client.get("/v1/moderation/queue", params={"limit": 1}, headers=moderator.headers).json()
    rest = queue(client, moderator, cursor=page["next_cursor"])
    assert [each["listing"]["id"] for each in (*page["items"], *rest)] == ads[1:]
    [high] = queue(client, moderator, finding=["price_too_high", "price_too_low"])
    assert (high["listing"]["id"], high["is_judged"], high["source"]) == (ads[2], True, "private")
    assert queue(client, moderator, kind="appeal") == []
    assert len(queue(client, moderator, kind=["appeal", "submission"])) == 2


def test_queue_shows_what_waits_although_no_rule_has_run(
    client: httpx.Client, seller: Person, moderator: Person
) -> None:
    submit(client, seller)
    [waiting] = queue(client, moderator)
    assert (waiting["is_judged"], waiting["findings"]) == (False, [])


def test_decision_is_made_once(
    client: httpx.Client, people: People, seller: Person, session_factory: SessionFactory
) -> None:
    submit(client, seller)
    judge_all(session_factory, unknown)
    moderators = [people.person(("automart", Role.MODERATOR)) for _ in range(8)]
    [case] = queue(client, moderators[0])

    def call(number: int) -> tuple[int, str | None]:
        body = {"decision": "approve"} if number % 2 else REJECT
        answer = decide(client, moderators[number], case, body)
        return answer.status_code, answer.json().get("code")

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(call, range(8)))
    assert sorted(answers, key=str) == [(200, None), *[(409, "case_closed")] * 7]
    with session_factory() as session:
        acts = session.scalars(select(AuditRecord).where(AuditRecord.action == "moderation.decide")).all()
    assert len(acts) == 1


def test_decision_is_of_what_the_moderator_read(
    client: httpx.Client, seller: Person, moderator: Person, session_factory: SessionFactory
) -> None:
    ad = submit(client, seller)
    judge_all(session_factory, unknown)
    [case] = queue(client, moderator)
    path = f"/v1/moderation/{case['case_id']}/decision"
    assert code_of(client.post(path, json=REJECT, headers=moderator.headers)) == (428, "if_match_needed")
    assert patch(client, seller, ad | {"etag": case["etag"]}, description="Something else").status_code == 200
    assert code_of(decide(client, moderator, case, {"decision": "approve"})) == (412, "case_changed")
    assert code_of(decide(client, moderator, case | {"etag": "*"}, {"decision": "approve"})) == (412, "case_changed")
    [read] = queue(client, moderator)
    assert decide(client, moderator, read, {"decision": "approve"}).json()["status"] == "live"
    assert status_of(session_factory, UUID(ad["id"])) == ("live", "person")


@pytest.mark.parametrize(
    "body",
    [
        {"decision": "reject"},
        {"decision": "reject", "reasons": ["other_reason"]},
        {"decision": "approve", "reasons": ["price_too_low"]},
    ],
)
def test_rejection_names_reasons_and_approval_none(
    client: httpx.Client, seller: Person, moderator: Person, body: dict[str, Any]
) -> None:
    submit(client, seller)
    [case] = queue(client, moderator)
    assert code_of(decide(client, moderator, case, body)) == (422, "reason_needed")


def test_taken_back_ad_leaves_the_queue(client: httpx.Client, seller: Person, moderator: Person) -> None:
    ad = submit(client, seller)
    [case] = queue(client, moderator)
    assert client.post(f"/v1/listings/{ad['id']}/transitions", json={"to": "draft"}, headers=seller.headers).is_success
    assert queue(client, moderator) == []
    assert code_of(decide(client, moderator, case, REJECT)) == (409, "case_closed")
    assert standing(client, seller, ad)["outcome"] == "left"


def test_moderator_does_not_decide_about_an_own_ad(client: httpx.Client, moderator: Person) -> None:
    submit(client, moderator)
    [case] = queue(client, moderator)
    assert code_of(decide(client, moderator, case, {"decision": "approve"})) == (403, "own_case")


def test_appeal_of_blanks_says_nothing(client: httpx.Client, seller: Person, session_factory: SessionFactory) -> None:
    ad = submit(client, seller, description="Call 0300 1234567")
    judge_all(session_factory)
    assert code_of(appeal(client, seller, ad, " \u200b\n")) == (422, "invalid_text")


def test_appeal_goes_to_a_person_and_never_to_the_rules(
    client: httpx.Client, seller: Person, moderator: Person, session_factory: SessionFactory
) -> None:
    ad = submit(client, seller, description="Call 0300 1234567")
    assert code_of(appeal(client, seller, ad)) == (409, "not_rejected")
    judge_all(session_factory)
    told = appeal(client, seller, ad, "It is no phone, ask 0300 7654321").json()
    assert (told["kind"], told["status"], told["may_appeal"]) == ("appeal", "in_review", False)
    assert "0300" not in told["statement"]
    judge_all(session_factory)
    [case] = queue(client, moderator, kind="appeal")
    assert case["statement"] == told["statement"]
    assert code_of(appeal(client, seller, ad)) == (409, "not_rejected")
    note = {"decision": "reject", "reasons": ["other_reason"], "note": "Still a phone, call 0311 1234567"}
    assert decide(client, moderator, case, note).json()["outcome"] == "rejected"
    said = standing(client, seller, ad)
    assert (said["decided_by"], [each["code"] for each in said["reasons"]]) == ("person", ["other_reason"])
    assert "0311" not in said["note"]
    assert appeal(client, seller, ad).is_success
    [again] = queue(client, moderator)
    assert decide(client, moderator, again, {"decision": "approve"}).json()["status"] == "live"


def test_appeal_and_its_record_are_the_owners_alone(
    client: httpx.Client, people: People, seller: Person, session_factory: SessionFactory
) -> None:
    ad, stranger = submit(client, seller, description="www.example.pk"), people.person()
    judge_all(session_factory)
    assert code_of(appeal(client, stranger, ad)) == (403, "forbidden")
    path = f"/v1/listings/{ad['id']}/moderation"
    assert code_of(client.get(path, headers=stranger.headers)) == (403, "forbidden")
    assert code_of(client.get("/v1/moderation/queue", headers=seller.headers)) == (403, "forbidden")
    assert code_of(client.get(path)) == (401, "login_needed")


def test_dirty_edit_of_a_live_ad_is_refused_and_changes_nothing(
    client: httpx.Client, seller: Person, session_factory: SessionFactory
) -> None:
    ad = live_ad(client, session_factory, seller)
    refused = patch(client, seller, ad, description="Call 0300 1234567", price_pkr=3_450_000)
    assert code_of(refused) == (422, "edit_breaks_rules")
    assert "contact_phone" in refused.json()["detail"]
    assert mine(client, seller) == [ad]


def test_doubtful_edit_of_a_live_ad_takes_it_back_to_review_at_once(
    client: httpx.Client, seller: Person, moderator: Person, session_factory: SessionFactory
) -> None:
    ad = live_ad(client, session_factory, seller)
    edited = patch(client, seller, ad, make="Honda", model="Civic").json()
    assert (edited["status"], edited["decided_by"]) == ("in_review", "platform")
    assert client.get(f"/v1/listings/{ad['id']}").status_code == 404
    [case] = queue(client, moderator)
    assert (case["kind"], [each["code"] for each in case["findings"]]) == ("edit", ["changed_car"])
    assert case["is_judged"]
    judge_all(session_factory)
    assert len(queue(client, moderator)) == 1


def test_small_edits_of_a_live_ad_leave_it_on_offer(
    client: httpx.Client, seller: Person, session_factory: SessionFactory
) -> None:
    ad = live_ad(client, session_factory, seller)
    for fields in ({"price_pkr": 3_300_000}, {"color": "black"}, {"description": None}, {"mileage_km": 85_000}):
        ad = patch(client, seller, ad, **fields).json()
        assert ad["status"] == "live"


def test_doubtful_edit_of_a_reserved_ad_waits_for_the_end_of_the_reservation(
    client: httpx.Client, seller: Person, session_factory: SessionFactory
) -> None:
    ad = live_ad(client, session_factory, seller)
    moved = client.post(f"/v1/listings/{ad['id']}/transitions", json={"to": "reserved"}, headers=seller.headers).json()
    assert code_of(patch(client, seller, moved, price_pkr=9_000_000)) == (409, "edit_needs_review")
    assert patch(client, seller, moved, price_pkr=3_500_000).json()["status"] == "reserved"


def test_dealers_cars_are_marked_and_never_blocked(
    client: httpx.Client, people: People, add: Add, session_factory: SessionFactory
) -> None:
    agent = people.person(("khan-motors", Role.SALES_AGENT))
    dirty, clean = add(description="WhatsApp 0300 1234567"), add(description="All genuine")
    with transaction(session_factory) as session:
        assert mark_cars(session, [dirty, clean]) == 1
    assert client.get(f"/v1/listings/{dirty}").status_code == 200
    told = standing(client, agent, {"id": dirty})
    assert (told["case_id"], [each["code"] for each in told["findings"]]) == (None, ["contact_phone"])
    car = post(client, agent, description="visit www.example.pk", publish=True)
    assert car["status"] == "live"
    assert patch(client, agent, car, description="call 0300-1234567").json()["status"] == "live"
    with transaction(session_factory) as session:
        mark_cars(session, [UUID(car["id"])])
        session.execute(ModerationMark.__table__.update().values(sequence=0))
    assert standing(client, agent, {"id": dirty})["findings"] == []  # of an earlier form


def test_seller_is_told_of_each_decision_once(
    client: httpx.Client, people: People, seller: Person, session_factory: SessionFactory
) -> None:
    submit(client, seller, description="www.example.pk")
    judge_all(session_factory)
    live_ad(client, session_factory, seller, mileage_km=5)
    for _ in range(2):
        assert not notify_sellers(lambda: transaction(session_factory), people.keys, 10)
    rejected, approved = people.messages(phone("0301 7654321"))
    assert "link" in rejected["reason"]
    assert approved == {"car": rejected["car"]}


@pytest.mark.parametrize(
    "body", [{}, {"statement": ""}, {"statement": "x" * 2_001}, {"statement": 5}, {"statement": "\0"}, {"x": "y"}]
)
def test_bad_appeal_is_refused(client: httpx.Client, seller: Person, body: dict[str, Any]) -> None:
    answer = client.post(f"/v1/listings/{uuid4()}/appeal", json=body, headers=seller.headers)
    assert answer.status_code == 422
    assert CAR["make"] not in answer.text
