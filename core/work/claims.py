"""SQL of claims on loops; the only writer of `work_claims`. All times are the database's."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.work.loop import Loop

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_MOST_ERROR = 500
_ENSURE = text("INSERT INTO work_claims (loop) SELECT unnest(CAST(:names AS text[])) ON CONFLICT DO NOTHING")
# The longest due first, so that none is passed over for ever; one that another process is about to claim is skipped.
_CLAIM = text("""
WITH free AS (
  SELECT loop FROM work_claims
  WHERE loop = ANY(:names) AND due_at <= clock_timestamp()
    AND (expires_at IS NULL OR expires_at <= clock_timestamp())
  ORDER BY due_at, loop LIMIT 1 FOR UPDATE SKIP LOCKED
)
UPDATE work_claims c SET owner = :owner, token = c.token + 1, done_at = NULL,
  expires_at = clock_timestamp() + make_interval(secs => l.seconds)
FROM free, unnest(CAST(:names AS text[]), CAST(:seconds AS float8[])) AS l (loop, seconds)
WHERE c.loop = free.loop AND l.loop = c.loop
RETURNING c.loop, c.token
""")
_RENEW = text("""
UPDATE work_claims c SET expires_at = clock_timestamp() + make_interval(secs => r.seconds),
  done_at = CASE WHEN r.done THEN clock_timestamp() ELSE c.done_at END,
  failures = CASE WHEN r.done THEN 0 ELSE c.failures END, last_error = CASE WHEN r.done THEN NULL ELSE c.last_error END,
  last_code = CASE WHEN r.done THEN NULL ELSE c.last_code END
FROM unnest(CAST(:loops AS text[]), CAST(:tokens AS bigint[]), CAST(:seconds AS float8[]), CAST(:done AS boolean[]))
  AS r (loop, token, seconds, done)
WHERE c.loop = r.loop AND c.token = r.token
RETURNING c.loop
""")
_RELEASE = text("""
UPDATE work_claims SET owner = NULL, expires_at = NULL, due_at = clock_timestamp() WHERE loop = :loop AND token = :token
""")
_FAIL = text("""
UPDATE work_claims SET owner = NULL, expires_at = NULL, last_error = :error, last_code = :code,
  failures = CASE WHEN :recovered THEN 0 ELSE failures END + 1, due_at = clock_timestamp()
    + make_interval(secs => least(:longest, :first * 2 ^ CASE WHEN :recovered THEN 0 ELSE least(failures, 30) END))
WHERE loop = :loop AND token = :token
RETURNING :recovered OR old.last_error IS DISTINCT FROM new.last_error
""")
_TOKEN = text("SELECT token FROM work_claims WHERE loop = :loop")
_STATES = text("""
SELECT loop AS name, coalesce(expires_at > clock_timestamp(), false) AS live, failures, last_code AS code
FROM work_claims ORDER BY loop
""")


@dataclass(frozen=True)
class Claim:
    """A loop that is this process's until the lease ends. A later claim of the same loop has a larger token."""

    loop: str
    token: int


@dataclass(frozen=True)
class Renewal:
    """A claim whose lease is to go on, for how long, and whether a turn has ended well since the last time."""

    claim: Claim
    seconds: float
    done: bool


@dataclass(frozen=True)
class LoopState:
    """The state of a loop: whether a process runs it now, its failures in a row, and the code of the last of them."""

    name: str
    live: bool
    failures: int
    code: str | None  # as `index_not_writable`; None where it did not fail, or by an error without a code


class ClaimRepository:
    """The claims on loops."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def ensure(self, loops: Sequence[Loop]) -> None:
        """Make the rows of loops that were never run."""
        self._session.execute(_ENSURE, {"names": [loop.name for loop in loops]})

    def claim(self, loops: Sequence[Loop], owner: str) -> Claim | None:
        """Take one of these loops that is due and that no living process has; None where there is none."""
        given = {"names": [loop.name for loop in loops], "seconds": [loop.lease_seconds for loop in loops]}
        row = self._session.execute(_CLAIM, given | {"owner": owner}).one_or_none()
        return None if row is None else Claim(row.loop, row.token)

    def renew(self, renewals: Sequence[Renewal]) -> set[str]:
        """Renew leases, and return the loops that are still this process's; a claim that was taken over stays lost."""
        given = {
            "loops": [each.claim.loop for each in renewals],
            "tokens": [each.claim.token for each in renewals],
            "seconds": [each.seconds for each in renewals],
            "done": [each.done for each in renewals],
        }
        return set(self._session.scalars(_RENEW, given))

    def release(self, claim: Claim) -> None:
        """Release the loop, so that another process can claim it."""
        self._session.execute(_RELEASE, {"loop": claim.loop, "token": claim.token})

    def fail(self, claim: Claim, error: str, *, code: str | None = None, recovered: bool = False) -> bool:
        """Leave the loop for a pause that doubles with each failure in a row; tell whether the error is a new one.

        `code`: the stable code of the error, which the API tells. `recovered`: a turn has ended well since the last
        failure, so this one is the first in a row.
        """
        given = {
            "loop": claim.loop,
            "token": claim.token,
            "error": error[:_MOST_ERROR],
            "code": code,
            "recovered": recovered,
        }
        return bool(
            self._session.scalar(
                _FAIL, given | {"recovered": recovered, "first": _FIRST_PAUSE, "longest": _LONGEST_PAUSE}
            )
        )

    def holds(self, claim: Claim) -> bool:
        """Tell whether no later claim was made on the loop."""
        return bool(self._session.scalar(_TOKEN, {"loop": claim.loop}) == claim.token)


def loop_states(session: Session) -> list[LoopState]:
    """Return every loop that was ever run, by name."""
    return [LoopState(**row._mapping) for row in session.execute(_STATES)]
