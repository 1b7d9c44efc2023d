"""Assemble the declarations of the search domain."""

from core.declarations import Declarations, RateLimit

DECLARATIONS = Declarations(
    rate_limits=(RateLimit("POST /v1/search/tokens", calls=20, seconds=600, per=("user",)),),
)
