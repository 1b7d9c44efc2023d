"""Requests and answers about service accounts."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.identity.org_parameters import EXAMPLE_ID, Line
from api.parameters import ONE_LINE
from core.db.tables.people import ServiceAccount
from core.declarations import gather_declarations

_EXAMPLE: dict[str, Any] = {
    "account_id": EXAMPLE_ID,
    "name": "erp",
    "scopes": ["members.read"],
    "created_at": "2026-03-02T04:30:00Z",
    "revoked_at": None,
}


def _list_permissions(schema: dict[str, Any]) -> None:
    """List the permissions in the contract only: an unknown name is refused by the service, with its own error."""
    schema["enum"] = sorted(each.name for one in gather_declarations().values() for each in one.permissions)


_Scope = Annotated[Line, Field(json_schema_extra=_list_permissions)]


class AccountCreate(BaseModel):
    """A new service account."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "erp", "scopes": ["members.read"]}]}
    )

    name: Annotated[str, Field(min_length=1, max_length=60), ONE_LINE] = Field(
        description="The system's name within the organisation; no second account may have it."
    )
    scopes: list[_Scope] = Field(min_length=1, max_length=50, description="Names of permissions that the caller holds.")


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
