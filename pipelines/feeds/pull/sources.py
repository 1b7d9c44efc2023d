"""Add the addresses that are read for a dealer."""

import re
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy.orm import Session

from core.db.locks import lock_name
from core.db.tables import FeedSource, Org
from core.egress.addresses import EgressRules, shown_url, split_url
from core.errors import ConflictError, InvalidInputError
from core.settings import Settings
from core.storage import Storage
from pipelines.feeds.deliveries.upload import mapping_of
from pipelines.feeds.mail.addresses import MAIL, new_mail_url
from pipelines.feeds.pull.repository import FeedSourceRepository
from pipelines.feeds.pull.rules import pull_rules

MOST_SOURCES: Final = 20
"""Sources of a dealer: each may hang for minutes, and all dealers' are read by one hourly run."""
_HOST_KEY = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True)
class NewSource:
    """An address to be read, and how: by name of a mapping and of a credential; the host key is for SFTP."""

    url: str
    mapping: str | None = None
    credential: str | None = None
    host_key: str | None = None


def add_source_or_mail(session: Session, storage: Storage, org: Org, new: NewSource, settings: Settings) -> FeedSource:
    """Add an address to be read, or for `mailto:` make a mail address to which the dealer sends its files.

    Raises:
        InvalidInputError, ConflictError, NotFoundError: see `add_source`; and `mail_not_set_up`.
    """
    if new.url != MAIL:
        return add_source(session, storage, org, new, pull_rules(settings))
    if new.credential is not None or new.host_key is not None:
        raise InvalidInputError("A mail address has no credential and no host key.", code="bad_credential_name")
    return _keep(session, storage, org, replace(new, url=new_mail_url(org, settings)))


def add_source(session: Session, storage: Storage, org: Org, new: NewSource, rules: EgressRules) -> FeedSource:
    """Read this address for this dealer from now on. No connection is made yet.

    Raises:
        InvalidInputError: the URL may not be read (`split_url`), or `bad_host_key`, `bad_credential_name`; or
            `too_many_sources`.
        ConflictError: `source_exists`, or `no_mapping`.
        NotFoundError: `unknown_mapping`.
    """
    sftp = split_url(new.url, rules).scheme == "sftp"
    if sftp and (new.host_key is None or not _HOST_KEY.fullmatch(new.host_key)):
        raise InvalidInputError(
            "An SFTP source needs the fingerprint of its server's key, as SHA256:… with 43 characters; the dealer's"
            " provider states it, and `ssh-keyscan HOST | ssh-keygen -lf -` shows it.",
            code="bad_host_key",
        )
    if not sftp and new.host_key is not None:
        raise InvalidInputError("Only SFTP servers have a host key.", code="bad_host_key")
    if new.credential is not None and not _NAME.fullmatch(new.credential):
        raise InvalidInputError(
            "--credential is the name of an entry of FEED_PULL_CREDENTIALS (a-z, 0-9 and -), not the secret itself.",
            code="bad_credential_name",
        )
    return _keep(session, storage, org, new)


def _keep(session: Session, storage: Storage, org: Org, new: NewSource) -> FeedSource:
    mapping_of(org, new.mapping, storage)
    sources = FeedSourceRepository(session)
    lock_name(session, f"feed sources of {org.id}")
    if len(sources.all(org.id)) >= MOST_SOURCES:
        raise InvalidInputError(
            f"{org.code} has {MOST_SOURCES} sources already: remove one that is not needed.", code="too_many_sources"
        )
    if sources.of_url(org.id, new.url) is not None:
        raise ConflictError(f"{shown_url(new.url)} is a source of {org.code} already.", code="source_exists")
    return sources.add(
        FeedSource(org_id=org.id, url=new.url, mapping=new.mapping, credential=new.credential, host_key=new.host_key)
    )
