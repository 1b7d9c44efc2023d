"""The addresses that feed files may be pulled from, as the settings state."""

from core.egress.addresses import EgressRules, host_names
from core.settings import Settings


def pull_rules(settings: Settings) -> EgressRules:
    """Make the rules of this installation: HTTPS and SFTP to public addresses, and the exceptions of the settings."""
    hosts = host_names(settings.feed_pull_allow_hosts) | host_names(settings.outbound_allow_hosts)
    schemes = ("https", "sftp", "http") if settings.feed_pull_allow_http else ("https", "sftp")
    return EgressRules(hosts, schemes, settings.feed_pull_ca_file)
