"""Problems of the webhook operations."""

from core.access.acting import NotAMemberError, OrgRequiredError
from core.egress.errors import BadUrlError, PortNotAllowedError, SchemeNotAllowedError, SecretInUrlError
from core.errors import AutomartError
from serving.identity.branches import UnknownBranchError
from serving.webhooks.errors import (
    BadHeadersError,
    ReplayUnclearError,
    TooManyWebhooksError,
    UnknownDeliveryError,
    UnknownEventError,
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
