"""Assemble the declarations of the personal data domain, with the tables that all domains share."""

from core.declarations import AfterRestore, Declarations, PersonalColumn, RateLimit
from pipelines.personal_data.replay import replay_erasures
from serving.personal_data.shared_tables import ERASERS, EXPORTERS

DECLARATIONS = Declarations(
    rate_limits=(RateLimit("GET /v1/me/export", calls=10, seconds=3600, per=("user",)),),
    personal_columns=(
        PersonalColumn("data_keys", "owner", "a person's id, or the digest of a contact", "digest", "outside"),
        PersonalColumn("data_keys", "wrapped", "a person's data key, wrapped by a master key", "sealed", "outside"),
        PersonalColumn("erasures", "indexes", "digests of contacts, until the erasure is finished", "digest"),
        PersonalColumn("rate_limit_counters", "times", "when calls came, for some minutes", "plain", "outside"),
    ),
    erasers=ERASERS,
    exporters=EXPORTERS,
    after_restore=(AfterRestore("erasures", lambda platform: replay_erasures(platform).replayed),),
    harmless_columns={
        "alembic_version": ("version_num",),
        "data_keys": ("owner_kind", "master_key"),
        "erasures": ("counts",),
        "idempotent_answers": ("operation", "key", "request_digest"),
    },
)
