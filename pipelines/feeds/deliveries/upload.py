"""Register files that come in over the network, once their bytes are here."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from core.db.tables import Org
from core.errors import ConflictError
from core.identity.orgs import get_org
from core.storage import Storage
from pipelines.feeds.deliveries.delivery import Delivery
from pipelines.feeds.deliveries.register import Registration, register_unless_resent
from pipelines.feeds.deliveries.spool import HashingUpload
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.mapping.store import load_mapping


class NoMappingError(ConflictError):
    """The dealer has no mapping."""

    code = "no_mapping"

    def __init__(self, dealer: str) -> None:
        super().__init__(f"{dealer} has no mapping, so its files cannot be read: give the dealer one.")


@dataclass(frozen=True)
class Upload:
    """A file that a dealer uploaded: the dealer's code, the file's name and its bytes."""

    dealer: str
    name: str
    data: HashingUpload


def register_upload(session: Session, storage: Storage, upload: Upload, now: datetime) -> Registration:
    """Register an uploaded file, to be read by the dealer's own mapping.

    Raises:
        ConflictError: `no_mapping`: the dealer has no mapping yet.
    """
    org = get_org(session, upload.dealer)
    delivery = Delivery(org, upload.name, upload.data, mapping_of(org, None, storage))
    return register_unless_resent(session, storage, delivery, now)


def mapping_of(org: Org, name: str | None, storage: Storage) -> Mapping:
    """Load the named mapping, or the dealer's own.

    Raises:
        ConflictError: `no_mapping`.
        NotFoundError: `unknown_mapping`.
    """
    chosen = name or org.default_mapping
    if chosen is None:
        raise NoMappingError(org.code)
    return load_mapping(chosen, storage, org.id)
