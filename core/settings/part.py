"""Base class of the settings of every domain."""

from pydantic import ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsPart(BaseSettings):
    """The settings of one domain. A field is read from the variable of its name in capitals."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _empty_means_unset(cls, value: object, info: ValidationInfo) -> object:
        """Take an empty variable for an unset one, where a setting may be unset."""
        may_be_unset = info.field_name is not None and cls.model_fields[info.field_name].default is None
        return None if value == "" and may_be_unset else value
