"""Why an address gave no file. Every sentence may be shown to the dealer: it holds no secret and no address of ours."""

from core.errors import AutomartError


class PullError(AutomartError):
    """This address gave no file this time; other addresses go on. `code` says what kind of trouble it is."""

    code = "pull_failed"
