"""Problems of the webhook operations."""

from core.access.acting import NotAMemberError, OrgRequiredError
from core.egress.errors import BadUrlError, PortNotAllowedError, SchemeNotAllowedError, SecretInUrlError
from core.errors import AutomartError
from core.search.errors import InvalidRangeError
from serving.identity.orgs.branches import UnknownBranchError
from serving.webhooks.errors import (
    BadHeadersError,
    FilterNeedsCarError,
    ReplayUnclearError,
    TooManyWebhooksError,
    UnknownDeliveryError,
    UnknownEventError,
    UnknownFilterValueError,
    UnknownWebhookError,
    WebhookNotActiveError,
)

IN_ORG: tuple[AutomartError, ...] = (NotAMemberError(), OrgRequiredError())
_SPEC: tuple[AutomartError, ...] = (
    BadUrlError("A URL is one line of ASCII without spaces or backslashes."),
    SchemeNotAllowedError(["https"]),
    PortNotAllowedError([443, 8443]),
    SecretInUrlError(),
    BadHeadersError("The header 'webhook-id' is set by the platform."),
    FilterNeedsCarError("feed.applied"),
    UnknownFilterValueError("make", "Toyotta", "Toyota"),
    InvalidRangeError("price", 4_000_000, 2_000_000),
    UnknownEventError("listing.painted"),
    UnknownBranchError(),
)
ADD: tuple[AutomartError, ...] = (*IN_ORG, *_SPEC, TooManyWebhooksError(50))
OF_ONE: tuple[AutomartError, ...] = (UnknownWebhookError(),)
CHANGE: tuple[AutomartError, ...] = (*OF_ONE, *_SPEC, WebhookNotActiveError("unconfirmed"))
TEST: tuple[AutomartError, ...] = (*OF_ONE, UnknownEventError("listing.painted"), WebhookNotActiveError("paused"))
REPLAY: tuple[AutomartError, ...] = (
    *OF_ONE,
    ReplayUnclearError(),
    UnknownDeliveryError(),
    WebhookNotActiveError("paused"),
)
PROBLEMS = (*ADD, *CHANGE, *TEST, *REPLAY)
