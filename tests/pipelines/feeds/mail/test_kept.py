"""Mails that were taken long ago are deleted, and no others."""

from datetime import timedelta

from core.clock import utc_now
from core.db.session import SessionFactory
from core.settings import Settings
from core.storage import Storage
from pipelines.feeds.mail.maildir import take_mail
from tests.pipelines.feeds.mail.conftest import STOCK, Mailbox, mail


def test_taken_mail_is_kept_for_the_days_of_the_setting(
    session_factory: SessionFactory, storage: Storage, mail_settings: Settings, mailbox: Mailbox
) -> None:
    """The folder grew for ever, and held what dealers wrote."""
    mailbox.put(mail(mailbox.addresses["khan-motors"], ("stock.csv", STOCK)))
    now = utc_now()
    assert take_mail(session_factory, storage, mail_settings, now).deleted == 0
    almost = take_mail(session_factory, storage, mail_settings, now + timedelta(days=89))
    assert (almost.deleted, len(mailbox.names("cur"))) == (0, 1)
    mailbox.put(mail(mailbox.addresses["ali-cars"], ("stock.csv", STOCK)), "2.mail")
    settings = mail_settings.model_copy(update={"feed_maildir": mailbox.folder, "feed_mail_keep_days": 1})
    (mailbox.folder / "new" / "2.mail").rename(mailbox.folder / "tmp" / "2.mail")
    late = take_mail(session_factory, storage, settings, now + timedelta(days=2))
    assert (late.deleted, mailbox.names("cur"), mailbox.names("tmp")) == (1, [], ["2.mail"])
