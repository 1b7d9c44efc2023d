"""Make the mail addresses by which dealers deliver. An address holds a secret: whoever knows it may deliver."""

import secrets
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.tables import FeedSource, Org
from core.errors import InvalidInputError
from core.settings import Settings

MAIL: Final = "mailto:"
"""The beginning of the URL of such a source; alone, in a new one, it asks for an address."""
_LETTERS: Final = "abcdefghijkmnpqrstuvwxyz23456789"  # case is lost on the way, and some letters look alike
_SECRET_LENGTH: Final = 20  # 100 bits
_LONGEST_CODE: Final = 40  # of a local part's 64 characters


def new_mail_url(org: Org, settings: Settings) -> str:
    """Make an address of the dealer that nobody can guess.

    Raises:
        InvalidInputError: `mail_not_set_up`: this installation takes no mail.
    """
    if settings.feed_mail_domain is None or settings.feed_maildir is None:
        raise InvalidInputError(
            "No mail is taken here: set FEED_MAILDIR and FEED_MAIL_DOMAIN first (docs/runbooks/feed_mail.md).",
            code="mail_not_set_up",
        )
    secret = "".join(secrets.choice(_LETTERS) for _ in range(_SECRET_LENGTH))
    return f"{MAIL}{org.code[:_LONGEST_CODE]}.{secret}@{settings.feed_mail_domain.lower()}"


def hidden_secret(url: str) -> str:
    """Hide the secret of a mail address, for logs and the audit trail; other URLs stay."""
    if not url.startswith(MAIL):
        return url
    name, _, domain = url.partition("@")
    return f"{name.rpartition('.')[0]}.…@{domain}"


def source_of(session: Session, recipients: tuple[str, ...]) -> tuple[FeedSource, Org] | None:
    """Find the source whose address is among the recipients; the first of these that is an address of a dealer."""
    urls = [f"{MAIL}{each.lower()}" for each in recipients]
    query = select(FeedSource, Org).join(Org, Org.id == FeedSource.org_id).where(FeedSource.url.in_(urls))
    found = {source.url: (source, org) for source, org in session.execute(query)}
    return next((found[url] for url in urls if url in found), None)
