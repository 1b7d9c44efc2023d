"""A person's searches come back to that person alone, until they are deleted; of nobody else anything is kept."""

from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import text

from core.access.audience import Audience
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from serving.search.recent import MOST, Searcher, recent_texts, remember_search
from tests.api.conftest import Add, code_of
from tests.api.people import People, Person

PATH = "/v1/me/recent-searches"
MINUTES = timedelta(minutes=2)


@pytest.fixture
def buyer(people: People) -> Person:
    return people.person()


def search(client: httpx.Client, who: Person | None, words: str, *, rest: str = "", **headers: str) -> None:
    known = {} if who is None else who.headers
    answer = client.get(f"/v1/listings?q={quote(words)}{rest}", headers=known | headers)
    assert answer.status_code == 200, answer.text


def kept(client: httpx.Client, who: Person) -> list[str]:
    return [one["q"] for one in client.get(PATH, headers=who.headers).json()["items"]]


def suggested(client: httpx.Client, who: Person | None, typed: str) -> list[str]:
    known = {} if who is None else who.headers
    answer = client.get(f"/v1/listings/suggest?q={typed}", headers=known)
    return [one["value"] for one in answer.json()["items"] if one["kind"] == "recent"]


def test_searches_are_kept_for_their_person_alone(
    client: httpx.Client, add: Add, people: People, buyer: Person
) -> None:
    add()
    other = people.person()
    search(client, buyer, "Toyota  in Lahore")
    search(client, buyer, "corolla 2018")
    search(client, buyer, "TOYOTA in lahore")
    search(client, None, "corolla white")
    assert kept(client, buyer) == ["TOYOTA in lahore", "corolla 2018"]
    assert suggested(client, buyer, "toy") == ["TOYOTA in lahore"]
    assert suggested(client, buyer, "") == ["TOYOTA in lahore", "corolla 2018"]
    assert (kept(client, other), suggested(client, other, "toy"), suggested(client, None, "toy")) == ([], [], [])


@pytest.mark.parametrize(
    ("words", "rest", "headers"),
    [
        ("", "", {}),
        ("!!", "", {}),
        ("call 0300 1234567 corolla", "", {}),
        *(
            (f"corolla {phone}", "", {})
            for phone in (
                "0300_1234567",
                "0300/1234567",
                "0 3 0 0 1 2 3 4 5 6 7",
                "０３００१२３４５６７",
                "0300\u200b1234567",
                "0300 12 34 567",
                "3001234567",
                "042-35761234",
                "0300123456",
                "ali @ example.com",
            )
        ),
        ("corolla", "", {"dnt": "1"}),
        ("corolla", "", {"sec-gpc": "1"}),
    ],
)
def test_nothing_is_kept_of(
    client: httpx.Client, buyer: Person, words: str, rest: str, headers: dict[str, str]
) -> None:
    search(client, buyer, words, rest=rest, **headers)
    assert kept(client, buyer) == []


def test_beginnings_of_a_phone_number_go_once_it_is_one(client: httpx.Client, buyer: Person) -> None:
    search(client, buyer, "corolla 2018 2019 4500000")
    for words in ("03", "0300", "0300-12", "0300-1234", "0300-1234567"):
        search(client, buyer, words)
    assert kept(client, buyer) == ["corolla 2018 2019 4500000"]


def test_further_pages_and_refused_searches_are_not_kept(client: httpx.Client, add: Add, buyer: Person) -> None:
    add()
    add()
    first = client.get("/v1/listings?q=corolla&limit=1")
    search(client, buyer, "corolla", rest=f"&limit=1&cursor={first.json()['next_cursor']}")
    assert client.get("/v1/listings?q=corolla&radius_km=5", headers=buyer.headers).status_code == 422
    assert kept(client, buyer) == []


def test_person_deletes_one_or_all(client: httpx.Client, people: People, buyer: Person) -> None:
    other = people.person()
    for words in ("civic", "mehran", "alto"):
        search(client, buyer, words)
    search(client, other, "cultus")
    items = client.get(PATH, headers=buyer.headers).json()["items"]
    path = f"{PATH}/{items[1]['search_id']}"
    assert code_of(client.delete(path, headers=other.headers)) == (404, "unknown_recent_search")
    assert client.delete(path, headers=buyer.headers).status_code == 204
    assert code_of(client.delete(path, headers=buyer.headers)) == (404, "unknown_recent_search")
    assert kept(client, buyer) == ["alto", "civic"]
    assert client.delete(PATH, headers=buyer.headers).status_code == 204
    assert (kept(client, buyer), kept(client, other)) == ([], ["cultus"])


def test_anonymous_caller_has_no_list(client: httpx.Client) -> None:
    assert code_of(client.get(PATH)) == (401, "login_needed")


def test_the_last_searches_are_kept_and_not_each_letter(session_factory: SessionFactory) -> None:
    now = utc_now()
    with transaction(session_factory) as session:
        user = session.scalar(text("INSERT INTO users DEFAULT VALUES RETURNING id"))
        searcher = Searcher(Audience.anonymous(), user)
        for number in range(MOST + 5):
            remember_search(session, searcher, f"civic {2000 + number}", now + number * MINUTES)
        assert list(recent_texts(session, searcher)) == [f"civic {2000 + number}" for number in range(24, 4, -1)]
        later = now + 60 * MINUTES
        for typed in ("me", "mehr", "mehran"):
            remember_search(session, searcher, typed, later)
        remember_search(session, searcher, "mehran vxr", later + MINUTES)
        assert recent_texts(session, searcher)[:3] == ["mehran vxr", "mehran", "civic 2024"]
        assert len(recent_texts(session, searcher)) == MOST
