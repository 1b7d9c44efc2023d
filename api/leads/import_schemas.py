"""The answer to leads that another system brings."""

from typing import Literal, Self, cast
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.leads.ask_schemas import EXAMPLE_LEAD_ID
from serving.leads.intake.importing import Imported

Outcome = Literal["created", "joined", "repeated"]
_EXAMPLE: dict[str, JsonValue] = {
    "kind": "adf",
    "fault": None,
    "leads": [{"lead_id": str(EXAMPLE_LEAD_ID), "outcome": "created"}],
}


class LeadImported(BaseModel):
    """One lead of the message."""

    lead_id: UUID
    outcome: Outcome = Field(
        description="`joined`: the buyer has an open lead about this car. `repeated`: this message came before."
    )


class LeadsImported(BaseModel):
    """The outcome of an imported message."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    kind: Literal["adf", "text", "automatic"] = Field(
        description="`text`: it could not be read, its raw text is the lead. `automatic`: mail of no person."
    )
    fault: str | None = Field(description="Why it could not be read, or makes no lead.")
    leads: list[LeadImported] = Field(description="In the order of the prospects.")

    @classmethod
    def of(cls, imported: Imported) -> Self:
        """Make it from the service's answer."""
        leads = [LeadImported(lead_id=each.lead_id, outcome=cast("Outcome", each.outcome)) for each in imported.leads]
        return cls(kind=cast("Literal['adf', 'text', 'automatic']", imported.kind), fault=imported.fault, leads=leads)
