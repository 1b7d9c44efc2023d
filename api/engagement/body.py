"""Take in the body of a batch: JSON, or the text of a beacon, packed with gzip or not."""

from typing import Annotated

from fastapi import Depends, Request

from api.contract.problems import BodyTooLargeError
from api.deps import StateDep
from api.engagement.problems import CONTENT_TYPES, MOST_BYTES, UnsupportedEncodingError
from api.middleware.body_guard import guarded_body
from api.rules import RequestRules
from serving.engagement.capture import inflate, parse_batch

_RULES = RequestRules(content_types=CONTENT_TYPES, max_body_bytes=MOST_BYTES)


async def sent_batch(request: Request, state: StateDep) -> object:
    """Return what the body says.

    Raises:
        UnsupportedEncodingError, UnsupportedContentTypeError: 415. BodyTooLargeError: 413. BodyTooSlowError: 408.
        BadBatchError: it cannot be parsed.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise UnsupportedEncodingError
    receive = await guarded_body(request.scope, request.receive, _RULES, state.settings.api_body_seconds)
    body = (await receive())["body"]
    if encoding == "gzip":
        body = inflate(body, MOST_BYTES)
        if body is None:
            raise BodyTooLargeError(MOST_BYTES)
    return parse_batch(body)


SentBatchDep = Annotated[object, Depends(sent_batch)]
