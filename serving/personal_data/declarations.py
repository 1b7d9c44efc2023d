"""What the personal data domain declares, with the tables that all domains share."""

from core.declarations import Declarations, PersonalColumn, RateLimit
from serving.personal_data.shared_tables import ERASERS, EXPORTERS

DECLARATIONS = Declarations(
    rate_limits=(RateLimit("GET /v1/me/export", calls=10, seconds=3600, per=("user",)),),
    personal_columns=(
        PersonalColumn("data_keys", "owner", "a person's id, or the digest of a contact", "digest", "outside"),
        PersonalColumn("data_keys", "wrapped", "a person's data key, wrapped by a master key", "sealed", "outside"),
        PersonalColumn("erasures", "indexes", "digests of contacts, until the erasure is finished", "digest"),
        PersonalColumn("idempotent_answers", "body", "an answer to the person, kept for 48 hours", "plain"),
        PersonalColumn("rate_limit_counters", "key", "digest of a device, a user or an address", "digest", "outside"),
        PersonalColumn("rate_limit_counters", "times", "when calls came, for some minutes", "plain", "outside"),
    ),
    erasers=ERASERS,
    exporters=EXPORTERS,
    harmless_columns={
        "alembic_version": ("version_num",),
        "data_keys": ("owner_kind", "master_key"),
        "erasures": ("counts",),
        "idempotent_answers": ("operation", "key", "request_digest"),
    },
)
