"""The landing folder, seen from outside: whether anything new may stand in it."""

from hashlib import blake2b
from pathlib import Path


def inbox_fingerprint(inbox: Path) -> str:
    """A digest of names, sizes and times of all files in the inbox; empty when there is none.

    It reads no file: a sensor asks every few seconds. Equal fingerprints mean that nothing landed in between.
    """
    digest = blake2b(digest_size=16)
    paths = sorted(path for path in inbox.rglob("*") if path.is_file()) if inbox.is_dir() else []
    for path in paths:
        facts = path.stat()
        digest.update(
            f"{path.relative_to(inbox)}\0{facts.st_size}\0{facts.st_mtime_ns}\0".encode(errors="surrogateescape")
        )
    return digest.hexdigest() if paths else ""
