"""The sealed columns of webhook endpoints, under the organisation's key: secrets, keys, the partner's own headers."""

from typing import Final

from core.personal_data.sealed_column import SealedColumn

SECRET: Final = SealedColumn("webhook_endpoints", "secret", "org", "org_id")
OLD_SECRET: Final = SealedColumn("webhook_endpoints", "old_secret", "org", "org_id")
SIGNING_KEY: Final = SealedColumn("webhook_endpoints", "signing_key", "org", "org_id")
HEADERS: Final = SealedColumn("webhook_endpoints", "headers", "org", "org_id")
