"""Problems of the engagement operations."""

from typing import Final

from api.contract.problems import BodyTooLargeError, BodyTooSlowError, HttpProblemError, UnsupportedContentTypeError
from api.parameters import EXAMPLE_LISTING_ID
from api.rules import JSON_TYPE, KIB
from core.errors import AutomartError, InvalidInputError
from serving.engagement.capture import MOST_EVENTS, BadBatchError, TooManyEventsError
from serving.engagement.errors import CaptureFullError, CaptureSlowError, ReceivedAtRefusedError
from serving.identity.orgs.orgs import UnknownOrgError
from serving.listings.errors import ListingNotFoundError
from serving.outages import DatabaseUnavailableError

CONTENT_TYPES: Final = (JSON_TYPE, "text/plain")
MOST_BYTES: Final = 512 * KIB
"""The largest body, packed and unpacked."""


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
_DAYS: tuple[AutomartError, ...] = (
    InvalidInputError("The range ends on 2026-11-01, before it begins on 2026-11-02.", code="bad_range"),
    InvalidInputError("Ask for at most 400 days at once.", code="range_too_long"),
)
ANALYTICS_PROBLEMS: tuple[AutomartError, ...] = (UnknownOrgError(), *_DAYS)
STATISTICS_PROBLEMS: tuple[AutomartError, ...] = (ListingNotFoundError(EXAMPLE_LISTING_ID), *_DAYS)
PROBLEMS = (*EVENT_PROBLEMS, *ANALYTICS_PROBLEMS, *STATISTICS_PROBLEMS)
