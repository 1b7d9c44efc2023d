"""Anchors of the chain in object storage: what they say, under which key, and how they are written once.

An anchor states the chain's digest at a number. Storage that keeps objects from being overwritten and deleted (object
lock) makes it a witness that no login of the database can change. Everything in an anchor follows from the chain
alone, so the same anchor written again, by a process that was killed in between, has the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Literal

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.audit.errors import AnchorConflictError
from core.db.tables.audit import AuditAnchor
from core.storage import ObjectNotFoundError, Storage

Kind = Literal["head", "segment", "retained", "resumed"]
PREFIX: Final = "audit"
_KEY: Final = re.compile(r"audit/(head|segment|retained|resumed)/([0-9]{15})\.json")


@dataclass(frozen=True, order=True)
class AnchorName:
    """The name of an anchor: the number up to which it speaks, and its kind."""

    number: int
    kind: str

    @property
    def key(self) -> str:
        """The key of its object."""
        return f"{PREFIX}/{self.kind}/{self.number:015d}.json"

    @classmethod
    def parse(cls, key: str) -> AnchorName | None:
        """Return the name that a key spells; None where it is none of an anchor."""
        found = _KEY.fullmatch(key)
        return None if found is None else cls(int(found[2]), found[1])


@dataclass(frozen=True)
class Anchor:
    """An anchor as it stands in storage: `digest` is the chain's at its number, `content` everything that it says."""

    name: AnchorName
    digest: bytes
    content: Mapping[str, Any]
    content_digest: bytes


class UnreadableAnchorError(ValueError):
    """The object in storage is not a readable anchor."""


def write_anchor(session: Session, storage: Storage, kind: Kind, number: int, content: Mapping[str, Any]) -> AnchorName:
    """Write an anchor once, and note it in the database; the caller commits.

    Raises:
        AnchorConflictError: another one stands under its key.
    """
    name = AnchorName(number, kind)
    data = json.dumps({"kind": kind, "number": number, **content}, sort_keys=True, separators=(",", ":")).encode()
    if not storage.create(name.key, data) and storage.get(name.key) != data:
        raise AnchorConflictError(name.key)
    row = {"kind": kind, "number": number, "content_digest": sha256(data).digest()}
    session.execute(insert(AuditAnchor).values(row).on_conflict_do_nothing())
    return name


def read_anchor(storage: Storage, name: AnchorName) -> Anchor | None:
    """Read an anchor; None where its object is missing.

    Raises:
        UnreadableAnchorError: the object is none of ours.
    """
    try:
        data = storage.get(name.key)
    except ObjectNotFoundError:
        return None
    try:
        content = json.loads(data)
        if (content["kind"], content["number"]) != (name.kind, name.number):
            raise UnreadableAnchorError
        return Anchor(name, bytes.fromhex(content["digest"]), content, sha256(data).digest())
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableAnchorError from error


def content_digest(storage: Storage, key: str) -> bytes | None:
    """Return the digest of an object's bytes, whatever they are; None where it is missing."""
    try:
        return sha256(storage.get(key)).digest()
    except ObjectNotFoundError:
        return None


def listed_anchors(storage: Storage) -> tuple[list[AnchorName], list[str]]:
    """Return the anchors that stand in storage, in order, and keys there that no anchor has."""
    names, strange = [], []
    for key in storage.keys(PREFIX):
        name = AnchorName.parse(key)
        if name is None:
            strange.append(key)
        else:
            names.append(name)
    return sorted(names), strange
