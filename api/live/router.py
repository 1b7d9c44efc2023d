"""The router of the live operations."""

from api.contract.documented import problems
from api.live.problems import PROBLEMS
from api.routing import DomainRouter
from api.rules import LOGIN

router = DomainRouter(prefix="/v1", tags=["live"], access=LOGIN, responses=problems(*PROBLEMS))
