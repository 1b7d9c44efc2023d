"""The errors of requests with an Idempotency-Key."""

from typing import ClassVar

from core.errors import ConflictError, InvalidInputError


class BadIdempotencyKeyError(InvalidInputError):
    """The key cannot be used."""

    code = "bad_idempotency_key"

    def __init__(self) -> None:
        super().__init__("An Idempotency-Key is 1 to 200 printable ASCII characters; send a new UUID for each request.")


class KeyNeededError(InvalidInputError):
    """The operation moves money, and the request has no key."""

    code = "idempotency_key_needed"
    http_status: ClassVar[int] = 400

    def __init__(self) -> None:
        super().__init__("Send an Idempotency-Key, a new UUID for each thing that is to be done: it moves money.")


class RequestInProgressError(ConflictError):
    """The same request is running at this moment."""

    code = "request_in_progress"

    def __init__(self) -> None:
        super().__init__("A request with this Idempotency-Key is still running: try again in a moment.")


class KeyReusedError(InvalidInputError):
    """The key was used for another request."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used for a request with another body: take a new key.")


class AnswerLostError(ConflictError):
    """The request was done, and its answer cannot be opened any more."""

    code = "answer_lost"

    def __init__(self) -> None:
        super().__init__("This request was done before, and its answer is not kept any more: look at what it made.")
