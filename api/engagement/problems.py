"""Problems of the engagement operations."""

from typing import Final

from api.problems import BodyTooLargeError, BodyTooSlowError, HttpProblemError, UnsupportedContentTypeError
from api.rules import JSON_TYPE, KIB
from core.errors import AutomartError
from serving.engagement.capture import MOST_EVENTS, BadBatchError, TooManyEventsError
from serving.engagement.errors import CaptureFullError, CaptureSlowError, ReceivedAtRefusedError
from serving.outages import DatabaseUnavailableError

CONTENT_TYPES: Final = (JSON_TYPE, "text/plain")
MOST_BYTES: Final = 512 * KIB
"""Of a body, and of what comes out of a packed one."""


class UnsupportedEncodingError(HttpProblemError):
    """The body is packed in a way that the operation does not unpack."""

    code = "unsupported_encoding"
    http_status = 415

    def __init__(self) -> None:
        super().__init__("Send the body as it is, or packed with Content-Encoding: gzip.")


EVENT_PROBLEMS: tuple[AutomartError, ...] = (
    BadBatchError("`events` is a list of events."),
    TooManyEventsError(MOST_EVENTS + 1),
    ReceivedAtRefusedError(),
    CaptureFullError(),
    CaptureSlowError(),
    DatabaseUnavailableError(),
    BodyTooLargeError(MOST_BYTES),
    BodyTooSlowError(),
    UnsupportedContentTypeError(CONTENT_TYPES),
    UnsupportedEncodingError(),
)
PROBLEMS = EVENT_PROBLEMS
