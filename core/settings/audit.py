"""Settings of the audit trail."""

from pydantic import Field

from core.settings.part import SettingsPart


class AuditSettings(SettingsPart):
    """The time that audit records are kept."""

    audit_retention_days: int | None = Field(
        default=None, ge=30, description="Audit records that are older are dropped, by whole days; unset: never."
    )
