"""A file that is answered with 202 is kept; whatever else is sent gets a problem and leaves nothing."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from api.app import create_app
from core.access.roles import Role
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.identity.orgs import add_org, get_org
from core.settings import Settings
from core.storage import open_storage
from pipelines.imports.pending.import_pending import import_pending
from serving.feeds.senders import add_sender, revoke_senders
from tests.api.conftest import served
from tests.api.people import People
from tests.api.test_problems import problem_of
from tests.factories.workbooks import xlsx

pytestmark = pytest.mark.slow

HEAD = "Stock No,Make,Model,Year,Demand\n"
STOCK = (HEAD + "K1,Toyota,Corolla,2018,45 lacs\nK2,Honda,Civic,2019,5 rupees\n").encode()
FILES = "/v1/feeds/khan-motors/files"


@pytest.fixture
def token(session_factory: SessionFactory) -> str:
    with transaction(session_factory) as session:
        org = add_org(session, "khan-motors", "Khan Motors", default_mapping="showroom")
        add_org(session, "no-mapping", "No Mapping")
        return add_sender(session, org, "tests")


@pytest.fixture
def files(session_factory: SessionFactory) -> Callable[[], list[tuple[str, str]]]:
    def listed() -> list[tuple[str, str]]:
        with session_factory() as session:
            return [tuple(row) for row in session.execute(text("SELECT name, status FROM feed_files ORDER BY id"))]

    return listed


Files = Callable[[], list[tuple[str, str]]]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_file_is_kept_imported_and_reported(
    client: httpx.Client, api_settings: Settings, session_factory: SessionFactory, token: str, method: str
) -> None:
    answer = client.request(method, FILES, params={"name": "stock.csv"}, content=STOCK, headers=bearer(token))
    assert answer.status_code == 202, answer.text
    given = answer.json()
    assert (given["status"], given["name"], given["known"], given["read"]) == ("registered", "stock.csv", False, 0)
    import_pending(session_factory, open_storage(api_settings), run_id="test")
    seen = client.get(f"{FILES}/{given['file_id']}", headers=bearer(token)).json()
    assert (seen["status"], seen["read"], seen["created"], seen["rejected"]) == ("applied", 2, 1, 1)
    assert seen["reasons"] == [{"code": "price_too_low", "rows": 1}]


def test_workbook_is_kept_and_imported(
    client: httpx.Client, api_settings: Settings, session_factory: SessionFactory, token: str
) -> None:
    stock = [HEAD.strip().split(","), ["K1", "Toyota", "Corolla", 2018, 4_500_000]]
    workbook = xlsx({"Stock": stock, "Sold": stock})
    answer = client.put(FILES, params={"name": "stock.xlsx"}, content=workbook, headers=bearer(token))
    assert answer.status_code == 202, answer.text
    import_pending(session_factory, open_storage(api_settings), run_id="test")
    seen = client.get(f"{FILES}/{answer.json()['file_id']}", headers=bearer(token)).json()
    assert (seen["status"], seen["read"], seen["created"], seen["rejected"]) == ("applied", 1, 1, 0)
    assert [(each["column"], each["field"], each["filled"]) for each in seen["not_understood"]] == [
        ("Sold", "sheet", 1)
    ]


def test_upload_by_staff_is_kept_and_recorded_under_its_sender(
    client: httpx.Client, session_factory: SessionFactory, token: str, people: People
) -> None:
    admin = people.person(("automart", Role.PLATFORM_ADMIN))
    for headers in (bearer(token), admin.headers):
        given = client.put(FILES, content=HEAD + str(headers), headers=headers)
        assert given.status_code == 202, given.text
        assert client.get(f"{FILES}/{given.json()['file_id']}", headers=headers).status_code == 200
    with session_factory() as session:
        acts = "SELECT actor FROM audit_records WHERE action = 'feeds.upload' ORDER BY id"
        by_system, by_person = session.scalars(text(acts)).all()
    assert by_system.startswith("upload token ")
    assert by_person == str(admin.user_id)


def test_delivery_sent_again_is_the_same_delivery(client: httpx.Client, token: str, files: Files) -> None:
    ids = [client.put(FILES, content=STOCK, headers=bearer(token)).json() for _ in range(3)]
    assert len({one["file_id"] for one in ids}) == 1
    assert [one["known"] for one in ids] == [False, True, True]
    assert len(files()) == 1
    client.put(FILES, content=HEAD.encode() + b"K1,Toyota,Corolla,2018,40 lacs\n", headers=bearer(token))
    back = client.put(FILES, content=STOCK, headers=bearer(token)).json()
    assert not back["known"]  # an older content on purpose is a delivery of its own
    assert len(files()) == 3


def test_deliveries_at_the_same_time_are_one_file(client: httpx.Client, token: str, files: Files) -> None:
    answers: list[int] = []

    def deliver() -> None:
        answers.append(client.put(FILES, content=STOCK, headers=bearer(token)).status_code)

    threads = [threading.Thread(target=deliver) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [202] * 6
    assert len(files()) == 1


def test_nobody_uploads_without_the_dealers_own_token(
    client: httpx.Client, session_factory: SessionFactory, token: str, files: Files
) -> None:
    with transaction(session_factory) as session:
        other = add_sender(session, get_org(session, "no-mapping"), "tests")
    tries: list[tuple[str, dict[str, str], int, str]] = [
        (FILES, {}, 401, "login_needed"),
        (FILES, {"Authorization": token}, 401, "invalid_token"),
        (FILES, {"Authorization": f"Basic {token}"}, 401, "invalid_token"),
        (FILES, bearer(token[:-1]), 401, "unknown_secret"),
        (FILES, bearer(token + "x"), 401, "unknown_secret"),
        (FILES, bearer(other), 403, "forbidden"),
        (FILES, bearer("x" * 5000), 401, "invalid_token"),
        (FILES, {"Authorization": "Bearer \udcff\udc80"}, 401, "invalid_token"),
        ("/v1/feeds/nobody-here/files", bearer(token), 403, "forbidden"),
    ]
    for path, headers, status, code in tries:
        raw = {name.encode(): value.encode("utf-8", "surrogateescape") for name, value in headers.items()}
        for method, where in (("PUT", path), ("POST", path), ("GET", f"{path}/{uuid4()}")):
            answer = client.request(method, where, content=STOCK if method != "GET" else None, headers=raw)
            assert (answer.status_code, problem_of(answer).code) == (status, code), (headers, method)
            assert status == 403 or answer.headers["www-authenticate"].startswith("Bearer")
    with transaction(session_factory) as session:
        assert revoke_senders(session, get_org(session, "khan-motors"), "tests", utc_now()) == 1
    assert client.put(FILES, content=STOCK, headers=bearer(token)).status_code == 401
    assert files() == []


def test_only_the_hash_of_a_token_is_stored(session_factory: SessionFactory, token: str) -> None:
    with session_factory() as session:
        stored = session.execute(text("SELECT service_accounts::text FROM service_accounts")).scalars().all()
    assert len(stored) == 1
    assert token not in stored[0]
    assert token.removeprefix("aut_sa_")[:12] not in stored[0]


def test_token_is_a_service_account_that_its_dealer_sees_and_revokes(
    client: httpx.Client, people: People, token: str
) -> None:
    admin, path = people.person(("khan-motors", Role.ORG_ADMIN)), "/v1/orgs/khan-motors/service-accounts"
    (listed,) = client.get(path, headers=admin.headers).json()["service_accounts"]
    assert (listed["scopes"], listed["revoked_at"]) == (["feeds.upload"], None)
    assert client.get(path, headers=bearer(token)).status_code == 403  # it uploads, and does nothing else
    made = client.post(path, json={"name": "erp", "scopes": ["feeds.upload"]}, headers=admin.headers).json()
    assert client.put(FILES, content=STOCK, headers=bearer(made["secret"])).status_code == 202
    assert client.put(FILES, content=STOCK, headers=admin.headers).status_code == 202
    assert client.delete(f"{path}/{listed['account_id']}", headers=admin.headers).status_code == 204
    refused = client.put(FILES, content=STOCK, headers=bearer(token))
    assert (refused.status_code, problem_of(refused).code) == (401, "unknown_secret")
    trail = client.get(f"/v1/audit?subject=service_account:{listed['account_id']}", headers=admin.headers).json()
    assert [(act["action"], act["actor"]) for act in trail["records"]][-1] == (
        "service_accounts.add",
        "automart dealers by tests",
    )


@pytest.mark.parametrize(
    ("path", "params", "body", "kind", "status", "code"),
    [
        (FILES, {}, b"", "", 422, "empty_file"),
        (FILES, {}, STOCK, "multipart/form-data; boundary=x", 415, "not_the_file_itself"),
        (FILES, {"name": ""}, STOCK, "", 422, "invalid_request"),
        (FILES, {"name": "a\0b"}, STOCK, "", 422, "invalid_text"),
        (FILES, {"name": "../../etc/passwd"}, STOCK, "", 422, "invalid_text"),
        (FILES, {"name": "x" * 201}, STOCK, "", 422, "invalid_request"),
        (FILES, {"nam": "x"}, STOCK, "", 422, "unknown_parameter"),
        ("/v1/feeds/%00/files", {}, STOCK, "", 422, "invalid_request"),
        ("/v1/feeds/" + "a" * 3000 + "/files", {}, STOCK, "", 422, "invalid_request"),
    ],
)
def test_bad_delivery_is_a_problem(
    client: httpx.Client,
    token: str,
    files: Files,
    path: str,
    params: dict[str, str],
    body: bytes,
    kind: str,
    status: int,
    code: str,
) -> None:
    headers = bearer(token) | ({"content-type": kind} if kind else {})
    answer = client.put(path, params=params, content=body, headers=headers)
    assert (answer.status_code, problem_of(answer).code) == (status, code)
    assert files() == []


def test_dealer_without_mapping_and_unknown_files_are_problems(
    client: httpx.Client, session_factory: SessionFactory, token: str
) -> None:
    with transaction(session_factory) as session:
        other = add_sender(session, get_org(session, "no-mapping"), "tests")
    answer = client.put("/v1/feeds/no-mapping/files", content=STOCK, headers=bearer(other))
    assert (answer.status_code, problem_of(answer).code) == (409, "no_mapping")
    mine = client.put(FILES, content=STOCK, headers=bearer(token)).json()["file_id"]
    for path, key, status, code in (
        (f"{FILES}/{uuid4()}", token, 404, "feed_file_not_found"),
        (f"/v1/feeds/no-mapping/files/{mine}", other, 404, "feed_file_not_found"),
        (f"{FILES}/x", token, 422, "invalid_request"),
    ):
        answer = client.get(path, headers=bearer(key))
        assert (answer.status_code, problem_of(answer).code) == (status, code), path


def test_sender_lists_its_own_files_page_by_page(
    client: httpx.Client, api_settings: Settings, session_factory: SessionFactory, token: str
) -> None:
    sent = [client.put(FILES, content=STOCK + b"#" * n, headers=bearer(token)).json()["file_id"] for n in range(3)]
    import_pending(session_factory, open_storage(api_settings), run_id="test")
    seen, cursor = [], None
    for _ in sent:
        page = client.get(FILES, params={"limit": 1} | ({"cursor": cursor} if cursor else {}), headers=bearer(token))
        cursor = page.json()["next_cursor"]
        seen += [each["file_id"] for each in page.json()["items"]]
    assert (seen, cursor) == (sent[::-1], None)
    applied = client.get(FILES, params={"status": "applied"}, headers=bearer(token)).json()["items"]
    assert [each["prices"]["median"] for each in applied] == [4_500_000] * len(applied)
    assert client.get(FILES, params={"status": "refused"}, headers=bearer(token)).json()["items"] == []
    with transaction(session_factory) as session:
        other = add_sender(session, get_org(session, "no-mapping"), "tests")
    assert client.get(FILES, headers=bearer(other)).status_code == 403
    assert client.get("/v1/feeds/no-mapping/files", headers=bearer(other)).json()["items"] == []


@pytest.fixture
def small(api_settings: Settings) -> Iterator[httpx.Client]:
    with served(create_app(api_settings.model_copy(update={"feed_max_file_mb": 1}))) as client:
        yield client


def test_file_over_the_limit_is_refused_while_it_streams(
    small: httpx.Client, token: str, files: Files, session_factory: SessionFactory
) -> None:
    whole = STOCK + b"#" * ((1 << 20) - len(STOCK))
    assert small.put(FILES, content=whole, headers=bearer(token)).status_code == 202  # exactly the limit
    answer = small.put(FILES, content=whole + b"#", headers=bearer(token))
    assert (answer.status_code, problem_of(answer).code) == (413, "file_too_large")

    def endless() -> Iterator[bytes]:  # chunked: no Content-Length at all
        for _ in range(40):
            yield b"x" * 65_536

    answer = small.put(FILES, content=endless(), headers=bearer(token))
    assert (answer.status_code, problem_of(answer).code) == (413, "file_too_large")
    assert len(files()) == 1


def test_other_routes_keep_the_small_limit(client: httpx.Client, token: str) -> None:
    for path, status, code in (
        ("/v1/price-bands", 413, "body_too_large"),
        (f"{FILES}/x", 405, "method_not_allowed"),  # nothing there takes a body: it is not read at all
        ("/v1/feeds/a/b/files", 404, "not_found"),
        ("/x/v1/feeds/khan-motors/files", 404, "not_found"),
    ):
        answer = client.post(path, content=b"x" * 70_000, headers=bearer(token))
        assert (answer.status_code, problem_of(answer).code) == (status, code), path


def test_sender_who_hangs_up_leaves_nothing(
    client: httpx.Client, api_settings: Settings, token: str, files: Files
) -> None:
    objects = set(open_storage(api_settings).keys("feeds/khan-motors"))
    body = HEAD.encode() + b"K9,Suzuki,Alto,2020,12 lacs\n" * 3000
    for framing in (f"Content-Length: {len(body) * 2}", "Transfer-Encoding: chunked"):
        with socket.create_connection((client.base_url.host, client.base_url.port or 80)) as line:
            line.sendall(
                f"PUT {FILES} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n{framing}\r\n\r\n".encode()
            )
            line.sendall(body if "Length" in framing else f"{len(body):x}\r\n".encode() + body)
            time.sleep(0.1)
    time.sleep(0.3)
    assert files() == []
    assert set(open_storage(api_settings).keys("feeds/khan-motors")) == objects
    assert list(api_settings.spool_dir.iterdir()) == []
    assert client.put(FILES, content=STOCK, headers=bearer(token)).status_code == 202
