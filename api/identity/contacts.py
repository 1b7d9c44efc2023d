"""A contact in a body, and the client that a request comes from."""

from typing import Annotated, Self

from fastapi import Depends, Header, Request
from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from api.middleware.rate_limits import DEVICE_HEADER
from api.parameters import SOUND_TEXT, OptionalParam
from core.identity.contacts import Contact, email, phone
from core.rate_limits.addresses import address_class
from serving.identity.logins.sessions import Client

_LONGEST_AGENT = 200
ContactText = Annotated[str, Field(min_length=3, max_length=254), SOUND_TEXT]


class GivenContact(BaseModel):
    """A phone number or an e-mail address: exactly one of both."""

    model_config = ConfigDict(extra="forbid")

    phone: ContactText | None = Field(default=None, description="A mobile number in any spelling: 0300 1234567, +92….")
    email: ContactText | None = Field(default=None, description="An e-mail address.")

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.phone is None) == (self.email is None):
            raise PydanticCustomError("one_contact", "Give a phone number or an e-mail address, one of both")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """State in the contract that exactly one is given: the other is absent or null."""
        shape = handler(schema)
        one_of = [
            {"required": [name], "properties": {name: {"type": "string"}, other: {"type": "null"}}}
            for name, other in (("phone", "email"), ("email", "phone"))
        ]
        handler.resolve_ref_schema(shape)["oneOf"] = one_of
        return shape

    def contact(self) -> Contact:
        """Return the contact in its one spelling.

        Raises:
            BadPhoneError, BadEmailError: it is none.
        """
        return email(self.email or "") if self.phone is None else phone(self.phone)


async def client(
    request: Request,
    device: Annotated[
        OptionalParam[Annotated[str, Field(pattern=r"^[A-Za-z0-9._~-]{8,200}$")]],
        Header(
            alias=DEVICE_HEADER,
            description="The signed id that the first answer gave in this header: keep it and send it from then on. A"
            " device that has logged in is not locked out by strangers; without one, callers of an address share a"
            " smaller number of calls.",
            examples=["6f1c2d3e4b5a69788796a5b4c3d2e1f0.0b7e3a5c9d1f42688e6a2c4d7f901b35"],
        ),
    ] = None,
) -> Client:
    """Return what is known of the client, without its whole address."""
    agent = "".join(letter for letter in request.headers.get("user-agent", "") if letter.isprintable())
    host = "" if request.client is None else request.client.host
    return Client(device, agent[:_LONGEST_AGENT] or None, address_class(host))


ClientDep = Annotated[Client, Depends(client)]
