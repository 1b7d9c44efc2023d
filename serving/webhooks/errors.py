"""Why a request about webhooks is refused."""

from core.errors import ConflictError, InvalidInputError, NotFoundError
from pipelines.webhooks.catalogue import UnknownEventError

__all__ = [
    "BadHeadersError",
    "ReplayUnclearError",
    "TooManyWebhooksError",
    "UnknownDeliveryError",
    "UnknownEventError",
    "UnknownWebhookError",
    "WebhookNotActiveError",
]


class UnknownWebhookError(NotFoundError):
    """The caller has no such endpoint."""

    code = "unknown_webhook"

    def __init__(self) -> None:
        super().__init__("There is no webhook of this id.")


class UnknownDeliveryError(NotFoundError):
    """The endpoint has no such delivery."""

    code = "unknown_delivery"

    def __init__(self) -> None:
        super().__init__("The webhook has no delivery of one of these ids.")


class ReplayUnclearError(InvalidInputError):
    """The request names neither deliveries nor a range, or both."""

    code = "replay_unclear"

    def __init__(self) -> None:
        super().__init__("Give either `delivery_ids`, or `from` and perhaps `to`.")


class WebhookNotActiveError(ConflictError):
    """Nothing is sent to the endpoint at present."""

    code = "webhook_not_active"

    def __init__(self, phase: str) -> None:
        super().__init__(f"The webhook is {phase}: nothing but a ping is sent there. Confirm or enable it first.")


class TooManyWebhooksError(ConflictError):
    """The organisation has as many endpoints as it may have."""

    code = "too_many_webhooks"

    def __init__(self, most: int) -> None:
        super().__init__(f"An organisation has at most {most} webhooks: delete one first.")


class BadHeadersError(InvalidInputError):
    """A header of the partner's own cannot be sent."""

    code = "bad_headers"
