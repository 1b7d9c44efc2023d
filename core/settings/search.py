"""Settings of the search index and its engine."""

from pydantic import Field, SecretStr

from core.settings.part import SettingsPart


class SearchSettings(SettingsPart):
    """Settings of the search index and its engine."""

    meili_url: str | None = Field(
        default=None,
        description="Meilisearch address; unset: embedded tantivy index under home.",
    )
    meili_key: SecretStr | None = Field(default=None, description="Meilisearch API key; not the master key.")
    meili_index: str = Field(
        default="listings",
        pattern=r"^[a-zA-Z0-9_-]{1,300}$",
        description="Name that our indexes there begin with; environments on one server need different ones.",
    )
    meili_task_seconds: float = Field(
        default=600, gt=0, description="The longest that a sync waits for one of Meilisearch's tasks."
    )
    meili_search_key: SecretStr | None = Field(
        default=None, description="A key that may search only: tokens for apps are signed with it."
    )
    meili_search_key_uid: str | None = Field(default=None, description="The uid (UUID) of that key.")
    search_max_shrink_percent: float = Field(
        default=20, ge=0, le=100, description="Most of the present index's listings that a new one may lack, percent."
    )
    search_keep_events_days: int = Field(
        default=7, ge=1, description="How long changes that every index has seen stay in the outbox."
    )
    search_popularity: bool = Field(
        default=False,
        description="Let popularity count in the order by relevance: at most as much as a week of freshness.",
    )
    search_semantic: bool = Field(
        default=False,
        description="Keep the vectors of search by meaning level with the listings; needs the extra `semantic`.",
    )
