"""Why the ledger refuses a transfer."""

from core.errors import ConflictError, InvalidInputError


class BadTransferError(InvalidInputError):
    """The entries of a transfer cannot be written."""

    code = "bad_transfer"


class ReferenceReusedError(ConflictError):
    """A reference names another transfer already."""

    code = "ledger_reference_reused"

    def __init__(self, reference: str) -> None:
        super().__init__(f"The reference {reference} names a transfer with other entries: correct it by a new one.")


class PendingEndedError(ConflictError):
    """A pending transfer has ended, or there never was one."""

    code = "pending_transfer_ended"

    def __init__(self) -> None:
        super().__init__("The pending transfer was posted, voided or expired before, and ends once.")
