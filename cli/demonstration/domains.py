"""Show each domain in `automart demo`, once the graph has run."""

import json
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console

from cli.demonstration.lead import show_lead
from core.clock import utc_now
from core.db.session import transaction
from core.errors import PermanentError
from core.platform import Platform
from samples.people import SamplePerson

if TYPE_CHECKING:
    from serving.engagement.demonstration import TrafficShown


@dataclass(frozen=True)
class Shown:
    """The facts that were shown; None where there was nothing to show."""

    lead: dict[str, str] | None
    traffic: "TrafficShown | None"

    def as_dict(self) -> dict[str, Any]:
        """Return it for scripts."""
        return {"lead": self.lead, "traffic": None if self.traffic is None else asdict(self.traffic)}

    def require_true_counts(self) -> None:
        """Fail where the figures of the shoppers are not those that were made.

        Raises:
            PermanentError: `counts_do_not_add_up`.
        """
        if self.traffic is not None and self.traffic.wrong:
            raise PermanentError("; ".join(self.traffic.wrong), code="counts_do_not_add_up")


def show_domains(platform: Platform, people: list[SamplePerson], seed: int, console: Console) -> Shown:
    """Print a webhook, a deposit, a lead and a week of shoppers, who are made from the seed."""
    _show_webhook(platform, console)
    _show_deposit(platform, console)
    _show_score(platform, seed, console)
    lead = show_lead(platform, people, console)
    return Shown(lead, _show_traffic(platform, seed, console))


def _show_webhook(platform: Platform, console: Console) -> None:
    """Print a message to a partner that was received and verified, about a price that is put back at once."""
    from serving.webhooks.demonstration import demonstrate

    if platform.settings.has_outside_database:
        return
    received = demonstrate(platform)
    if received is not None:
        shown = json.dumps(received.body, ensure_ascii=False)
        console.print(
            f"Webhook received and verified ({received.webhook_id}):\n  {shown}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


def _show_score(platform: Platform, seed: int, console: Console) -> None:
    """Print how well the chance of a lead is known, by the leads of the sample market's past."""
    from pipelines.leads.scoring.models import teach
    from serving.leads.past_leads import add_past_leads

    if platform.settings.has_outside_database:
        return
    with transaction(platform.sessions) as session:
        added = add_past_leads(session, utc_now(), seed)
        found = teach(session, utc_now()) if added else None
    if found is not None and found.brier is not None and found.base_brier is not None:
        console.print(
            f"Chance of leads: learnt from {found.learnt:,} past leads, judged on {found.held:,} later: Brier score"
            f" {found.brier:.3f}, base rate {found.base_brier:.3f};"
            f" {'desks see it' if found.beats else 'desks are not shown it'}. automart leads score",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


def _show_traffic(platform: Platform, seed: int, console: Console) -> "TrafficShown | None":
    """Print the dashboard that a week of shoppers comes to; None where events are there, or a database outside is."""
    from serving.engagement.demonstration import demonstrate_traffic

    if platform.settings.has_outside_database:
        return None
    began = time.monotonic()
    with console.status("A week of shoppers"):
        shown = demonstrate_traffic(platform, utc_now(), seed)
    if shown is not None:
        named = ", ".join(f"{shown.figures[name]} {name}" for name in ("views", "visitors", "sessions", "contacts"))
        agree = "all dealers' figures are those that were made" if not shown.wrong else "; ".join(shown.wrong)
        console.print(
            f"Shoppers: {shown.events} events in {shown.batches} batches, {shown.duplicate} of them sent twice, taken"
            f" in and counted in {time.monotonic() - began:.1f} s.\n  {shown.dealer}, {shown.first} to {shown.last}:"
            f" {named}; {agree}.\n  GET /v1/orgs/{shown.dealer}/analytics?by=day",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    return shown


def _show_deposit(platform: Platform, console: Console) -> None:
    """Print what became of a deposit on a car, which is on offer again at the end."""
    from serving.deposits.demonstration import demonstrate

    shown = None if platform.settings.has_outside_database else demonstrate(platform)
    if shown is not None:
        console.print(
            f"Deposit on {shown.title}: {shown.held}, in search the car is {shown.in_search}; withdrawn, the deposit is"
            f" {shown.refunded} and the car {shown.afterwards}. The provider still holds {shown.owed_paisa} paisa of"
            f" ours; the ledger sums to {shown.books.total}, and its replay {shown.books.verdict}.",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
