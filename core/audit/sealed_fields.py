"""Seal personal fields of an act before it is recorded, so that erasing the person leaves the chain as it is.

The digests of the chain run over the ciphertext. Fields are sealed under the data key of their person, or of the
organisation where there is no person; that version of the key is kept for as long as the owner exists, since records
are never sealed anew.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Mapping
from typing import Any, Final

from core.personal_data.owner import Owner
from core.personal_data.sealer import Place, Sealer
from core.security.envelope import key_name_of
from core.security.sealing import CannotOpenError

SEALED: Final = "sealed"


def seal_fields(
    sealer: Sealer, owner: Owner, subject: str, fields: Mapping[str, Any], personal: Collection[str]
) -> dict[str, Any]:
    """Return the fields of an act on `subject` (`<kind>:<id>`), the personal ones as {"sealed": base64}.

    Raises:
        OwnerGoneError: the owner was erased.
    """
    found = dict(fields)
    for name in personal:
        if found.get(name) is not None:
            sealed = sealer.seal(owner, json.dumps(found[name], ensure_ascii=False), _place(subject, name))
            key = key_name_of(sealed)
            if key is not None:
                sealer.data_keys.mark_in_trail(key)
            found[name] = {SEALED: base64.b64encode(sealed).decode()}
    return found


def open_fields(sealer: Sealer, subject: str, fields: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the fields of a record with the sealed ones opened; those of an erased owner stay as they are."""
    if fields is None:
        return None
    return {name: _opened(sealer, _place(subject, name), value) for name, value in fields.items()}


def is_sealed(value: Any) -> bool:
    """Tell whether a field of a record is sealed."""
    return isinstance(value, dict) and value.keys() == {SEALED}


def _opened(sealer: Sealer, place: Place, value: Any) -> Any:
    if not is_sealed(value):
        return value
    try:
        return json.loads(sealer.open(base64.b64decode(value[SEALED]), place))
    except (CannotOpenError, ValueError):
        return value


def _place(subject: str, field: str) -> Place:
    return Place("audit_records", field, subject)
