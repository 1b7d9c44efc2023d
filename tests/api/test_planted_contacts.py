"""Contacts that people and dealers plant are found nowhere outside the declared places."""

import io
import json
import logging
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from cli.app import app as automart
from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from core.declarations import gather_declarations
from core.identity.contacts import phone
from core.identity.orgs import get_org
from core.search import SearchEngine
from core.settings import Settings, child_environment
from core.storage import open_storage
from pipelines.feeds.reports.dealer_report import dealer_report
from pipelines.imports.pending.import_pending import import_pending
from pipelines.search.sync import sync_index
from serving.feeds.senders import add_sender
from tests.api.people import People
from tests.architecture.test_personal_columns import CATALOGUE
from tests.dump import dump
from tests.factories.planted import CNICS, MAIL, SPELLINGS, STOCK, planted_in


def plant_by_api(client: httpx.Client, people: People) -> None:
    contact = phone(SPELLINGS[0])
    for number, spelling in enumerate(SPELLINGS):
        sent = client.post("/v1/auth/otp", json={"phone": spelling, "purpose": "login"})
        assert sent.status_code == (202 if number == 0 else 429), sent.text
        assert client.get("/v1/listings", params={"q": spelling}).status_code == 200
        client.get(f"/v1/listings/suggest?q={spelling}")
    client.post("/v1/auth/otp", json={"email": MAIL, "purpose": "contact"})
    client.post("/v1/auth/otp", json={"phone": CNICS[0], "purpose": "login"})
    person = people.person(contact=contact)
    client.get("/v1/me/export", headers=person.headers)
    admin = people.person(("khan-motors", Role.ORG_ADMIN))
    base = "/v1/orgs/khan-motors"
    body = {"code": "gulberg", "name": f"Gulberg {SPELLINGS[1]}", "phones": [SPELLINGS[2]], "address": MAIL}
    assert client.post(f"{base}/branches", json=body, headers=admin.headers).status_code == 201
    for who in ({"phone": SPELLINGS[4]}, {"email": MAIL}):
        invited = client.post(f"{base}/members", json={**who, "role": "sales_agent"}, headers=admin.headers)
        assert invited.status_code == 201, invited.text
    client.get(f"/v1/audit?subject=user:{SPELLINGS[0]}", headers=admin.headers)


def plant_by_feed(client: httpx.Client, settings: Settings, factory: SessionFactory) -> str:
    """Send and import a file; return everything that is said about it."""
    with transaction(factory) as session:
        org = get_org(session, "khan-motors")
        org.default_mapping = "showroom"
        token = {"Authorization": "Bearer " + add_sender(session, org, "tests")}
    files = "/v1/feeds/khan-motors/files"
    given = client.put(files, params={"name": "stock.csv"}, content=STOCK.encode(), headers=token).json()
    said = [str(import_pending(factory, open_storage(settings), run_id="test"))]
    answer = client.get(f"{files}/{given['file_id']}", headers=token)
    assert answer.json()["created"] == len(SPELLINGS), answer.text
    assert answer.json()["rejected"] == len(SPELLINGS)
    with transaction(factory) as session:
        said.append(str(dealer_report(session, get_org(session, "khan-motors"))))
    return "\n".join([*said, answer.text])


def plant_by_command(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in child_environment(settings).items():
        monkeypatch.setenv(name, value)
    said = ""
    for arguments in (
        ("add-user", "--phone", SPELLINGS[5], "--email", MAIL),
        ("sessions", SPELLINGS[6]),
        ("revoke", MAIL),
    ):
        done = CliRunner().invoke(automart, ["identity", *arguments])
        assert done.exit_code == 0, done.output
        said += done.output
    return said


def cells(engine: Engine) -> Iterator[tuple[str, str]]:
    """Every value of every column that could hold a text, with the column's name."""
    with engine.connect() as connection:
        columns = [(row.table, row.column) for row in connection.execute(CATALOGUE)]
        for table, column in columns:
            values = connection.execute(text(f'SELECT "{column}"::text FROM "{table}" WHERE "{column}" IS NOT NULL'))
            for value in values.scalars():
                yield f"{table}.{column}", value
                if value.startswith("\\x"):
                    yield f"{table}.{column}", bytes.fromhex(value[2:]).decode("latin-1")


@pytest.mark.slow
def test_planted_contacts_are_found_in_no_undeclared_place(
    client: httpx.Client,
    people: People,
    engine: Engine,
    admin_engine: Engine,
    api_settings: Settings,
    session_factory: SessionFactory,
    index: SearchEngine,
    log: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plant_by_api(client, people)
    said = plant_by_feed(client, api_settings, session_factory) + plant_by_command(api_settings, monkeypatch)
    with transaction(session_factory) as session:
        sync_index(session, index)
    found = client.get("/v1/listings", params={"limit": 100, "q": "corolla"})
    assert len(found.json()["items"]) == len(SPELLINGS), found.text
    detail = [client.get(f"/v1/listings/{one['id']}").text for one in found.json()["items"]]
    assert planted_in("\n".join([said, found.text, *detail])) == []
    logging.getLogger("planted").info("written: %s", json.dumps({"phone": SPELLINGS, "cnic": CNICS, "mail": MAIL}))
    assert "written" in log.getvalue()
    assert planted_in(log.getvalue()) == []
    for path in api_settings.index_dir.rglob("*"):
        assert not path.is_file() or planted_in(path.read_bytes().decode("latin-1")) == [], path
    published = {
        f"{column.table}.{column.column}"
        for each in gather_declarations().values()
        for column in each.personal_columns
        if column.kept == "plain" and column.about == "org"
    }
    places = {place for place, value in cells(engine) if planted_in(value)}
    assert places == {"branches.phones", "branches.address", "branches.name"}  # as the branch published them
    assert places <= published
    with transaction(session_factory) as session:
        session.execute(text("UPDATE branches SET phones = '[]', address = NULL, name = ''"))
    dumped = dump(admin_engine).decode("utf-8", "replace")
    assert [word for word in (*SPELLINGS, *CNICS, MAIL, MAIL.lower()) if word in dumped] == []
