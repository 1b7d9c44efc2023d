"""Why a login, a session or a change of roles was refused."""

from core.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    RateLimitedError,
    UnauthenticatedError,
)


class WrongCodeError(UnauthenticatedError):
    """The one-time code is not the one that was sent, or it was used or has expired."""

    code = "wrong_code"

    def __init__(self) -> None:
        super().__init__("The code is wrong, used or older than 5 minutes: check it, or ask for a new one.")


class TooManyGuessesError(RateLimitedError):
    """Too many wrong codes were tried for this contact today."""

    code = "too_many_guesses"

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            "Too many wrong codes were tried for this number or address: try again tomorrow.", retry_after=retry_after
        )


class CodeSentRecentlyError(RateLimitedError):
    """A code was sent to this contact a moment ago."""

    code = "code_sent_recently"

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"A code was sent already: wait {retry_after} seconds for a new one.", retry_after=retry_after)


class CountryNotServedError(InvalidInputError):
    """Codes are not sent to this country."""

    code = "country_not_served"

    def __init__(self) -> None:
        super().__init__("Codes are not sent to numbers of this country: use an e-mail address.")


class InvalidRefreshTokenError(UnauthenticatedError):
    """The refresh token is unknown, or its session has ended."""

    code = "invalid_refresh_token"

    def __init__(self) -> None:
        super().__init__("The session has ended: log in again.")


class RefreshTokenReusedError(UnauthenticatedError):
    """An old refresh token was used again: the session is ended, since somebody else may hold it."""

    code = "refresh_token_reused"

    def __init__(self) -> None:
        super().__init__("This refresh token was replaced before, so the session was ended: log in again.")


class BlockedError(ForbiddenError):
    """The person is blocked."""

    code = "person_blocked"

    def __init__(self) -> None:
        super().__init__("This account is blocked: ask the support of Automart.")


class LastAdminError(ConflictError):
    """An organisation would be left without an administrator."""

    code = "last_admin"

    def __init__(self) -> None:
        super().__init__("This is the last administrator of the organisation: make another one first.")


class LoginElsewhereError(NotFoundError):
    """The platform's own login is off: an outside issuer is set."""

    code = "login_elsewhere"

    def __init__(self) -> None:
        super().__init__("People log in at the login service here: use OpenID Connect.")


class LoginNeededError(UnauthenticatedError):
    """The operation is for callers that have logged in."""

    code = "login_needed"

    def __init__(self) -> None:
        super().__init__(
            "Log in first, and send the access token, or the secret of a service account, as `Authorization: Bearer …`."
        )


class BadIssuerSettingsError(InvalidInputError):
    """The settings of the outside issuer cannot be used."""

    code = "bad_issuer_settings"


class PeopleOnlyError(ForbiddenError):
    """The operation is for people, and the caller is a system."""

    code = "people_only"

    def __init__(self) -> None:
        super().__init__("This is for people: a service account has no sessions and takes no invitations.")


class UnknownSessionError(NotFoundError):
    """The person has no such active session."""

    code = "unknown_session"

    def __init__(self, detail: str = "You have no session of this id that goes on.") -> None:
        super().__init__(detail)
