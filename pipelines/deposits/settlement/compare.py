"""Compare what providers have settled, and the bank's statement, with our own payments, refunds and payouts.

A payment is found by the provider's transaction, a refund by our reference or the provider's name of it, a payout by
its id. What a provider has not settled yet is missing there only once it has settled later days. A second line of one
refund or payout is money that went twice: it is missing here. Nothing is booked: people see to each difference.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

Verdict = Literal["matched", "missing_here", "missing_there", "amount_differs"]
A_DAY: Final = timedelta(days=1)

_COMPARED: Final = text("""
WITH ours AS (
  SELECT 'payment' AS kind, p.provider, p.provider_transaction AS name, coalesce(i.reference, '') AS reference,
    p.amount_paisa, p.created_at AS at
  FROM payments p LEFT JOIN payment_intents i ON i.id = p.intent_id
  UNION ALL
  SELECT 'refund', p.provider, coalesce(r.provider_refund, r.reference), r.reference, r.amount_paisa, r.done_at
  FROM deposit_refunds r JOIN payments p ON p.id = r.payment_id WHERE r.state = 'done'
  UNION ALL
  SELECT 'payout', 'bank', o.id::text, o.id::text, o.amount_paisa, o.ended_at FROM deposit_payouts o
  WHERE o.state = 'paid'
), known AS (
  SELECT l.*, coalesce(by_name.name, by_reference.name) AS name
  FROM settlement_lines l
  LEFT JOIN ours by_name
    ON (by_name.kind, by_name.provider, by_name.name) = (l.kind, l.provider, l.provider_transaction)
  LEFT JOIN ours by_reference ON by_name.name IS NULL AND l.kind <> 'payment'
    AND (by_reference.kind, by_reference.provider, by_reference.reference) = (l.kind, l.provider, l.reference)
), theirs AS (
  SELECT known.*, CASE WHEN 1 = row_number() OVER (PARTITION BY provider, kind, name
    ORDER BY provider_transaction <> name, day, id) THEN name END AS found FROM known
), last AS (SELECT provider, max(day) AS day FROM settlement_lines GROUP BY provider)
SELECT coalesce(o.provider, t.provider) AS provider, coalesce(o.kind, t.kind) AS kind,
  coalesce(t.provider_transaction, o.name) AS transaction, coalesce(o.reference, t.reference) AS reference,
  o.amount_paisa AS here_paisa, t.amount_paisa AS there_paisa, coalesce(t.created_at, o.at) AS since,
  CASE WHEN t.id IS NULL THEN 'missing_there' WHEN o.name IS NULL THEN 'missing_here'
    WHEN o.amount_paisa <> t.amount_paisa THEN 'amount_differs' ELSE 'matched' END AS verdict
FROM ours o FULL JOIN theirs t ON (t.kind, t.provider, t.found) = (o.kind, o.provider, o.name)
LEFT JOIN last ON last.provider = o.provider
WHERE t.id IS NOT NULL OR (o.at AT TIME ZONE 'Asia/Karachi')::date < last.day
ORDER BY 1, 2, 3
""")


@dataclass(frozen=True)
class Difference:
    """A payment, refund or payout that one side lacks or tells otherwise; in paisa, None on the side that lacks it."""

    provider: str
    kind: str
    transaction: str
    reference: str
    here_paisa: int | None
    there_paisa: int | None
    since: datetime
    verdict: Verdict

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return vars(self) | {"since": self.since.isoformat()}


@dataclass(frozen=True)
class Reconciliation:
    """The number of payments, refunds and payouts that agree, and those that do not."""

    matched: int
    differences: list[Difference]

    def count(self, verdict: Verdict) -> int:
        """Count the differences of a kind."""
        return sum(each.verdict == verdict for each in self.differences)

    def unexplained(self, now: datetime) -> list[Difference]:
        """Return differences that have stood for a day."""
        return [each for each in self.differences if each.since <= now - A_DAY]


def compare_settlements(session: Session) -> Reconciliation:
    """Compare everything that was settled."""
    rows = [Difference(**row._mapping) for row in session.execute(_COMPARED)]
    differences = [row for row in rows if row.verdict != "matched"]
    return Reconciliation(len(rows) - len(differences), differences)
