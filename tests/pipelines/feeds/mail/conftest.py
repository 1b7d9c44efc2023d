"""A maildir, a dealer with a mail address, and mails to it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import pytest

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.identity.orgs import add_org
from core.settings import Settings
from core.storage import Storage
from pipelines.feeds.mail.addresses import MAIL
from pipelines.feeds.mail.maildir import MailReport, take_mail
from pipelines.feeds.pull.sources import NewSource, add_source_or_mail

STOCK = b"Stock No,Make,Model,Year,Demand\nK1,Toyota,Corolla,2018,45 lacs\n"
Attach = tuple[str, bytes]


@dataclass
class Mailbox:
    """A maildir, and the addresses of two dealers."""

    folder: Path
    addresses: dict[str, str] = field(default_factory=dict)

    def put(self, mail: EmailMessage | bytes, name: str = "1.mail") -> Path:
        path = self.folder / "new" / name
        path.write_bytes(mail if isinstance(mail, bytes) else mail.as_bytes())
        return path

    def names(self, folder: str) -> list[str]:
        return sorted(path.name for path in (self.folder / folder).iterdir())


@pytest.fixture
def mail_settings(settings: Settings, tmp_path: Path) -> Settings:
    return settings.model_copy(update={"feed_maildir": tmp_path / "mail", "feed_mail_domain": "feeds.example"})


@pytest.fixture
def mailbox(session_factory: SessionFactory, storage: Storage, mail_settings: Settings, tmp_path: Path) -> Mailbox:
    made = Mailbox(tmp_path / "mail")
    for name in ("new", "cur", "tmp"):
        (made.folder / name).mkdir(parents=True)
    with transaction(session_factory) as session:
        for code in ("khan-motors", "ali-cars"):
            org = add_org(session, code, code, default_mapping="showroom")
            source = add_source_or_mail(session, storage, org, NewSource(MAIL), mail_settings)
            made.addresses[code] = source.url.removeprefix(MAIL)
    return made


def mail(to: str, *files: Attach, **headers: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "boss@khan.example", to, "stock"
    made["Date"], made["Message-ID"] = "Mon, 02 Mar 2026 09:00:00 +0500", "<1@khan.example>"
    for name, value in headers.items():
        del made[name.replace("_", "-")]
        made[name.replace("_", "-")] = value
    made.set_content("Here is our stock.")
    for name, data in files:
        made.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return made


Take = Callable[[], MailReport]


@pytest.fixture
def take(session_factory: SessionFactory, storage: Storage, mail_settings: Settings) -> Take:
    return lambda: take_mail(session_factory, storage, mail_settings, utc_now())
