"""Do what people asked for over the API: replay a file, approve or undo its removals, preview a file."""

import json
import logging
from dataclasses import asdict
from typing import Any, Final

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
from pipelines.imports.requests.queue import MOST_ATTEMPTS, put_off

_log = logging.getLogger(__name__)
MOST_CARS: Final = 100
"""Cars of each kind that the answer of a preview names; its counts are those of all."""


def do_request(context: ImportContext, request: FeedRequest) -> None:
    """Do a request and write its answer; or delete the bytes of one that is done.

    What cannot be done is refused with the sentence that says why; an error of ours too, or it would keep all others
    waiting. Where storage or the database does not answer it is put off, and refused after MOST_ATTEMPTS. The bytes of
    a preview are deleted by a later turn: a process that dies before its commit needs them again.
    """
    if request.state != "waiting":
        _forget_bytes(context, request)
        return
    savepoint = context.session.begin_nested()
    try:
        request.answer = _answer(context, request)
        savepoint.commit()
        request.state = "done"
    except RetryableError as error:
        savepoint.rollback()
        put_off(request, utc_now())
        _log.warning("request %s about a feed is put off: %s", request.id, error.code)
        if request.attempts < MOST_ATTEMPTS:
            return
        _refuse(request, f"It could not be done in {MOST_ATTEMPTS} attempts ({error.code}): ask again later.")
    except AutomartError as error:
        savepoint.rollback()
        _refuse(request, error.detail)
    except Exception as error:  # noqa: BLE001  (one request of a stranger must not stop all others)
        _log.exception("request %s about a feed", request.id)
        savepoint.rollback()
        _refuse(request, f"It could not be done ({type(error).__name__}): tell us the number of the request.")
    request.done_at, request.next_attempt_at = utc_now(), None


def _forget_bytes(context: ImportContext, request: FeedRequest) -> None:
    try:
        context.storage.delete(request.storage_key or "")
    except RetryableError:
        put_off(request, utc_now())
    else:
        request.storage_key = None


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
