"""The platform's error tree. Every error carries a stable `code` and one sentence that says what to do.

AutomartError
├── PermanentError            a rerun cannot help; a person or a changed input can
│   ├── InvalidInputError     the caller's input is wrong        (HTTP 422, exit 2)
│   │   └── RefusedFileError  a whole feed file is refused       (exit 2)
│   ├── NotFoundError         the thing asked for does not exist (HTTP 404, exit 2)
│   └── ConflictError         it is against the present state    (HTTP 409, exit 2)
└── RetryableError            the same call may succeed later    (HTTP 503, exit 75)
"""


class AutomartError(Exception):
    """Base of every error that the platform raises on purpose.

    `code` is stable and machine-readable (snake_case); `str(error)` is the sentence for people.
    """

    code = "internal_error"

    def __init__(self, detail: str, *, code: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        if code is not None:
            self.code = code


class PermanentError(AutomartError):
    """A rerun cannot help."""


class InvalidInputError(PermanentError):
    """The caller's input is wrong; the detail says what would be right."""

    code = "invalid_input"


class RefusedFileError(InvalidInputError):
    """A feed file is refused as a whole: nothing of it was or will be applied."""

    code = "file_refused"


class NotFoundError(PermanentError):
    """The thing asked for does not exist, or the caller may not know that it does."""

    code = "not_found"


class ConflictError(PermanentError):
    """The request is against the present state."""

    code = "conflict"


class RetryableError(AutomartError):
    """The same call may succeed later."""

    code = "temporarily_unavailable"
