"""The rules for outbound connections that hold for every domain of an installation, as the settings state them."""

from core.egress.addresses import EgressRules, host_names
from core.egress.proxy import proxy_of
from core.settings import Settings


def installation_rules(settings: Settings) -> EgressRules:
    """Return the rules: the hosts that may be private, the API's own address, the proxy. Domains add what they reach.

    Raises:
        BadProxyError: `OUTBOUND_PROXY` names none.
    """
    return EgressRules(
        private_hosts=host_names(settings.outbound_allow_hosts),
        own_address=(settings.api_host, settings.api_port),
        proxy=proxy_of(settings),
    )
