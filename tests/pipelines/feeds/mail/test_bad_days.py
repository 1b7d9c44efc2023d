"""Mail survives a database that is away, two processes at once, wrong clocks, and mails made to exhaust the machine."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from core.clock import utc_now
from core.db.session import SessionFactory, make_engine, make_session_factory
from core.db.tables import FeedFile
from core.errors import InvalidInputError
from core.settings import Settings
from core.storage import Storage
from pipelines.feeds.mail import reading
from pipelines.feeds.mail.maildir import take_mail
from pipelines.feeds.mail.message import BadMailError, read_mail
from pipelines.feeds.mail.reading import read_in_child
from tests.pipelines.feeds.mail.conftest import STOCK, Attach, Mailbox, Take, mail

pytestmark = pytest.mark.slow
CSV: Attach = ("stock.csv", STOCK)


def test_database_that_is_away_leaves_the_mail(
    mailbox: Mailbox, take: Take, storage: Storage, mail_settings: Settings
) -> None:
    """A restart of the database refused every mail that waited, and the log quoted the dealer's secret address."""
    mailbox.put(mail(mailbox.addresses["khan-motors"], CSV))
    away = make_session_factory(make_engine("postgresql://nobody@127.0.0.1:1/none"))
    [left] = take_mail(away, storage, mail_settings, utc_now()).mails
    assert (left.status, left.code) == ("left", "database_unavailable")
    assert mailbox.names("new") == ["1.mail"]
    assert take().counts()["new"] == 1


@pytest.mark.parametrize("date", ["", "soon", "Mon, 02 Mar 2065 09:00:00 +0500", "Fri, 31 Dec 9999 23:59:59 -2359"])
def test_mail_without_a_date_that_can_be_believed_is_known_again_by_its_arrival(
    mailbox: Mailbox, take: Take, session_factory: SessionFactory, date: str
) -> None:
    """Two processes at once, or a folder that cannot be written, published the older list again."""
    raws = [mail(mailbox.addresses["khan-motors"], ("stock.csv", STOCK + more)).as_bytes() for more in (b"", b"\n")]
    undated = [raw.replace(b"Mon, 02 Mar 2026 09:00:00 +0500", date.encode()) for raw in raws]
    for hour in range(2):
        for name, raw in enumerate(undated, 1):
            os.utime(mailbox.put(raw, str(name)), (1_780_000_000 + name, 1_780_000_000 + name))
        assert take().counts()["known" if hour else "new"] == 2
    with session_factory() as session:
        times = session.scalars(select(FeedFile.snapshot_at).order_by(FeedFile.id)).all()
    assert times == [datetime.fromtimestamp(1_780_000_000 + name, UTC) for name in (1, 2)]


def test_mail_that_another_process_took_meanwhile_is_no_failure(
    mailbox: Mailbox, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = mailbox.put(mail(mailbox.addresses["khan-motors"], CSV))
    listed, real = [path, path.with_name("gone")], Path.iterdir
    with monkeypatch.context() as patched:
        patched.setattr(Path, "iterdir", lambda folder: iter(listed) if folder == path.parent else real(folder))
        assert take().counts() == {"new": 1, "known": 0, "refused": 0, "left": 0}


def test_maildir_that_is_not_there_is_told(mailbox: Mailbox, take: Take) -> None:
    (mailbox.folder / "new").rmdir()
    with pytest.raises(InvalidInputError) as caught:
        take()
    assert caught.value.code == "no_maildir"


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\n" * 6_000,
        b"Content-Type: multipart/mixed; boundary=x\r\r" + b"--x\r\r" * 6_000,
        b"a:b\n" * 3_100_000,
        b"a\r" * 3_100_000,
        b"Content-Type: Message/rfc822\n\n" * 150,
    ],
)
def test_mail_of_countless_pieces_is_refused_before_it_is_taken_apart(raw: bytes) -> None:
    """Thirty megabytes of separators took 48 s and 2 GB, by anybody who writes to our domain."""
    with pytest.raises(BadMailError) as caught:
        read_mail(raw, utc_now(), utc_now())
    assert caught.value.code == "mail_damaged"


def test_malformed_or_countless_recipients_hide_none_before_them(mailbox: Mailbox, take: Take) -> None:
    many = ", ".join(f"{at}@b.example" for at in range(70_000))
    for name, to in (("1", "undisclosed-recipients:;"), ("2", '"Khan, <@@>, (('), ("3", many)):
        raw = b"Delivered-To: %s\nTo: %s\n" % (mailbox.addresses["khan-motors"].encode(), to.encode())
        mailbox.put(raw + mail("x", CSV).as_bytes().replace(b"To: x\n", b""), name)
    assert [each.dealer for each in take().mails] == ["khan-motors"] * 3


def test_names_and_addresses_with_a_nul_are_damage_and_hide_no_recipient(mailbox: Mailbox, take: Take) -> None:
    whole = mail(mailbox.addresses["khan-motors"], CSV).as_bytes()
    mailbox.put(whole.replace(b"To: ", b"To: <a\x00b@c.example>, "), "1")
    mailbox.put(whole.replace(b'filename="stock.csv"', b"filename*=a%00b''stock.csv"), "2")
    mailbox.put(whole.replace(b"stock.csv", b"=?utf-8?b?A?=.csv"), "3")  # the delivery before it, by another name
    assert [(each.status, each.code) for each in take().mails] == [
        ("new", None), ("refused", "mail_damaged"), ("known", None),
    ]  # fmt: skip


def test_mail_is_read_in_a_process_with_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parser's memory and crashes were those of the process that imports all dealers' files."""
    raw = mail("a@feeds.example", ("stock.csv", STOCK * 200_000)).as_bytes()
    assert [each.data for each in read_in_child(raw, utc_now(), utc_now()).lists] == [STOCK * 200_000]
    monkeypatch.setattr(reading, "MEMORY_BYTES", 60_000_000)
    with pytest.raises(BadMailError, match="more memory or time"):
        read_in_child(raw, utc_now(), utc_now())
