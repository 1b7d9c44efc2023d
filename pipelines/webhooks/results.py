"""Write down how deliveries went: those of many with one statement each for deliveries, attempts and endpoints."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from pipelines.webhooks.claims import Claimed
from pipelines.webhooks.erased import of_erased
from pipelines.webhooks.schedule import next_attempt
from pipelines.webhooks.sending import Answer
from pipelines.webhooks.standing import Failure, lock_endpoints, note_failure, note_successes

# A delivery whose lease has run out meanwhile is another process's, and stays as that one leaves it; one that was
# skipped meanwhile stays skipped. But what the partner has acknowledged counts, whoever holds it: it must not go again.
_DONE = text("""
UPDATE webhook_deliveries d SET outcome = g.outcome, outcome_reason = g.reason, attempts = d.attempts + g.sent,
  due_at = coalesce(g.due_at, d.due_at), claimed_until = NULL,
  delivered_at = CASE WHEN g.outcome = 'delivered' THEN g.at ELSE d.delivered_at END
FROM unnest(CAST(:ids AS uuid[]), CAST(:untils AS timestamptz[]), CAST(:outcomes AS text[]), CAST(:reasons AS text[]),
  CAST(:due AS timestamptz[]), CAST(:at AS timestamptz[]), CAST(:sent AS int[]))
  AS g (id, until, outcome, reason, due_at, at, sent)
WHERE d.id = g.id AND (d.outcome = 'waiting' AND d.claimed_until = g.until OR g.outcome = 'delivered'
  AND (d.outcome IN ('skipped', 'failed') OR d.outcome = 'waiting' AND d.claimed_until IS NOT NULL))
RETURNING d.id
""")
_ATTEMPTS = text("""
INSERT INTO webhook_attempts (delivery_id, number, at, milliseconds, http_status, code, body)
SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:numbers AS bigint[]), CAST(:at AS timestamptz[]),
  CAST(:milliseconds AS bigint[]), CAST(:statuses AS bigint[]), CAST(:codes AS text[]), CAST(:bodies AS text[]))
""")


@dataclass(frozen=True)
class Sent:
    """A claimed delivery and its answer; None: it was not sent, since the partner may not know of it any more."""

    claimed: Claimed
    answer: Answer | None
    at: datetime


@dataclass(frozen=True)
class _Result:
    """The outcome of a delivery."""

    sent: Sent
    outcome: str
    reason: str | None = None
    due_at: datetime | None = None


def write_down(session: Session, sent: Sequence[Sent], random: Callable[[], float]) -> None:
    """Write down how deliveries went, and what follows for their endpoints; the caller commits."""
    lock_endpoints(session, {each.claimed.row.id for each in sent})
    results = [_result(each, random) for each in sent]
    done = _finish(session, results)
    mine = [each for each in results if each.sent.claimed.row.delivery_id in done]
    _log(session, [(each.sent, each.sent.answer) for each in mine])
    answered = [each.sent for each in results if each.outcome == "delivered"]
    note_successes(session, [(each.claimed.row, each.at) for each in answered])
    for each in sorted(mine, key=lambda each: each.sent.at):
        answer = each.sent.answer
        if answer is not None and not answer.is_delivered:
            failure = Failure(each.sent.at, answer.retry_after, is_gone=answer.is_gone)
            note_failure(session, each.sent.claimed.row, failure)


def _result(sent: Sent, random: Callable[[], float]) -> _Result:
    row, answer = sent.claimed.row, sent.answer
    if answer is None:
        return _Result(sent, "skipped", "not_visible")
    if answer.is_delivered:
        return _Result(sent, "delivered")
    due = None if row.is_ping else next_attempt(row.attempts + 1, sent.at, answer.retry_after, random)
    return _Result(sent, "waiting" if due else "failed", answer.code, due)


def _finish(session: Session, results: Sequence[_Result]) -> set[Any]:
    given = {
        "ids": [each.sent.claimed.row.delivery_id for each in results],
        "untils": [each.sent.claimed.until for each in results],
        "outcomes": [each.outcome for each in results],
        "reasons": [each.reason for each in results],
        "due": [each.due_at for each in results],
        "at": [each.sent.at for each in results],
        "sent": [int(each.sent.answer is not None) for each in results],
    }
    return set(session.scalars(_DONE, given))


def _log(session: Session, sent: Sequence[tuple[Sent, Answer | None]]) -> None:
    answered = [(each.claimed.row, each.at, answer) for each, answer in sent if answer is not None]
    erased = of_erased(session, {row.subject_id for row, _, answer in answered if answer.body is not None})
    if answered:
        given = {
            "ids": [row.delivery_id for row, _, _ in answered],
            "numbers": [row.attempts + 1 for row, _, _ in answered],
            "at": [at for _, at, _ in answered],
            "milliseconds": [answer.milliseconds for _, _, answer in answered],
            "statuses": [answer.http_status for _, _, answer in answered],
            "codes": [answer.code for _, _, answer in answered],
            "bodies": [None if row.subject_id in erased else answer.body for row, _, answer in answered],
        }
        session.execute(_ATTEMPTS, given)
