"""Lists sent by mail are delivered once, for the dealer whose address it is, and every other mail is told."""

import gzip
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select

from core.db.session import SessionFactory
from core.db.tables import FeedFile, FeedSource, Org
from core.errors import InvalidInputError
from core.identity.orgs import get_org
from core.settings import Settings
from core.storage import Storage, StorageUnavailableError
from pipelines.feeds.mail.addresses import MAIL, hidden_secret
from pipelines.feeds.pull.sources import NewSource, add_source_or_mail
from pipelines.imports.pending.import_pending import import_pending
from tests.factories.workbooks import xlsx
from tests.pipelines.feeds.mail.conftest import STOCK, Attach, Mailbox, Take, mail

pytestmark = pytest.mark.slow
CSV: Attach = ("stock.csv", STOCK)


def files(sessions: SessionFactory) -> list[tuple[str, str]]:
    with sessions() as session:
        query = select(Org.code, FeedFile.name).join(FeedFile, FeedFile.org_id == Org.id).order_by(FeedFile.id)
        return [(code, name) for code, name in session.execute(query)]


def test_attachment_is_delivered_and_the_mail_moved(
    mailbox: Mailbox, take: Take, session_factory: SessionFactory, storage: Storage
) -> None:
    mailbox.put(mail(mailbox.addresses["khan-motors"], ("logo.png", b"x"), CSV))
    [taken] = take().mails
    assert (taken.status, taken.dealer, taken.code) == ("new", "khan-motors", None)
    assert (mailbox.names("new"), mailbox.names("cur")) == ([], ["1.mail:2,S"])
    with session_factory() as session:
        file = session.scalars(select(FeedFile)).one()
        assert (file.name, file.snapshot_at) == ("stock.csv", datetime(2026, 3, 2, 4, tzinfo=UTC))
        assert session.scalars(select(FeedSource.file_id).where(FeedSource.org_id == file.org_id)).all() == [file.id]
    assert import_pending(session_factory, storage, run_id="test").totals()["created"] == 1


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("stock.xlsx", xlsx({"Stock": [line.split(",") for line in STOCK.decode().splitlines()]})),
        ("STOCK.CSV.gz", gzip.compress(STOCK)),
        ("اسٹاک.csv", STOCK),
        ("..\\..\\a/b/st\x00ock.csv", STOCK),
    ],
    ids=["workbook", "packed", "Urdu name", "path as name"],  # bytes in ids differ between workers
)
def test_lists_of_each_kind_are_taken(
    mailbox: Mailbox, take: Take, session_factory: SessionFactory, storage: Storage, name: str, data: bytes
) -> None:
    mailbox.put(mail(mailbox.addresses["khan-motors"], (name.replace("\x00", ""), data)))
    assert take().counts()["new"] == 1
    assert import_pending(session_factory, storage, run_id="test").totals()["created"] == 1


def test_recipient_decides_and_not_the_sender(mailbox: Mailbox, take: Take, session_factory: SessionFactory) -> None:
    """The other dealer's names in From and Subject, and its guessed address, deliver nothing to it."""
    mine = mailbox.addresses["ali-cars"]
    mailbox.put(mail(mine.upper(), CSV, From="stock@khan.example", Subject="khan-motors"), "1")
    mailbox.put(mail("khan-motors@feeds.example", CSV), "2")
    mailbox.put(mail("everyone@khan.example", CSV, Delivered_To=mine, Date="Tue, 03 Mar 2026 09:00:00 +0500"), "3")
    assert [each.code for each in take().mails] == [None, "unknown_recipient", None]
    assert {code for code, _ in files(session_factory)} == {"ali-cars"}


def test_same_mail_twice_is_one_delivery_also_after_another_one(
    mailbox: Mailbox, take: Take, session_factory: SessionFactory
) -> None:
    first = mail(mailbox.addresses["khan-motors"], CSV)
    more = ("stock.csv", STOCK + b"K2,Honda,Civic,2019,50 lacs\n")
    second = mail(mailbox.addresses["khan-motors"], more, Date="Tue, 03 Mar 2026 09:00:00 +0500")
    for name, each in (("1", first), ("2", second), ("3", first)):
        mailbox.put(each, name)
    assert [each.status for each in take().mails] == ["new", "new", "known"]
    mailbox.put(second, "4")
    assert take().counts()["known"] == 1
    assert len(files(session_factory)) == 2


class Killed(BaseException):
    """The end of the process."""


def test_kill_between_commit_and_move_doubles_nothing(
    mailbox: Mailbox, take: Take, session_factory: SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox.put(mail(mailbox.addresses["khan-motors"], CSV))
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", lambda *_: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            take()
    assert mailbox.names("new") == ["1.mail"]
    assert take().counts() == {"new": 0, "known": 1, "refused": 0, "left": 0}
    assert (len(files(session_factory)), mailbox.names("new")) == (1, [])


def test_storage_that_is_away_leaves_the_mail(
    mailbox: Mailbox, take: Take, session_factory: SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox.put(mail(mailbox.addresses["khan-motors"], CSV))

    def away(*_: object) -> None:
        raise StorageUnavailableError

    with monkeypatch.context() as patched:
        patched.setattr(Storage, "put", away)
        assert [(each.status, each.code) for each in take().mails] == [("left", "storage_unavailable")]
    assert (mailbox.names("new"), files(session_factory)) == (["1.mail"], [])
    assert take().counts()["new"] == 1


def _cut(made: EmailMessage) -> bytes:
    raw = made.as_bytes()
    return raw[: raw.rindex(b"U3RvY2") + 41]


@pytest.mark.parametrize(
    ("files_and_headers", "code"),
    [
        (((CSV,), {"Return_Path": "<>"}), "automatic_mail"),
        (((CSV,), {"Auto_Submitted": "auto-replied"}), "automatic_mail"),
        (((CSV,), {"Precedence": "bulk"}), "marked_automatic"),
        (((CSV,), {"Auto_Submitted": "auto-generated"}), "marked_automatic"),
        (((CSV,), {"From": "MAILER-DAEMON@khan.example"}), "automatic_mail"),
        (((), {}), "no_list_attached"),
        (((("winmail.dat", b"x"), ("a.pdf", b"x")), {}), "no_list_attached"),
        (((("stock.csv", b""),), {}), "empty_file"),
        (((CSV, ("old.csv", STOCK + b"#")), {}), "several_lists"),
    ],
)
def test_mail_that_delivers_nothing_is_told(
    mailbox: Mailbox,
    take: Take,
    session_factory: SessionFactory,
    files_and_headers: tuple[tuple[Attach, ...], dict[str, str]],
    code: str,
) -> None:
    given, headers = files_and_headers
    mailbox.put(mail(mailbox.addresses["khan-motors"], *given, **headers))
    [taken] = take().mails
    assert (taken.status, taken.code, taken.dealer) == ("refused", code, "khan-motors")
    assert taken.message
    assert files(session_factory) == []
    assert mailbox.names("cur") == ["1.mail:2,FS"]
    with session_factory() as session:
        url = f"mailto:{mailbox.addresses['khan-motors']}"
        kept = None if code == "automatic_mail" else code  # no sending
        assert session.scalars(select(FeedSource.last_code).where(FeedSource.url == url)).all() == [kept]


def test_mail_that_is_cut_short_anywhere_delivers_no_half_list(
    mailbox: Mailbox, take: Take, session_factory: SessionFactory
) -> None:
    whole = mail(mailbox.addresses["khan-motors"], ("stock.csv", STOCK * 20)).as_bytes()
    for at in range(0, len(whole) - 8, 97):
        mailbox.put(whole[:at], f"{at:05}")
    assert {each.status for each in take().mails} == {"refused"}
    assert files(session_factory) == []
    mailbox.put(whole, "whole")
    assert take().counts()["new"] == 1


def test_rubbish_does_not_stop_the_mail_after_it(
    mailbox: Mailbox, take: Take, session_factory: SessionFactory, tmp_path: Path
) -> None:
    address = mailbox.addresses["khan-motors"]
    nested = b"To: %s\n" % address.encode() + b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (at, at) for at in range(3_000)
    )
    inner = mail("x@khan.example", CSV)
    forwarded = mail(address)
    forwarded.add_attachment(inner)
    rubbish = (b"", bytes(range(256)) * 99, b"Content-Type: text/plain; charset=x-nope\n\n\xff", nested)
    for at, each in enumerate((*rubbish, forwarded, b"To: " + b"a@b," * 50_000)):
        mailbox.put(each, f"{at}")
    (mailbox.folder / "new" / "7-link").symlink_to("/etc/hostname")
    (mailbox.folder / "new" / "8-folder").mkdir()
    mailbox.put(mail(address, CSV), "9")
    report = take()
    assert report.counts() == {"new": 1, "known": 0, "refused": 8, "left": 0}
    assert all(each.code != "mail_failed" for each in report.mails)
    assert files(session_factory) == [("khan-motors", "stock.csv")]
    assert mailbox.names("new") == []
    assert tmp_path.exists()


def test_removed_address_delivers_nothing(mailbox: Mailbox, take: Take, session_factory: SessionFactory) -> None:
    with session_factory.begin() as session:
        for source in session.scalars(select(FeedSource).order_by(FeedSource.id)):
            session.delete(source)
    mailbox.put(mail(mailbox.addresses["khan-motors"], CSV))
    assert [each.code for each in take().mails] == ["unknown_recipient"]


def test_address_is_a_secret_of_lower_case_letters(
    session_factory: SessionFactory, storage: Storage, settings: Settings, mailbox: Mailbox
) -> None:
    made = mailbox.addresses["khan-motors"]
    assert re.fullmatch(r"khan-motors\.[a-z2-9]{20}@feeds\.example", made)
    assert hidden_secret(f"mailto:{made}") == "mailto:khan-motors.…@feeds.example"
    with session_factory() as session, pytest.raises(InvalidInputError) as caught:
        add_source_or_mail(session, storage, get_org(session, "ali-cars"), NewSource(MAIL), settings)
    assert caught.value.code == "mail_not_set_up"


AUTO = "Mon, 02 Mar 2026 10:00:00 +0500"


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated"},
        {"Return_Path": "<>"},
        {"Precedence": "list"},
        {"X_Autoreply": "yes"},
        {"Subject": "Automatic reply: Your stock list"},
        {"Subject": "=?utf-8?q?Out_of_Office?= Re: stock"},
        {"Subject": "Undeliverable: stock"},
        {"List_Unsubscribe": "<mailto:leave@news.example>"},
        {"List_Id": "dealers <dealers.news.example>"},
    ],
)
def test_machines_reply_leaves_what_the_last_delivery_came_to(
    mailbox: Mailbox, take: Take, session_factory: SessionFactory, headers: dict[str, str]
) -> None:
    address = mailbox.addresses["khan-motors"]

    def outcome() -> tuple[object, ...]:
        with session_factory() as session:
            source = session.scalars(select(FeedSource).where(FeedSource.url == f"mailto:{address}")).one()
            return source.checked_at, source.failures, source.last_code, source.last_error, source.file_id

    for at, given in enumerate([(CSV,), (CSV, ("old.csv", STOCK + b"#"))]):
        mailbox.put(mail(address, *given, Date=f"Mon, 02 Mar 2026 09:0{at}:00 +0500"), f"{at}.mail")
        assert take().mails[0].code == (None, "several_lists")[at]
        before = outcome()
        mailbox.put(mail(address, **{"Date": AUTO} | headers), f"{at}-reply.mail")
        [taken] = take().mails
        assert (taken.status, taken.code, taken.dealer) == ("refused", "automatic_mail", "khan-motors")
        assert outcome() == before


@pytest.mark.parametrize("headers", [{"Subject": "Automatic reply to nobody"}, {"List_Id": "<stock.khan.example>"}])
def test_list_in_a_mail_whose_subject_or_mailing_list_looks_automatic_is_taken(
    mailbox: Mailbox, take: Take, headers: dict[str, str]
) -> None:
    mailbox.put(mail(mailbox.addresses["khan-motors"], CSV, **headers))
    assert [each.status for each in take().mails] == ["new"]


def test_mail_that_is_handed_over_again_leaves_what_a_later_one_came_to(
    mailbox: Mailbox, take: Take, session_factory: SessionFactory
) -> None:
    first = mail(mailbox.addresses["khan-motors"], CSV)
    later = mail(mailbox.addresses["khan-motors"], Date=AUTO)
    sent_again = mail(mailbox.addresses["khan-motors"], CSV, Date="Mon, 02 Mar 2026 11:00:00 +0500")
    codes = []
    for at, each in enumerate((first, later, first, sent_again)):
        mailbox.put(each, f"{at}.mail")
        take()
        with session_factory() as session:
            codes.append(session.scalars(select(FeedSource.last_code).where(FeedSource.checked_at.is_not(None))).one())
    assert codes == [None, "no_list_attached", "no_list_attached", None]
