"""Settings of live push."""

from pydantic import Field

from core.settings.part import SettingsPart


class LiveSettings(SettingsPart):
    """Settings of live push."""

    live_connections: int = Field(
        default=2000, ge=1, description="The most live connections that one API process holds; more are refused."
    )
    live_heartbeat_seconds: float = Field(
        default=15, gt=0, le=60, description="Pause after which a live connection without events is told it goes on."
    )
