"""The router of the domain; each module adds its operations, and every one of them declares its access."""

from api.routing import DomainRouter

router = DomainRouter(tags=["notifications"])
