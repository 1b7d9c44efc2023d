"""Errors of the audit trail."""

from core.errors import ConflictError


class AnchorConflictError(ConflictError):
    """Storage holds an anchor under this key that says something else."""

    code = "anchor_conflict"

    def __init__(self, key: str) -> None:
        super().__init__(
            f"Storage holds another anchor {key!r}: the trail was changed or the database restored. Run"
            " `automart audit verify`; after a restore, `automart audit resume --reason …`."
        )


class TrailDamagedError(ConflictError):
    """The trail does not verify, so nothing may be dropped from it."""

    code = "audit_trail_damaged"

    def __init__(self, problem: str) -> None:
        super().__init__(f"Nothing was dropped, for the trail does not verify: {problem}. See `automart audit verify`.")
