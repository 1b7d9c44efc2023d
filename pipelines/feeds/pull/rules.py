"""The addresses that feed files may be pulled from, as the settings state."""

from dataclasses import replace

from core.egress.addresses import EgressRules, host_names
from core.egress.installation import installation_rules
from core.settings import Settings


def pull_rules(settings: Settings) -> EgressRules:
    """Make the rules of this installation: HTTPS, SFTP and FTPS to public addresses, and the settings' exceptions."""
    rules = installation_rules(settings)
    hosts = rules.private_hosts | host_names(settings.feed_pull_allow_hosts)
    schemes = ("https", "sftp", "ftps", "ftpes", *(["http"] if settings.feed_pull_allow_http else []))
    return replace(rules, private_hosts=hosts, schemes=schemes, ca_file=settings.feed_pull_ca_file)
