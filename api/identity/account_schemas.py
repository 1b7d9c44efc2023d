"""Service accounts, as they are sent and answered."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.identity.org_parameters import EXAMPLE_ID, Line
from core.db.tables.people import ServiceAccount

_EXAMPLE: dict[str, Any] = {
    "account_id": EXAMPLE_ID,
    "name": "erp",
    "scopes": ["members.read"],
    "created_at": "2026-03-02T04:30:00Z",
    "revoked_at": None,
}


class AccountCreate(BaseModel):
    """A new service account."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "erp", "scopes": ["members.read"]}]}
    )

    name: Line = Field(max_length=60, description="What the organisation calls the system; it is given once.")
    scopes: list[Line] = Field(min_length=1, max_length=50, description="Names of permissions that the caller holds.")


class AccountRead(BaseModel):
    """A service account, without its secret."""

    account_id: UUID
    name: str
    scopes: list[str] = Field(description="Names of permissions.")
    created_at: datetime = Field(description="UTC.")
    revoked_at: datetime | None = Field(description="UTC; null: it can act.")

    @classmethod
    def of(cls, row: ServiceAccount) -> Self:
        """Describe a row of `service_accounts`."""
        return cls(**_columns(row))


class AccountCreated(AccountRead):
    """A new service account with its secret, which is shown nowhere again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_EXAMPLE, "secret": "aut_sa_…"}]})

    secret: str = Field(description="Sent as `Authorization: Bearer …`. Keep it: it is not shown again.")

    @classmethod
    def with_secret(cls, row: ServiceAccount, secret: str) -> Self:
        """Describe a new row of `service_accounts`."""
        return cls(**_columns(row), secret=secret)


class AccountList(BaseModel):
    """The service accounts of an organisation."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"service_accounts": [_EXAMPLE]}]})

    service_accounts: list[AccountRead]


def _columns(row: ServiceAccount) -> dict[str, Any]:
    times = {"created_at": row.created_at, "revoked_at": row.revoked_at}
    return {"account_id": row.id, "name": row.name, "scopes": row.scopes.split(), **times}
