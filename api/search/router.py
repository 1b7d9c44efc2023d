"""The router of the domain; each module adds its operations."""

from api.routing import DomainRouter
from api.rules import LOGIN

router = DomainRouter(tags=["search"], access=LOGIN)
