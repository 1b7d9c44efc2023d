"""The audit trail."""

from pydantic import Field

from core.settings.part import SettingsPart


class AuditSettings(SettingsPart):
    """The audit trail."""

    audit_retention_days: int | None = Field(
        default=None, ge=30, description="Audit records that are older are dropped, by whole days; unset: never."
    )
