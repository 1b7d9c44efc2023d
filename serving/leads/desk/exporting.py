"""Export leads for other systems, as rows of plain values; that contacts left the house is recorded."""

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from core.access.acting import org_with
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables import Listing
from core.db.tables.leads import Lead
from core.personal_data.sealer import Sealer
from pipelines.leads.adf.prospects import AdfId, Person, Prospect, Vehicle
from pipelines.leads.adf.write import write_adf
from serving.leads.declarations import EXPORT_LEADS
from serving.leads.desk.listing import LeadQuery, leads_of
from serving.leads.desk.working import Working
from serving.leads.errors import NothingToExportError
from serving.leads.views import contact_of, email_of, load_keys, name_of

COLUMNS: Final = (
    "lead_id", "created_at", "type", "source", "state", "state_reason", "owner_id", "branch_id", "listing_id", "make",
    "city", "language", "name", "contact", "email", "offer_pkr", "tags", "next_action", "next_action_at",
)  # fmt: skip
MOST: Final = 10_000
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def export_leads(work: Working, query: LeadQuery) -> list[dict[str, Any]]:
    """Return the leads of an organisation that match, the newest first; 10,000 at most.

    Raises:
        ForbiddenError, NotAMemberError, OrgRequiredError: as they say.
    """
    org_id = org_with(work.principal, query.org, EXPORT_LEADS)
    wanted = replace(query, side="org", limit=MOST)
    leads = leads_of(work.session, work.principal, wanted, work.now, org_id)
    rows = list(_rows(work, leads))
    act = Act("leads.export", "org", str(org_id), org_id, None, {"leads": len(rows)})
    record(work.session, Actor.of(work.principal), act)
    return rows


def as_csv(rows: Sequence[dict[str, Any]]) -> str:
    """Write rows as CSV; what a spreadsheet would take for a formula is marked as text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_plain(row[name]) for name in COLUMNS])
    return out.getvalue()


def as_adf(work: Working, rows: Sequence[dict[str, Any]]) -> str:
    """Write rows as an ADF document that keeps the format's rules; the car's stock number is our id of it.

    Raises:
        NothingToExportError: there are no rows; the format demands a lead.
    """
    if not rows:
        raise NothingToExportError
    cars = _cars(work, {row["listing_id"] for row in rows if row["listing_id"] is not None})
    return write_adf([_prospect(row, cars.get(row["listing_id"], Vehicle())) for row in rows])


def _cars(work: Working, ids: Collection[UUID]) -> dict[UUID, Vehicle]:
    columns = (Listing.id, Listing.model_year, Listing.make, Listing.model, Listing.variant)
    found = work.session.execute(select(*columns).where(Listing.id.in_(list(ids))))
    return {
        row.id: Vehicle(str(row.model_year), row.make, row.model, stock=str(row.id), trim=row.variant or "")
        for row in found
    }


def _prospect(row: dict[str, Any], car: Vehicle) -> Prospect:
    offer = {} if row["offer_pkr"] is None else {"price": str(row["offer_pkr"]), "currency": "PKR"}
    interest = "test-drive" if row["type"] == "test_drive" else "buy"
    contact = row["contact"] or ""
    address = row["email"] or (contact if "@" in contact else "")
    buyer = Person(row["name"] or "", address, (contact,) if contact and "@" not in contact else ())
    return Prospect(
        ids=(AdfId(str(row["lead_id"]), "Automart"),), requested=row["created_at"].isoformat(),
        vehicles=(replace(car, make=car.make or row["make"] or "", interest=interest, **offer),), customer=buyer,
        comments=row["type"], provider="Automart",
    )  # fmt: skip


def _rows(work: Working, leads: Sequence[Lead]) -> Iterator[dict[str, Any]]:
    sealer = Sealer(work.session, work.keys)
    load_keys(sealer, leads)
    for lead in leads:
        told = {"lead_id": lead.id, "name": name_of(sealer, lead), "contact": contact_of(sealer, lead)}
        told |= {"email": email_of(sealer, lead)}
        yield {name: told[name] if name in told else getattr(lead, name) for name in COLUMNS}


def _plain(value: Any) -> str:  # noqa: ANN401
    if value is None:
        return ""
    if isinstance(value, list):
        value = " ".join(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    text = str(value)
    phone = text.startswith("+") and text[1:].isdigit()  # a number reads as one, and no formula comes of it
    return f"'{text}" if text.startswith(_FORMULA) and not phone else text
