"""Settings of logs."""

from typing import Literal

from pydantic import Field

from core.settings.part import SettingsPart


class ObservabilitySettings(SettingsPart):
    """Settings of logs."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="The least grave log lines that are written."
    )
    log_format: Literal["text", "json"] = Field(default="text", description="Log lines for people, or for a log store.")
