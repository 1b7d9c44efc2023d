"""Why an erasure was refused."""

from core.errors import UnauthenticatedError


class FreshLoginNeededError(UnauthenticatedError):
    """The caller's login is too old for an act that cannot be undone."""

    code = "fresh_login_needed"

    def __init__(self) -> None:
        super().__init__("This cannot be undone: log in again, and repeat it within 10 minutes.")
