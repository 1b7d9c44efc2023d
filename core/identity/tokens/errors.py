"""Why an access token was not accepted. Each code tells the app's developer what to do, and an attacker nothing."""

from core.errors import RetryableError, UnauthenticatedError


class InvalidTokenError(UnauthenticatedError):
    """The token is not a valid access token of the issuer."""

    code = "invalid_token"

    def __init__(self, detail: str = "This is not a valid access token of the issuer: log in again.") -> None:
        super().__init__(detail)


class TokenExpiredError(UnauthenticatedError):
    """The token has expired."""

    code = "token_expired"

    def __init__(self) -> None:
        super().__init__("The access token has expired: refresh it.")


class WrongTokenTypeError(UnauthenticatedError):
    """An ID or refresh token was sent in place of an access token."""

    code = "wrong_token_type"

    def __init__(self) -> None:
        super().__init__("This is not an access token: send the access token, not the ID or refresh token.")


class WrongAudienceError(UnauthenticatedError):
    """The token was issued for another service."""

    code = "wrong_audience"

    def __init__(self) -> None:
        super().__init__("The access token was issued for another service.")


class IssuerUnavailableError(RetryableError):
    """The issuer's keys cannot be had, and the ones known are too old."""

    code = "issuer_unavailable"

    def __init__(self) -> None:
        super().__init__("The login service does not answer at the moment: try again in a minute.")
