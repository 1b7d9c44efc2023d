"""Settings of secret keys."""

from pydantic import Field, SecretStr

from core.settings.part import SettingsPart


class SecuritySettings(SettingsPart):
    """Settings of secret keys."""

    sealing_keys: SecretStr | None = Field(
        default=None, description="Keys that seal personal data, as JSON; unset: kept under home."
    )
    index_key: SecretStr | None = Field(default=None, description="Key of blind indexes and codes, base64 of 32 bytes.")
    signing_keys: SecretStr | None = Field(default=None, description="Keys that sign access tokens, a private JWKS.")
