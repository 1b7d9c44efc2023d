"""Why a request about webhooks is refused."""

from core.errors import ConflictError, InvalidInputError, NotFoundError
from pipelines.webhooks.catalogue import UnknownEventError

__all__ = [
    "BadHeadersError",
    "FilterNeedsCarError",
    "ReplayUnclearError",
    "TooManyWebhooksError",
    "UnknownDeliveryError",
    "UnknownEventError",
    "UnknownFilterValueError",
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
    """The request does not say in one way what is sent again."""

    code = "replay_unclear"

    def __init__(self) -> None:
        super().__init__("Give one of `delivery_ids`, `failed_since`, and `from` with or without `to`.")


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


class UnknownFilterValueError(InvalidInputError):
    """A filter names a make, model or city that no car here has."""

    code = "unknown_filter_value"

    def __init__(self, field: str, value: str, meant: str | None = None) -> None:
        question = "" if meant is None else f" Did you mean {meant!r}?"
        super().__init__(f"The filter names a {field} that is not known here: {value!r}.{question}")


class FilterNeedsCarError(InvalidInputError):
    """A filter chooses cars, and an event is about none."""

    code = "filter_needs_car"

    def __init__(self, event: str) -> None:
        super().__init__(
            f"A filter chooses cars, and {event!r} is about none: leave the filter out, or subscribe to that event by"
            " another webhook."
        )
