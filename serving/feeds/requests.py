"""Keep what people ask for about their feeds, for the background loop that does it; and show what came of it."""

from typing import Final, Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.locks import lock_name
from core.db.tables import Org
from core.db.tables.feed_requests import FeedRequest
from core.storage import Storage
from pipelines.feeds.deliveries.upload import Upload
from pipelines.imports.requests.previews import preview_key
from serving.feeds.declarations import MANAGE_FEEDS
from serving.feeds.errors import FeedFileNotFoundError, FeedRequestNotFoundError, NoMappingError, TooManyPreviewsError
from serving.feeds.mappings import require_mapping
from serving.feeds.repository import UploadRepository
from serving.identity.orgs.orgs import find_org

MOST_PREVIEWS: Final = 10
"""Previews of a dealer that may wait: each keeps a file of up to 20 MB, and all dealers' are done by one loop."""
Decision = Literal["replay", "approve", "undo"]


def require_manager(session: Session, principal: Principal, dealer: str) -> Org:
    """Return the dealer, where the caller may decide about its feed.

    Raises:
        ForbiddenError, UnknownOrgError: see `serving.identity.orgs.orgs.find_org`.
    """
    return find_org(session, principal, dealer, MANAGE_FEEDS)


def ask_decision(session: Session, principal: Principal, dealer: str, file_id: UUID, decision: Decision) -> FeedRequest:
    """Ask for a replay of a file, or to approve or undo its removals; asked again while it waits it is one request.

    Raises:
        ForbiddenError, UnknownOrgError: see `require_manager`.
        FeedFileNotFoundError: also where it is another dealer's.
    """
    org = require_manager(session, principal, dealer)
    if UploadRepository(session).file(dealer, file_id) is None:
        raise FeedFileNotFoundError(file_id)
    asked = insert(FeedRequest).values(org_id=org.id, file_id=file_id, kind=decision, asked_by=Actor.of(principal).name)
    made = session.scalar(asked.on_conflict_do_nothing().returning(FeedRequest.id))
    if made is None:
        waiting = select(FeedRequest).filter_by(file_id=file_id, kind=decision, state="waiting")
        found = session.scalars(waiting).first()
        if found is not None:
            return found
        made = session.scalars(asked.returning(FeedRequest.id)).one()  # done in between
    act = Act(f"feeds.{decision}", "feed_file", str(file_id), org.id, after={"request": str(made)})
    record(session, Actor.of(principal), act)
    return session.get_one(FeedRequest, made)


def ask_preview(
    session: Session, storage: Storage, principal: Principal, upload: Upload, mapping: str | None
) -> FeedRequest:
    """Keep a file that is not delivered, to tell what its delivery would change.

    Raises:
        ForbiddenError, UnknownOrgError: see `require_manager`.
        NoMappingError, MappingNotFoundError: it is not known how to read it.
        TooManyPreviewsError: others of the dealer wait to be done.
    """
    org = require_manager(session, principal, upload.dealer)
    wanted = mapping or org.default_mapping
    if wanted is None:
        raise NoMappingError(org.code)
    require_mapping(storage, org, wanted)
    lock_name(session, f"feed previews of {org.id}")
    waiting = select(func.count()).select_from(FeedRequest).filter_by(org_id=org.id, kind="preview", state="waiting")
    if (session.scalar(waiting) or 0) >= MOST_PREVIEWS:
        raise TooManyPreviewsError(org.code, MOST_PREVIEWS)
    key = preview_key()
    storage.put(key, upload.data.rewound())
    request = FeedRequest(
        org_id=org.id, kind="preview", mapping=wanted, name=upload.name, storage_key=key,
        asked_by=Actor.of(principal).name,
    )  # fmt: skip
    session.add(request)
    session.flush()
    act = Act("feeds.preview", "feed_request", str(request.id), org.id, after={"bytes": upload.data.size})
    record(session, Actor.of(principal), act)
    return request


def get_request(session: Session, principal: Principal, dealer: str, request_id: UUID) -> FeedRequest:
    """Return one of the dealer's requests.

    Raises:
        ForbiddenError, UnknownOrgError: see `require_manager`.
        FeedRequestNotFoundError: also where it is another dealer's.
    """
    org = require_manager(session, principal, dealer)
    found = session.scalars(select(FeedRequest).filter_by(id=request_id, org_id=org.id)).first()
    if found is None:
        raise FeedRequestNotFoundError(request_id)
    return found
