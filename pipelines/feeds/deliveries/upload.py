"""The doors that files come in by over the network, after the bytes are here: whose they are and how they are read."""

from datetime import datetime

from sqlalchemy.orm import Session

from core.db.tables import Org
from core.errors import ConflictError
from core.identity.orgs import get_org
from core.storage import Storage
from pipelines.feeds.deliveries.register import Delivery, deliver_file
from pipelines.feeds.deliveries.spool import SpooledFile
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.mapping.store import load_mapping


class NoMappingError(ConflictError):
    """It is not known how the dealer's files are read."""

    code = "no_mapping"

    def __init__(self, dealer: str) -> None:
        super().__init__(f"Nobody has said yet how the files of {dealer} are read: give the dealer a mapping.")


def deliver_upload(
    session: Session, storage: Storage, *, dealer: str, name: str, data: SpooledFile, now: datetime
) -> Delivery:
    """Register what a dealer uploaded, to be read by the dealer's own mapping.

    Raises:
        ConflictError: `no_mapping`: nobody has said yet how this dealer's files are read.
    """
    org = get_org(session, dealer)
    mapping = mapping_of(org, None, storage)
    return deliver_file(session, storage, org=org, name=name, data=data, mapping=mapping, now=now)


def mapping_of(org: Org, name: str | None, storage: Storage) -> Mapping:
    """The named mapping, or the dealer's own.

    Raises:
        ConflictError: `no_mapping`.
        NotFoundError: `unknown_mapping`.
    """
    chosen = name or org.default_mapping
    if chosen is None:
        raise NoMappingError(org.code)
    return load_mapping(chosen, storage)
