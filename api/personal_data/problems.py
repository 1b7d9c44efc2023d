"""Problems of the operations on a person's own data."""

from core.errors import AutomartError
from core.storage.errors import StorageUnavailableError
from serving.identity.errors import LastAdminError, PeopleOnlyError
from serving.identity.operators import UnknownPersonError
from serving.personal_data.errors import FreshLoginNeededError

EXPORT: tuple[AutomartError, ...] = (PeopleOnlyError(),)
ERASE: tuple[AutomartError, ...] = (
    PeopleOnlyError(),
    FreshLoginNeededError(),
    LastAdminError(),
    UnknownPersonError(),
    StorageUnavailableError(),
)
PROBLEMS = (*EXPORT, *ERASE)
