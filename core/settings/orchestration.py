"""Settings of the Dagster UI."""

from pydantic import Field

from core.settings.part import SettingsPart


class OrchestrationSettings(SettingsPart):
    """Settings of the Dagster UI."""

    dagster_host: str = Field(
        default="127.0.0.1",
        description="Address the Dagster UI binds; it has no login, and starts runs for whoever reaches it.",
    )
    dagster_port: int = Field(default=3000, ge=1, le=65535, description="Dagster UI port.")
