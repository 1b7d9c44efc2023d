"""Pulled files are registered once, refused safely, and each source fails alone."""

import gzip
import logging
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.egress.addresses import EgressRules
from core.errors import AutomartError
from core.identity.orgs import get_org
from core.settings import Settings
from core.storage import Storage
from pipelines.feeds.pull.pull import pull_sources
from pipelines.feeds.pull.repository import FeedSourceRepository
from pipelines.feeds.pull.sources import NewSource, add_source
from pipelines.imports.pending.import_pending import import_pending
from tests.factories.sites import Site, endless
from tests.factories.workbooks import xlsx
from tests.pipelines.feeds.pull.conftest import STOCK, Pull, Sftp, drip, page, with_etag

pytestmark = pytest.mark.slow


def stored(sessions: SessionFactory, table: str = "feed_files") -> list[Any]:
    with sessions() as session:
        return list(session.execute(text(f"SELECT * FROM {table} ORDER BY id")).mappings())


def test_pulled_file_is_registered_and_imported(
    pull: Pull, site: Site, session_factory: SessionFactory, storage: Storage
) -> None:
    site.pages["/out/stock.csv"] = page()
    result = pull(f"{site.url}/out/stock.csv")
    assert (result.status, result.message) == ("new", None)
    [file] = stored(session_factory)
    assert (file["id"], file["name"], file["status"]) == (result.file_id, "stock.csv", "registered")
    assert storage.get(file["storage_key"]) == STOCK
    report = import_pending(session_factory, storage, run_id="test")
    assert report.totals()["created"] == 1


def test_pulled_workbook_is_imported(pull: Pull, site: Site, session_factory: SessionFactory, storage: Storage) -> None:
    rows = [cell.split(",") for cell in STOCK.decode().splitlines()]
    site.pages["/out/stock.xlsx"] = page(xlsx({"Stock": rows}))
    assert pull(f"{site.url}/out/stock.xlsx").status == "new"
    assert import_pending(session_factory, storage, run_id="test").totals()["created"] == 1


def test_unchanged_etag_or_date_avoids_the_download(pull: Pull, site: Site) -> None:
    url = f"{site.url}/stock.csv"
    site.pages["/stock.csv"] = with_etag('"v1"')
    assert [pull(url).status for _ in range(3)] == ["new", "unchanged", "unchanged"]
    assert [headers.get("if-none-match") for _, headers in site.asked] == [None, '"v1"', '"v1"']
    site.pages["/stock.csv"] = with_etag('"v2"', STOCK + b"K2,Honda,Civic,2019,50 lacs\n")
    assert [pull(url).status for _ in range(2)] == ["new", "unchanged"]
    site.pages["/dated.csv"] = page(STOCK + b"#", Last_Modified="Mon, 02 Mar 2026 04:30:00 GMT")
    pull(f"{site.url}/dated.csv")
    pull(f"{site.url}/dated.csv")
    assert site.asked[-1][1]["if-modified-since"] == "Mon, 02 Mar 2026 04:30:00 GMT"


def test_same_bytes_from_a_server_without_validators_are_registered_once(
    pull: Pull, site: Site, session_factory: SessionFactory
) -> None:
    site.pages["/stock.csv"] = page()
    assert [pull(f"{site.url}/stock.csv").status for _ in range(3)] == ["new", "unchanged", "unchanged"]
    assert len(stored(session_factory)) == 1


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (page(b"", 404), "404: there is nothing"),
        (page(b"", 401), "401: it wants a name"),
        (page(b"", 500), "500"),
        (page(b"", 304), "304"),
        (page(b""), "empty"),
        (page(STOCK, Content_Encoding="br"), "encoding"),
        (endless, "larger than 1,048,576"),
        (page(b"x" * (1 << 20) + b"x"), "larger than"),
        (page(b"", 302, Location="http://localhost/x"), "not https"),
        (page(b"", 302, Location="file:///etc/passwd"), "not https"),
        (page(b"", 302, Location="sftp://localhost/x"), "not https"),
        (page(b"", 302), "not https"),
        (page(b"", 302, Location="https://["), "not https"),
        (page(b"", 302, Location="/stock.csv"), "more than 5 times"),
        (page(b"", 302, Location="https://169.254.169.254/latest/meta-data"), "not public"),
        (page(b"", 302, Location="https://127.0.0.1/x"), "not public"),
        (page(b"", 302, Location="https://[::ffff:10.0.0.1]/x"), "not public"),
        (page(b"", 302, Location="https://user:pw@localhost/x"), "user and password"),
    ],
)
def test_bad_answer_is_a_failure_with_a_reason(
    pull: Pull, site: Site, session_factory: SessionFactory, answer: Callable[..., None], says: str
) -> None:
    site.pages["/stock.csv"] = answer
    for failures in (1, 2):
        result = pull(f"{site.url}/stock.csv")
        assert result.status == "failed"
        assert says in (result.message or "")
        [source] = stored(session_factory, "feed_sources")
        assert (source["failures"], source["last_error"]) == (failures, result.message)
    assert stored(session_factory) == []
    site.pages["/stock.csv"] = page()
    assert pull(f"{site.url}/stock.csv").status == "new"
    assert stored(session_factory, "feed_sources")[0]["failures"] == 0


def test_redirect_is_followed_without_the_password(pull: Pull, site: Site, plain_site: Site) -> None:
    site.pages["/moved.csv"] = page(b"", 302, Location="/stock.csv")
    site.pages["/stock.csv"] = page()
    assert pull(f"{site.url}/moved.csv", credential="khan").status == "new"
    assert all(headers["authorization"].startswith("Basic ") for _, headers in site.asked)
    plain_site.pages["/away.csv"] = page(b"", 307, Location=f"{site.url}/stock.csv")
    assert pull(f"{plain_site.url}/away.csv", credential="khan", feed_pull_allow_http=True).status == "unchanged"
    assert "authorization" in plain_site.asked[-1][1]
    asked = [headers for path, headers in site.asked if path == "/stock.csv"]
    assert sum("authorization" not in headers for headers in asked) == 1  # by way of the other server


def test_slow_server_fails_within_the_time_limit(pull: Pull, site: Site) -> None:
    site.pages["/stock.csv"] = drip
    result = pull(f"{site.url}/stock.csv", feed_pull_seconds=0.5)
    assert (result.status, result.message) == ("failed", "The server did not give the whole file within 0.5 seconds.")


def test_certificate_must_match_the_host(pull: Pull, site: Site) -> None:
    site.pages["/stock.csv"] = page()
    assert pull(f"{site.url}/stock.csv", feed_pull_ca_file=None).status == "failed"
    assert site.asked == []
    by_number = f"https://127.0.0.1:{site.port}/stock.csv"  # allowed here, but the certificate is for localhost
    assert pull(by_number, feed_pull_allow_hosts="localhost,127.0.0.1").status == "failed"
    assert not any(headers["host"].startswith("127.") for _, headers in site.asked)


def test_gzip_is_kept_as_it_came(pull: Pull, site: Site, session_factory: SessionFactory, storage: Storage) -> None:
    packed = gzip.compress(STOCK)
    site.pages["/stock.csv"] = page(packed, Content_Encoding="gzip")
    assert pull(f"{site.url}/stock.csv").status == "new"
    assert storage.get(stored(session_factory)[0]["storage_key"]) == packed


def test_plain_http_needs_a_setting(pull: Pull, plain_site: Site) -> None:
    plain_site.pages["/stock.csv"] = page()
    assert "Only https://" in (pull(f"{plain_site.url}/stock.csv").message or "")
    assert pull(f"{plain_site.url}/stock.csv", feed_pull_allow_http=True).status == "new"


def test_failing_source_does_not_stop_the_others(
    pull: Pull, site: Site, session_factory: SessionFactory, storage: Storage, pull_settings: Settings
) -> None:
    for number in range(12):
        site.pages[f"/{number}.csv"] = page(STOCK + b"#" * number)
        with transaction(session_factory) as session:
            org = get_org(session, "khan-motors")
            url = f"{site.url}/{number if number != 5 else 'gone'}.csv"
            add_source(session, storage, org, NewSource(url), EgressRules(schemes=("https", "sftp")))
    report = pull_sources(session_factory, storage, pull_settings, utc_now())
    assert report.counts() == {"new": 11, "unchanged": 0, "failed": 1}
    assert len(stored(session_factory)) == 11


def test_secrets_are_neither_logged_nor_shown(
    pull: Pull, site: Site, session_factory: SessionFactory, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    result = pull(f"{site.url}/gone.csv?key=s3cret-query", credential="khan")
    assert "s3cret" not in repr(result)
    assert result.url.endswith("/gone.csv?…")
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("asyncio")]
    assert "s3cret" not in "\n".join(ours)
    [source] = stored(session_factory, "feed_sources")
    assert "s3cret" not in str(source["last_error"])
    assert "s3cret-pass" not in str(dict(source))


def test_sftp_file_is_registered_once(pull: Pull, sftp: Sftp, session_factory: SessionFactory) -> None:
    (sftp.folder / "stock.csv").write_bytes(STOCK)
    url = f"sftp://localhost:{sftp.port}/stock.csv"
    assert [pull(url, credential="khan", host_key=sftp.host_key).status for _ in range(2)] == ["new", "unchanged"]
    (sftp.folder / "stock.csv").write_bytes(STOCK + b"K2,Honda,Civic,2019,50 lacs\n")
    assert pull(url).status == "new"
    assert len(stored(session_factory)) == 2


@pytest.mark.parametrize(
    ("path", "credential", "key", "size", "says"),
    [
        ("/gone.csv", "khan", None, 1, "no file at this address"),
        ("/", "khan", None, 1, "folder"),
        ("/stock.csv", "wrong", None, 1, "refuses our name"),
        ("/stock.csv", "unknown", None, 1, "no entry 'unknown'"),
        ("/stock.csv", None, None, 1, "needs a name and a password"),
        ("/stock.csv", "khan", "SHA256:" + "A" * 43, 1, "key is not the one"),
        ("/stock.csv", "khan", None, (1 << 20) + 1, "larger than"),
        ("/../../../etc/passwd", "khan", None, 1, "no file at this address"),
    ],
)
def test_bad_sftp_is_a_failure_with_a_reason(
    pull: Pull, sftp: Sftp, path: str, credential: str | None, key: str | None, size: int, says: str
) -> None:
    (sftp.folder / "stock.csv").write_bytes(b"x" * size)
    url = f"sftp://localhost:{sftp.port}{path}"
    result = pull(url, credential=credential, host_key=key or sftp.host_key)
    assert result.status == "failed"
    assert says in (result.message or "")
    assert "s3cret" not in (result.message or "")


@pytest.mark.parametrize(
    ("url", "options", "code"),
    [
        ("ftp://dealer.example/stock.csv", {}, "scheme_not_allowed"),
        ("http://dealer.example/stock.csv", {}, "scheme_not_allowed"),
        ("file:///etc/passwd", {}, "scheme_not_allowed"),
        ("https:///stock.csv", {}, "bad_url"),
        ("https://dealer.example:99999/", {}, "bad_url"),
        ("https://dealer.example/a b", {}, "bad_url"),
        ("https://dealer.example/\r\nHost: x", {}, "bad_url"),
        ("https://dealer.example\\@127.0.0.1/", {}, "bad_url"),
        ("https://user:pw@dealer.example/", {}, "secret_in_url"),
        ("sftp://dealer.example/stock.csv", {}, "bad_host_key"),
        ("https://dealer.example/", {"host_key": "SHA256:" + "A" * 43}, "bad_host_key"),
        ("https://dealer.example/", {"credential": "khan:secret"}, "bad_credential_name"),
        ("https://dealer.example/", {"mapping": "nope"}, "unknown_mapping"),
    ],
)
def test_invalid_source_is_refused(
    session_factory: SessionFactory, storage: Storage, dealer: str, url: str, options: dict[str, str], code: str
) -> None:
    with pytest.raises(AutomartError) as caught, transaction(session_factory) as session:
        add_source(
            session,
            storage,
            get_org(session, dealer),
            NewSource(url, **options),
            EgressRules(schemes=("https", "sftp")),
        )
    assert caught.value.code == code
    with session_factory() as session:
        assert FeedSourceRepository(session).all() == []
