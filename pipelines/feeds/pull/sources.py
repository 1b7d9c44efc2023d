"""Which addresses are read for which dealer."""

import re

from sqlalchemy.orm import Session

from core.db.tables import FeedSource, Org
from core.errors import ConflictError, InvalidInputError
from core.storage import Storage
from pipelines.feeds.deliveries.upload import mapping_of
from pipelines.feeds.pull.addresses import AddressRule, shown_url, split_url
from pipelines.feeds.pull.repository import FeedSourceRepository

_HOST_KEY = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def add_source(
    session: Session,
    storage: Storage,
    org: Org,
    url: str,
    *,
    rule: AddressRule,
    mapping: str | None = None,
    credential: str | None = None,
    host_key: str | None = None,
) -> FeedSource:
    """Read this address for this dealer from now on. Nothing is asked of it yet.

    Raises:
        InvalidInputError: the URL may not be read (`split_url`), or `bad_host_key`, `bad_credential_name`.
        ConflictError: `source_exists`, or `no_mapping`.
        NotFoundError: `unknown_mapping`.
    """
    sftp = split_url(url, rule).scheme == "sftp"
    if sftp and (host_key is None or not _HOST_KEY.fullmatch(host_key)):
        raise InvalidInputError(
            "An SFTP source needs the fingerprint of its server's key, as SHA256:… with 43 characters; the dealer's"
            " provider states it, and `ssh-keyscan HOST | ssh-keygen -lf -` shows it.",
            code="bad_host_key",
        )
    if not sftp and host_key is not None:
        raise InvalidInputError("Only SFTP servers have a host key.", code="bad_host_key")
    if credential is not None and not _NAME.fullmatch(credential):
        raise InvalidInputError(
            "--credential is the name of an entry of FEED_PULL_CREDENTIALS (a-z, 0-9 and -), not the secret itself.",
            code="bad_credential_name",
        )
    mapping_of(org, mapping, storage)
    sources = FeedSourceRepository(session)
    if sources.of_url(org.id, url) is not None:
        raise ConflictError(f"{shown_url(url)} is a source of {org.code} already.", code="source_exists")
    source = FeedSource(org_id=org.id, url=url, mapping=mapping, credential=credential, host_key=host_key)
    return sources.add(source)
