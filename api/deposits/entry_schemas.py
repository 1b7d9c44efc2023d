"""Requests and answers of entries by hand."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.deposits.schemas import EXAMPLE_DEPOSIT_ID
from api.parameters import JSON_NUMBER, ONE_LINE
from core.db.tables.deposit_papers import PaymentEntry
from core.money import MOST_RUPEES, rupees_of
from serving.deposits.money.entries import Seen

_SEEN: dict[str, JsonValue] = {
    "kind": "payment",
    "reference": "AMD0123456789ABCDEFG",
    "transaction": "FT26120ABC",
    "amount_pkr": 25_000,
}


class EntryCreate(BaseModel):
    """Money that a person saw come or go."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_SEEN]})

    kind: Literal["payment", "refund"]
    reference: Annotated[
        str,
        Field(min_length=1, max_length=40, description="The reference of the payment, or the id of the refund."),
        ONE_LINE,
    ]
    transaction: Annotated[
        str, Field(min_length=1, max_length=100, description="The bank's or the provider's number of it."), ONE_LINE
    ]
    amount_pkr: Annotated[int, Field(ge=1, le=MOST_RUPEES), JSON_NUMBER]

    def seen(self) -> Seen:
        """Return it for the service."""
        return Seen(self.kind, self.reference, self.transaction, self.amount_pkr)


class EntryRead(BaseModel):
    """An entry."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": EXAMPLE_DEPOSIT_ID,
                    "kind": "payment",
                    "transaction": "FT26120ABC",
                    "amount_pkr": 25_000,
                    "state": "requested",
                }
            ]
        }
    )

    id: UUID
    kind: str
    transaction: str
    amount_pkr: int
    state: str = Field(description="requested, approved.")

    @classmethod
    def of(cls, entry: PaymentEntry) -> Self:
        """Make it from the table's row."""
        amount = rupees_of(entry.amount_paisa)
        told = entry.provider_transaction
        return cls(id=entry.id, kind=entry.kind, transaction=told, amount_pkr=amount, state=entry.state)
