"""The caller that stands for an operator's command: whoever may run commands on the server may do what they do."""

from core.access.permissions import Permission
from core.access.principal import Principal, ServiceIdentity
from core.db.tables import Org


def operator_of(org: Org, name: str, *permissions: Permission) -> Principal:
    """Return a caller that holds these permissions in an organisation.

    `name` names the command and the person at the keyboard in the audit trail.
    """
    scopes = frozenset(each.name for each in permissions)
    return Principal(service_account=ServiceIdentity(name, org.id, org.code, scopes, org.kind))
