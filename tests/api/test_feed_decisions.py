"""A dealer's people follow, decide and preview their files over the API; tokens that deliver may not."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from core.db.tables import Listing
from core.db.tables.feed_requests import FeedRequest
from core.identity.orgs import add_org, get_org
from core.platform import Platform
from core.settings import Settings
from core.storage import open_storage
from pipelines.imports.loops import REQUESTS
from pipelines.imports.pending.import_pending import import_pending
from pipelines.listings.bulk_writer import lock_listings
from serving.feeds.senders import add_sender
from tests.api.conftest import code_of
from tests.api.people import People, Person
from tests.factories.feeds import sheet_mapping
from tests.factories.turns import OneTurn

pytestmark = pytest.mark.slow

HEAD = "Stock No,Make,Model,Year,Demand\n"
FEED = "/v1/feeds/khan-motors"


def stock(*numbers: int, extra: str = "") -> str:
    return HEAD + "".join(f"K{number},Toyota,Corolla,2018,{40 + number} lacs\n" for number in numbers) + extra


@pytest.fixture
def admin(session_factory: SessionFactory, people: People) -> Person:
    with transaction(session_factory) as session:
        add_org(session, "khan-motors", "Khan Motors", default_mapping="showroom")
    return people.person(("khan-motors", Role.ORG_ADMIN))


class Feed:
    """The dealer's feed, as an administrator uses it."""

    def __init__(self, client: httpx.Client, admin: Person, settings: Settings, sessions: SessionFactory) -> None:
        self.client, self.headers, self.sessions = client, admin.headers, sessions
        self.storage = open_storage(settings)
        self.platform = Platform(settings, sessions, self.storage)

    def ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        return self.client.request(method, FEED + path, headers=self.headers, **given)

    def deliver(self, content: str) -> str:
        answer = self.ask("PUT", "/files", params={"name": "stock.csv"}, content=content.encode())
        assert answer.status_code == 202, answer.text
        import_pending(self.sessions, self.storage, run_id="test")
        return str(answer.json()["file_id"])

    def work(self) -> None:
        turn = REQUESTS.start(self.platform)
        while turn(OneTurn(self.sessions)):
            pass

    def decide(self, file_id: str, decision: str) -> Any:
        return self.done(self.ask("POST", f"/files/{file_id}/{decision}"))

    def done(self, asked: httpx.Response) -> Any:
        assert asked.status_code == 202, asked.text
        assert asked.json()["state"] == "waiting"
        self.work()
        return self.ask("GET", f"/requests/{asked.json()['request_id']}").json()

    def live(self) -> set[str]:
        with self.sessions() as session:
            return set(session.scalars(select(Listing.source_key).where(Listing.status == "live")))


@pytest.fixture
def feed(client: httpx.Client, admin: Person, api_settings: Settings, session_factory: SessionFactory) -> Feed:
    return Feed(client, admin, api_settings, session_factory)


def test_rejects_are_listed_with_what_to_do_page_by_page(feed: Feed) -> None:
    extra = "X1,Honda,Civic,2019,5 rupees\nX2,Honda,Civic,1820,30 lacs\n"
    file_id = feed.deliver(stock(1, extra=extra))
    first = feed.ask("GET", f"/files/{file_id}/rejects", params={"limit": 1}).json()
    second = feed.ask("GET", f"/files/{file_id}/rejects", params={"cursor": first["next_cursor"]}).json()
    rows = first["items"] + second["items"]
    assert [(each["row"], each["key"], each["code"]) for each in rows] == [
        (2, "X1", "price_too_low"),
        (3, "X2", "bad_year"),
    ]
    assert (rows[0]["column"], rows[0]["value"], rows[1]["fix"]) == ("Demand", "5 rupees", "Correct the year.")
    assert second["next_cursor"] is None


def test_held_removals_are_listed_approved_and_undone(feed: Feed) -> None:
    feed.deliver(stock(*range(20)))
    half = feed.deliver(stock(*range(6)))
    removals = f"/files/{half}/removals"
    held = feed.ask("GET", removals, params={"limit": 9}).json()
    rest = feed.ask("GET", removals, params={"cursor": held["next_cursor"]}).json()
    cars = held["items"] + rest["items"]
    assert {each["source_key"] for each in cars} == {f"K{number}" for number in range(6, 20)}
    assert {each["state"] for each in cars} == {"held"}
    told = feed.decide(half, "approve")
    assert (told["state"], told["answer"]["changed"], told["answer"]["left"]) == ("done", 14, 0)
    assert feed.live() == {f"K{number}" for number in range(6)}
    assert feed.decide(half, "undo")["answer"]["changed"] == 14
    assert feed.live() == {f"K{number}" for number in range(20)}
    again = feed.decide(half, "undo")
    assert (again["state"], again["answer"]) == ("refused", {})
    assert "nothing to undo" in again["refusal"]


def test_file_is_replayed_by_the_mapping_that_its_dealer_has_mended(feed: Feed) -> None:
    file_id = feed.deliver(HEAD.replace("Demand", "Rate") + "K1,Toyota,Corolla,2018,45\n")
    assert feed.ask("GET", f"/files/{file_id}").json()["status"] == "refused"
    kept = feed.ask("PUT", "/mappings/khan-sheet", json={"toml": MAPPING, "default": True})
    assert (kept.status_code, kept.json()["default"], kept.json()["versions"]) == (200, True, [1])
    again = feed.deliver(HEAD.replace("Demand", "Rate") + "K1,Toyota,Corolla,2018,45\n")
    assert feed.ask("GET", f"/files/{again}").json()["created"] == 1
    mended = MAPPING.replace("version = 1", "version = 2").replace('"lakh"', '"million"')
    assert feed.ask("PUT", "/mappings/khan-sheet", json={"toml": mended}).json()["versions"] == [1, 2]
    assert feed.decide(again, "replay")["answer"]["updated"] == 1
    with feed.sessions() as session:
        assert session.scalars(select(Listing.price_pkr)).one() == 45_000_000


def test_preview_tells_what_a_delivery_would_change_and_leaves_nothing(feed: Feed) -> None:
    before = list(feed.storage.keys("previews"))  # the server's storage is that of all tests
    feed.deliver(stock(1, 2, 3))
    changed = stock(1, 4, extra="K2,Toyota,Corolla,2018,49 lacs\nX,Honda,Civic,2019,5 rupees\n")
    told = feed.done(feed.ask("POST", "/preview", params={"name": "new.csv"}, content=changed.encode()))["answer"]
    assert [told[name] for name in ("read", "created", "updated", "unchanged", "rejected")] == [4, 1, 1, 1, 1]
    changes = told["changes"]
    assert [each["key"] for each in changes["created"]] == ["K4"]
    assert changes["updated"][0]["columns"]["price_pkr"] == {"old": 4_200_000, "new": 4_900_000}
    assert feed.live() == {"K1", "K2", "K3"}
    assert len(feed.ask("GET", "/files").json()["items"]) == 1
    assert list(feed.storage.keys("previews")) == before
    refused = feed.done(feed.ask("POST", "/preview", params={"name": "new.csv"}, content=b"\x00\x01nothing"))
    assert refused["answer"]["status"] == "refused"


def test_one_request_that_cannot_be_done_does_not_stop_the_next(feed: Feed) -> None:
    one = feed.ask("POST", "/preview", content=stock(1).encode()).json()["request_id"]
    two = feed.ask("POST", "/preview", content=stock(1, 2).encode()).json()["request_id"]
    with transaction(feed.sessions) as session:
        session.get_one(FeedRequest, one).storage_key = "previews/gone"
    feed.work()
    states = [feed.ask("GET", f"/requests/{each}").json()["state"] for each in (one, two)]
    assert states == ["refused", "done"]


def test_request_about_a_dealer_whose_import_is_under_way_lets_those_of_others_pass(feed: Feed, people: People) -> None:
    file_id = feed.deliver(stock(1))
    waits = feed.ask("POST", f"/files/{file_id}/replay").json()["request_id"]
    with transaction(feed.sessions) as session:
        add_org(session, "al-noor", "Al Noor", default_mapping="showroom")
        importing = get_org(session, "khan-motors").id
    headers = people.person(("al-noor", Role.ORG_ADMIN)).headers
    other = feed.client.post("/v1/feeds/al-noor/preview", headers=headers, content=stock(2).encode())
    with transaction(feed.sessions) as session:
        lock_listings(session, importing)
        feed.work()
        passed = feed.client.get(f"/v1/feeds/al-noor/requests/{other.json()['request_id']}", headers=headers)
        assert passed.json()["state"] == "done"
        assert feed.ask("GET", f"/requests/{waits}").json()["state"] == "waiting"
    feed.work()
    assert feed.ask("GET", f"/requests/{waits}").json()["state"] == "done"


def test_asked_twice_while_it_waits_is_asked_once(feed: Feed) -> None:
    file_id = feed.deliver(stock(1))
    ids = {feed.ask("POST", f"/files/{file_id}/replay").json()["request_id"] for _ in range(3)}
    assert len(ids) == 1
    feed.work()
    assert feed.ask("POST", f"/files/{file_id}/replay").json()["request_id"] not in ids


def test_mapping_is_proposed_kept_in_versions_and_nobody_elses(feed: Feed, people: People) -> None:
    proposed = feed.ask("POST", "/mappings/suggest", params={"mapping": "mine"}, content=stock(*range(5)).encode())
    found = proposed.json()
    assert {each["field"]: each["column"] for each in found["choices"]}["price"] == "Demand"
    toml = found["toml"]
    assert feed.ask("PUT", "/mappings/mine", json={"toml": toml}).status_code == 200
    changed = feed.ask("PUT", "/mappings/mine", json={"toml": toml.replace('"partial"', '"full"')})
    assert code_of(changed) == (409, "mapping_exists")
    second = toml.replace("version = 1", "version = 2").replace('"partial"', '"full"')
    assert feed.ask("PUT", "/mappings/mine", json={"toml": second}).json()["delivery"] == "full"
    old = feed.ask("GET", "/mappings/mine", params={"version": 1}).json()
    assert (old["delivery"], old["toml"], old["own"]) == ("partial", toml, True)
    names = {each["name"]: each["own"] for each in feed.ask("GET", "/mappings").json()["items"]}
    assert (names["mine"], names["showroom"]) == (True, False)
    assert "[columns]" in feed.ask("GET", "/mappings/showroom").json()["toml"]
    assert code_of(feed.ask("PUT", "/mappings/showroom", json={"toml": toml})) == (409, "mapping_exists")
    assert code_of(feed.ask("PUT", "/mappings/x", json={"toml": "version ="})) == (422, "bad_mapping")
    assert code_of(feed.ask("POST", "/mappings/suggest", content=b"a,b\n1,2\n")) == (422, "file_not_suggested")
    with transaction(feed.sessions) as session:
        add_org(session, "al-noor", "Al Noor")
    other = people.person(("al-noor", Role.ORG_ADMIN)).headers
    assert code_of(feed.client.get("/v1/feeds/al-noor/mappings/mine", headers=other)) == (404, "unknown_mapping")
    assert code_of(feed.client.get(f"{FEED}/mappings/mine", headers=other)) == (403, "forbidden")


def test_mapping_from_before_mappings_had_owners_is_its_users_alone(feed: Feed) -> None:
    feed.storage.put("mappings/al-noor-sheet.toml", MAPPING.encode())
    body = {"url": "https://dealer.example/", "mapping": "al-noor-sheet"}
    for answer in (
        feed.ask("GET", "/mappings/al-noor-sheet"),
        feed.ask("GET", "/mappings/nope"),
        feed.ask("POST", "/sources", json=body),
    ):
        assert code_of(answer) == (404, "unknown_mapping")
    assert "al-noor" not in feed.ask("GET", "/mappings/nope").text
    with transaction(feed.sessions) as session:
        get_org(session, "khan-motors").default_mapping = "al-noor-sheet"
    assert feed.ask("GET", "/mappings/al-noor-sheet").json()["default"] is True


def test_sources_are_added_listed_and_removed_without_anothers_password(feed: Feed, people: People) -> None:
    url = "https://dealer.example/stock.csv?key=s3cret"
    made = feed.ask("POST", "/sources", json={"url": url, "credential": "khan-motors"})
    assert (made.status_code, made.json()["url"]) == (201, "https://dealer.example/stock.csv?…")
    for body, refused in (
        ({"url": url}, (409, "source_exists")),
        ({"url": "https://evil.example/", "credential": "al-noor"}, (422, "credential_of_others")),
        ({"url": "http://169.254.169.254/"}, (422, "source_refused")),
        ({"url": "sftp://dealer.example/x.csv"}, (422, "source_refused")),
        ({"url": "ftp://dealer.example/x.csv"}, (422, "source_refused")),
        ({"url": "ftps://dealer.example/a%0D%0ADELE%20b"}, (422, "source_refused")),
        ({"url": "mailto:"}, (422, "source_refused")),  # this installation takes no mail
        ({"url": "https://dealer.example/x", "mapping": "nope"}, (404, "unknown_mapping")),
    ):
        assert code_of(feed.ask("POST", "/sources", json=body)) == refused, body
    [listed] = feed.ask("GET", "/sources").json()["items"]
    assert "s3cret" not in str(listed)
    foreign = people.person(("capital-autos", Role.ORG_ADMIN)).headers
    path = f"/v1/feeds/capital-autos/sources/{listed['source_id']}"
    assert code_of(feed.client.delete(path, headers=foreign)) == (404, "feed_source_not_found")
    assert feed.ask("DELETE", f"/sources/{listed['source_id']}").status_code == 204
    assert feed.ask("GET", "/sources").json()["items"] == []


def test_dealer_adds_each_address_once_and_twenty_in_all_though_many_ask_at_once(feed: Feed) -> None:
    def add(url: str) -> int:
        return feed.ask("POST", "/sources", json={"url": url}).status_code

    with ThreadPoolExecutor(4) as threads:
        same = list(threads.map(add, ["https://dealer.example/same.csv"] * 4))
        others = list(threads.map(add, [f"https://dealer.example/{number}.csv" for number in range(22)]))
    assert sorted(same) == [201, 409, 409, 409]
    assert (others.count(201), others.count(422)) == (19, 3)


def test_upload_token_reads_its_own_files_and_decides_nothing(feed: Feed) -> None:
    file_id = feed.deliver(stock(1, extra="X,Honda,Civic,2019,5 rupees\n"))
    with transaction(feed.sessions) as session:
        org = add_org(session, "al-noor", "Al Noor", default_mapping="showroom")
        other = add_sender(session, org, "tests")
        mine = add_sender(session, session.get_one(type(org), _org_id(feed)), "tests")
    own, foreign = ({"Authorization": f"Bearer {token}"} for token in (mine, other))
    assert len(feed.client.get(f"{FEED}/files/{file_id}/rejects", headers=own).json()["items"]) == 1
    for path in (f"{FEED}/files/{file_id}/rejects", f"/v1/feeds/al-noor/files/{file_id}/removals"):
        assert feed.client.get(path, headers=foreign).status_code in (403, 404)
    for method, path in (
        ("POST", f"/files/{file_id}/replay"),
        ("POST", "/preview"),
        ("GET", "/mappings"),
        ("PUT", "/mappings/x"),
        ("GET", "/sources"),
    ):
        given = {"json": {"toml": "x"}} if method == "PUT" else {}
        assert code_of(feed.client.request(method, FEED + path, headers=own, **given)) == (403, "forbidden")


def _org_id(feed: Feed) -> Any:
    with feed.sessions() as session:
        return session.scalars(select(Listing.org_id)).first()


MAPPING = sheet_mapping(key="Stock No")


def test_report_is_a_page_in_two_languages_and_a_csv_of_the_dealers_own_columns(feed: Feed) -> None:
    feed.deliver(stock(*range(20)))
    extra = "=X1,<b>Honda</b>,Civic,2019,5 rupees\nX2,Honda,Civic,1820,30 lacs\nX3,Honda,Civic,2019,5 rupees\n"
    file_id = feed.deliver(stock(*range(6), extra=extra))
    path = f"/files/{file_id}/report"
    english, urdu = (feed.ask("GET", path, params={"language": each}) for each in ("en", "ur"))
    assert "default-src 'none'" in english.headers["content-security-policy"]
    assert 'lang="ur" dir="rtl"' in urdu.text
    for said in ("Give the full price in rupees", "Cars that wait for your decision", "Toyota Corolla", "K19"):
        assert said in english.text
    assert "سال درست کریں۔" in urdu.text
    assert "Correct the year" not in urdu.text
    assert "<b>" not in english.text
    data = feed.ask("GET", path, params={"format": "json", "language": "ur"}).json()
    assert data["file"]["report"] == FEED + path == feed.ask("GET", f"/files/{file_id}").json()["report"]
    assert [each["fix"] for each in data["rejects"]][1] == "سال درست کریں۔"
    assert (len(data["held"]), data["more_rejects"]) == (14, False)
    rows = feed.ask("GET", path, params={"format": "csv"}).text.splitlines()
    assert rows[0].startswith("row,code,column,value,what to do,Stock No,")
    assert "'=X1" in rows[1]
    assert "<b>Honda</b>,Civic" in rows[1]
    assert rows[2].startswith("8,bad_year,Year,1820,Correct the year.,X2,")


def test_report_names_what_waits_behind_hundreds_of_rows_that_do_not(feed: Feed) -> None:
    numbers = range(300)
    feed.deliver(stock(*numbers).replace("Demand\n", "Demand,Status\n").replace(" lacs\n", " lacs,\n"))
    sold = "".join(f"K{number},Toyota,Corolla,2018,{40 + number} lacs,sold\n" for number in numbers[:201])
    late = "X,Honda,Civic,2019,5 rupees,\n"
    file_id = feed.deliver(HEAD.replace("Demand\n", "Demand,Status\n") + sold + late)
    page = feed.ask("GET", f"/files/{file_id}/report").text
    assert "5 rupees" in page
    assert "K299" in page
    assert "all are in the CSV" not in page


def test_csv_marks_heads_as_text_too_and_stands_a_mapping_that_is_refused_today(feed: Feed) -> None:
    mapping = MAPPING.replace('"Rate"', '"=1+1"')
    assert feed.ask("PUT", "/mappings/khan-sheet", json={"toml": mapping, "default": True}).status_code == 200
    head = HEAD.replace("Demand", "=1+1")
    file_id = feed.deliver(head + "K1,Toyota,Corolla,2018,45\nX, =2+2,Civic,1820,30\nY,＝3,Civic,1820,30\n")
    path, form = f"/files/{file_id}/report", {"format": "csv"}
    first, *rows = feed.ask("GET", path, params=form).text.splitlines()
    assert first.endswith(",'=1+1")
    assert ["'=2+2" in rows[0] or "' =2+2" in rows[0], "'＝3" in rows[1]] == [True, True]
    with feed.sessions() as session:
        owner = get_org(session, "khan-motors").id
    feed.storage.put(f"mappings/{owner}/khan-sheet/1.toml", mapping.replace('"Model"', '"row_number"').encode())
    answer = feed.ask("GET", path, params=form)
    assert (answer.status_code, answer.text.splitlines()[0]) == (200, "row,code,column,value,what to do")
