"""The router of the domain, and the lead of its paths; each module adds operations, which declare their access."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

from api.leads.ask_schemas import EXAMPLE_LEAD_ID
from api.routing import DomainRouter

LeadId = Annotated[UUID, Path(description="The lead's id.", examples=[str(EXAMPLE_LEAD_ID)])]

router = DomainRouter(tags=["leads"])
