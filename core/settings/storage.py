"""Settings of object storage."""

from pydantic import Field

from core.settings.part import SettingsPart


class StorageSettings(SettingsPart):
    """Settings of object storage."""

    storage_url: str | None = Field(
        default=None,
        description="Object storage as s3://bucket/prefix, gs:// or az://; unset: the folder home/storage.",
    )
