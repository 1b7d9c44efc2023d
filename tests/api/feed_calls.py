"""Calls of the operations on a dealer's feed, each with what it needs."""

from collections.abc import Callable

import httpx

from core.db.session import transaction
from core.identity.orgs import get_org
from tests.api.audited_setting import Setting
from tests.api.test_matrix import OWN

Call = Callable[[Setting], httpx.Response]
_FEED, _PATH = "/v1/feeds/{dealer}", f"/v1/feeds/{OWN}"
_MAPPING = f"{_FEED}/mappings/{{name}}"
_STOCK = b"Stock No,Make,Model,Year,Demand\nK1,Toyota,Corolla,2018,45 lacs\n"


def _ready(setting: Setting) -> Setting:
    with transaction(setting.sessions) as session:
        get_org(session, OWN).default_mapping = "showroom"
    return setting


def _decide(decision: str) -> Call:
    def call(setting: Setting) -> httpx.Response:
        headers = _ready(setting).admin.headers
        file_id = setting.client.put(f"{_PATH}/files", content=_STOCK, headers=headers).json()["file_id"]
        return setting.client.post(f"{_PATH}/files/{file_id}/{decision}", headers=headers)

    return call


def _preview(setting: Setting) -> httpx.Response:
    headers = _ready(setting).admin.headers
    return setting.client.post(f"{_PATH}/preview", content=_STOCK, headers=headers)


def _add_source(setting: Setting) -> httpx.Response:
    return _ready(setting).call(f"POST {_FEED}/sources", path=f"{_PATH}/sources")


def _remove_source(setting: Setting) -> httpx.Response:
    source_id = _add_source(setting).json()["source_id"]
    return setting.client.delete(f"{_PATH}/sources/{source_id}", headers=setting.admin.headers)


FEED_CALLS: dict[str, Call] = {
    **{f"POST {_FEED}/files/{{file_id}}/{each}": _decide(each) for each in ("replay", "approve", "undo")},
    f"POST {_FEED}/preview": _preview,
    f"PUT {_FEED}/mappings/{{name}}": lambda s: s.call(
        f"PUT {_FEED}/mappings/{{name}}", path=f"{_PATH}/mappings/sheet"
    ),
    f"POST {_FEED}/sources": _add_source,
    f"DELETE {_FEED}/sources/{{source_id}}": _remove_source,
}
