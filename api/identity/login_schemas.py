"""Bodies and answers of the operations of logging in."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.identity.contacts import GivenContact
from api.parameters import SOUND_TEXT
from serving.identity.logins.account import TokensGiven
from serving.identity.logins.issuer import LIFETIME
from serving.identity.logins.login import PROOF_LIFETIME
from serving.identity.logins.otp import Purpose, SentCode
from serving.identity.logins.otp_limits import COOLDOWN

EXAMPLE_REQUEST_ID = "019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b"
_ACCESS, _REFRESH = "eyJhbGciOiJFUzI1NiJ9…", "aut_rt_…"
_TOKENS = {
    "access_token": _ACCESS,
    "token_type": "Bearer",
    "expires_in": 600,
    "refresh_token": _REFRESH,
}
SecretText = Annotated[str, Field(min_length=1, max_length=400), SOUND_TEXT]


def _examples(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples)}, extra="forbid")


class CodeRequest(GivenContact):
    """The contact that gets a code, and the purpose of the code."""

    model_config = _examples(
        {"phone": "0300 1234567", "purpose": "login"}, {"email": "ali@example.pk", "purpose": "contact"}
    )

    purpose: Purpose = Field(default=Purpose.LOGIN, description="What the code is good for.")
    language: Literal["en", "ur"] = Field(default="en", description="Language of the message.")


class CodeSent(BaseModel):
    """A code is on its way."""

    model_config = _examples({"request_id": EXAMPLE_REQUEST_ID, "expires_in": 300, "resend_in": 60})

    request_id: UUID = Field(description="Send it with the code.")
    expires_in: int = Field(description="Seconds for which the code is good.")
    resend_in: int = Field(description="Seconds until another code may be asked for.")

    @classmethod
    def of(cls, sent: SentCode, now: datetime) -> Self:
        """Describe a code that was sent, without its digits."""
        expires = int((sent.expires_at - now).total_seconds())
        return cls(request_id=sent.request_id, expires_in=expires, resend_in=int(COOLDOWN.total_seconds()))


class CodeVerify(BaseModel):
    """A code as it was typed."""

    model_config = _examples({"request_id": EXAMPLE_REQUEST_ID, "code": "123456", "purpose": "login"})

    request_id: UUID = Field(description="That of the answer to the request for the code.")
    code: Annotated[str, Field(min_length=1, max_length=20), SOUND_TEXT] = Field(
        description="The digits; blanks, a dash and Urdu digits are understood."
    )
    purpose: Purpose = Field(default=Purpose.LOGIN, description="As in the request for the code.")
    language: Literal["en", "ur"] | None = Field(
        default=None, description="The person's language, for messages from now on; null leaves it as it is."
    )


class Tokens(BaseModel):
    """Tokens of a session."""

    model_config = _examples(_TOKENS)

    access_token: str = Field(description="Send it as `Authorization: Bearer …`.")
    token_type: Literal["Bearer"] = Field(description="Always Bearer.")
    expires_in: int = Field(description="Seconds for which the access token is good.")
    refresh_token: str = Field(description="Exchange it for new tokens; each is good once.")

    @classmethod
    def of(cls, given: TokensGiven) -> Self:
        """Answer with the tokens of a session."""
        seconds = int(LIFETIME.total_seconds())
        return cls(
            access_token=given.access_token,
            token_type="Bearer",  # noqa: S106  (the name of a kind)
            expires_in=seconds,
            refresh_token=given.refresh_token,
        )


class CodeVerified(BaseModel):
    """Tokens for `login`, a proof for `contact`."""

    model_config = _examples(
        {"purpose": "login", **_TOKENS, "proof": None},
        {"purpose": "contact", **dict.fromkeys(_TOKENS), "expires_in": 900, "proof": "eyJhbGciOiJIUzI1NiJ9…"},
    )

    purpose: Purpose = Field(description="What the code was good for.")
    access_token: str | None = Field(description="Send it as `Authorization: Bearer …`.")
    token_type: Literal["Bearer"] | None = Field(description="Bearer, with an access token.")
    expires_in: int = Field(description="Seconds for which the access token or the proof is good.")
    refresh_token: str | None = Field(description="Exchange it for new tokens; each is good once.")
    proof: str | None = Field(description="Says that this device holds the contact: for one use.")

    @classmethod
    def logged_in(cls, given: TokensGiven) -> Self:
        """Answer with the tokens of a new session."""
        return cls(purpose=Purpose.LOGIN, proof=None, **Tokens.of(given).model_dump())

    @classmethod
    def proven(cls, proof: str | None) -> Self:
        """Answer with a proof."""
        seconds = int(PROOF_LIFETIME.total_seconds())
        return cls(
            purpose=Purpose.CONTACT,
            access_token=None,
            token_type=None,
            expires_in=seconds,
            refresh_token=None,
            proof=proof,
        )


class RefreshRequest(BaseModel):
    """A refresh token."""

    model_config = _examples({"refresh_token": _REFRESH})

    refresh_token: SecretText = Field(description="The one of the last answer.")


class LogoutRequest(BaseModel):
    """The refresh token of the session to end; without it, that of the access token ends."""

    model_config = _examples({"refresh_token": _REFRESH})

    refresh_token: SecretText | None = Field(default=None, description="For clients whose access token has expired.")


class JsonWebKeys(BaseModel):
    """A set of public keys."""

    model_config = _examples(
        {"keys": [{"kty": "EC", "crv": "P-256", "x": "…", "y": "…", "kid": "…", "alg": "ES256", "use": "sig"}]}
    )

    keys: list[dict[str, Any]] = Field(description="The newest first.")
