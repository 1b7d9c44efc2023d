"""The error of an address that gave no file. Its sentence holds no secret, so the dealer may read it."""

from core.errors import AutomartError


class PullError(AutomartError):
    """This address gave no file this time; other addresses go on. `code` names the kind of failure."""

    code = "pull_failed"
