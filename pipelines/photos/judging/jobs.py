"""SQL of the jobs that judge photos; with the triggers of `listing_photos`, the only writer of `media_iq_jobs`.

A job is taken with a lease and a token of its own. Whoever finds its token gone was too late: another process has
taken the job, the photo was given other areas, or was deleted. All times are the database's.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db.tables.photos import PhotoContent

ATTEMPTS = 2
"""The number of times that the child may crash or hang over a photo; then the job has failed."""
CLAIMS = 10
"""The number of times that a job may be begun at all: one that kills whoever begins it ends too."""
LEASE = timedelta(seconds=180)
"""Longer than a child may take for one photo: the lease is renewed before each."""
# Photos that nobody sees yet come first. An own area is covered once the content has its verdict.
_CLAIM = text("""
WITH lost AS (
  UPDATE media_iq_jobs SET state = 'failed', token = NULL, lease_until = NULL, code = 'judging_lost',
    ended_at = clock_timestamp()
  WHERE state IN ('waiting', 'running') AND claims >= :most_claims
    AND (state = 'waiting' OR lease_until < clock_timestamp())
), free AS (
  SELECT j.id FROM media_iq_jobs j
  WHERE j.state IN ('waiting', 'running') AND (j.state = 'waiting' OR j.lease_until < clock_timestamp())
    AND j.claims < :most_claims
    AND (j.photo_id IS NULL OR EXISTS (SELECT 1 FROM photo_verdicts v WHERE v.content_id = j.content_id))
  ORDER BY j.priority, j.id
  LIMIT :most FOR UPDATE OF j SKIP LOCKED
)
UPDATE media_iq_jobs j SET state = 'running', token = uuidv7(),
  heartbeat_at = clock_timestamp(), lease_until = clock_timestamp() + :lease
FROM free WHERE j.id = free.id
RETURNING j.id, j.token, j.content_id, j.photo_id, j.attempts
""")
_BEAT = text("""
UPDATE media_iq_jobs SET claims = claims + 1, heartbeat_at = clock_timestamp(),
  lease_until = clock_timestamp() + :lease
WHERE id = :id AND token = :token RETURNING id
""")
# Locks the content, so that no sweep deletes it while a process works on it.
_TOUCH = text("""
UPDATE photo_contents SET touched_at = greatest(touched_at, clock_timestamp())
WHERE id = :content_id AND made_at IS NOT NULL RETURNING id
""")
_END = text("""
UPDATE media_iq_jobs SET state = :state, token = NULL, lease_until = NULL, code = :code,
  attempts = attempts + CAST(:failed AS int),
  ended_at = CASE WHEN CAST(:state AS text) = 'waiting' THEN NULL ELSE clock_timestamp() END
WHERE id = :id AND token = :token RETURNING id
""")
_AGAIN = text("""
UPDATE media_iq_jobs j SET state = 'waiting', attempts = 0, claims = 0, code = NULL, ended_at = NULL
WHERE j.id IN (
  SELECT j.id FROM media_iq_jobs j LEFT JOIN photo_verdicts v ON v.content_id = j.content_id
  WHERE (j.state = 'failed' AND :failed) OR (j.state = 'done' AND j.photo_id IS NULL AND v.version <> :version)
  ORDER BY j.id LIMIT :most FOR UPDATE OF j SKIP LOCKED
)
RETURNING j.content_id, j.photo_id
""")


@dataclass(frozen=True)
class Job:
    """A job that is this process's until its lease ends. With `photo_id`, one photo's own areas are to be covered."""

    id: UUID
    token: UUID
    content_id: UUID
    photo_id: UUID | None
    attempts: int


class JobRepository:
    """The jobs."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def claim(self, most: int) -> list[Job]:
        """Claim jobs that no process runs."""
        rows = self._session.execute(_CLAIM, {"most": most, "most_claims": CLAIMS, "lease": LEASE})
        return [Job(*row) for row in rows]

    def begin(self, job: Job) -> bool:
        """Begin a job: renew its lease, and keep its content from the sweep; tell whether both are still there."""
        mine = self._session.execute(_BEAT, {"id": job.id, "token": job.token, "lease": LEASE}).one_or_none()
        touched = self._session.execute(_TOUCH, {"content_id": job.content_id}).one_or_none()
        return mine is not None and touched is not None

    def done(self, job: Job) -> bool:
        """End a job well; tell whether it was still this process's."""
        return self._end(job, "done", None)

    def fail(self, job: Job, code: str) -> str:
        """Count a failed attempt, and return the state that follows: `waiting`, `failed`, or `gone`."""
        state = "failed" if job.attempts + 1 >= ATTEMPTS else "waiting"
        return state if self._end(job, state, code, failed=True) else "gone"

    def release(self, job: Job) -> None:
        """Release a job that was not begun, so that another process can claim it."""
        self._end(job, "waiting", None)

    def content_exists(self, content_id: UUID) -> bool:
        """Tell whether the content has not been deleted."""
        return self._session.get(PhotoContent, content_id) is not None

    def again(self, version: str, most: int, *, failed: bool) -> int:
        """Ask for new verdicts where the present one has another version, and where wanted for what failed; count."""
        return len(self._session.execute(_AGAIN, {"version": version, "most": most, "failed": failed}).all())

    def _end(self, job: Job, state: str, code: str | None, *, failed: bool = False) -> bool:
        given = {"id": job.id, "token": job.token, "state": state, "code": code, "failed": failed}
        return self._session.execute(_END, given).one_or_none() is not None
