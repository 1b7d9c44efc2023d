"""The router of the operations on a dealer's feed."""

from api.routing import DomainRouter
from serving.feeds.declarations import UPLOAD_FEEDS

router = DomainRouter(prefix="/v1/feeds/{dealer}", tags=["feeds"], access=UPLOAD_FEEDS)
"""A caller that may deliver may read its deliveries; operations that decide ask for more, each by itself."""
