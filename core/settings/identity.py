"""Settings of logins: an outside issuer, and one-time codes."""

from pydantic import Field

from core.settings.part import SettingsPart


class IdentitySettings(SettingsPart):
    """Settings of logins: an outside issuer, and one-time codes."""

    oidc_issuer: str | None = Field(
        default=None, description="Login service (OpenID Connect) in place of the platform's own."
    )
    oidc_audience: str = Field(default="automart-api", description="Values of `aud` that are accepted, by commas.")
    oidc_clients: str = Field(default="", description="Values of `azp` that are accepted without `aud`, by commas.")
    oidc_algorithms: str = Field(
        default="RS256,ES256", description="Signature algorithms that are accepted, by commas; asymmetric ones alone."
    )
    otp_countries: str = Field(
        default="PK", description="Countries, by commas, to whose phones one-time codes are sent: PK,AE,GB."
    )
