"""Do what people asked for over the API: replay a file, approve or undo its removals, preview a file."""

import json
import logging
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.tables import Org
from core.db.tables.feed_requests import FeedRequest
from core.errors import AutomartError, RetryableError
from core.observability.redaction import mask_contacts
from pipelines.feeds.deliveries.delivery import Delivery
from pipelines.feeds.deliveries.upload import mapping_of
from pipelines.imports.context import ImportContext
from pipelines.imports.diff import diff_delivery
from pipelines.imports.removals import approve_removals, undo_removals
from pipelines.imports.replay import replay_file
from pipelines.listings.bulk_writer import lock_free_listings

_log = logging.getLogger(__name__)
MOST_CARS: Final = 100
"""Cars of each kind that the answer of a preview names; its counts are those of all."""


def next_request(session: Session) -> FeedRequest | None:
    """Take the oldest request that can be done now, or one whose bytes are no longer needed; nobody else gets it.

    Those about a dealer whose stock an import has locked wait, for minutes maybe, and those about others pass them.
    """
    open_ones = (FeedRequest.state == "waiting") | FeedRequest.storage_key.is_not(None)
    heads = (
        select(FeedRequest.org_id)
        .where(open_ones)
        .group_by(FeedRequest.org_id)
        .order_by(func.min(FeedRequest.created_at))
    )
    for org_id in session.scalars(heads).all():
        if lock_free_listings(session, [org_id]):
            oldest = select(FeedRequest).where(open_ones, FeedRequest.org_id == org_id).order_by(FeedRequest.id)
            return session.scalars(oldest.limit(1).with_for_update(skip_locked=True)).first()
    return None


def do_request(context: ImportContext, request: FeedRequest) -> None:
    """Do a request and write its answer; or delete the bytes of one that is done.

    What cannot be done is refused with the sentence that says why; an error of ours too, or it would keep all others
    waiting. The bytes of a preview are deleted by a later turn: a process that dies before its commit needs them again.

    Raises:
        RetryableError: storage or the database does not answer; the request stays.
    """
    if request.state != "waiting":
        context.storage.delete(request.storage_key or "")
        request.storage_key = None
        return
    savepoint = context.session.begin_nested()
    try:
        request.answer = _answer(context, request)
        savepoint.commit()
        request.state = "done"
    except RetryableError:
        raise
    except AutomartError as error:
        savepoint.rollback()
        _refuse(request, error.detail)
    except Exception as error:  # noqa: BLE001  (one request of a stranger must not stop all others)
        _log.exception("request %s about a feed", request.id)
        savepoint.rollback()
        _refuse(request, f"It could not be done ({type(error).__name__}): tell us the number of the request.")
    request.done_at = utc_now()


def _refuse(request: FeedRequest, why: str) -> None:
    request.state, request.answer, request.refusal = "refused", {}, why


def _answer(context: ImportContext, request: FeedRequest) -> dict[str, Any]:
    if request.file_id is None:
        return _preview(context, request)
    if request.kind == "replay":
        result = replay_file(context, request.file_id, actor=request.asked_by)
        return result.as_json() | {"removals_held": result.removals_held}
    decide = approve_removals if request.kind == "approve" else undo_removals
    return asdict(decide(context, request.file_id, actor=request.asked_by))


def _preview(context: ImportContext, request: FeedRequest) -> dict[str, Any]:
    org = context.session.get_one(Org, request.org_id)
    mapping = mapping_of(org, request.mapping, context.storage)
    data = context.storage.get(request.storage_key or "")
    told = diff_delivery(context, Delivery(org, request.name or "preview", data, mapping)).as_json()
    changes = {kind: cars[:MOST_CARS] for kind, cars in told["changes"].items()}
    told |= {"changes": changes, "mapping": mapping.name, "mapping_version": mapping.version}
    for car in changes["updated"]:
        for change in car["columns"].values():
            change |= {side: mask_contacts(text) for side, text in change.items() if isinstance(text, str)}
    plain: dict[str, Any] = json.loads(json.dumps(told, default=str))  # days among the changes
    return plain
