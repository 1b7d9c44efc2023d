"""Identify the code that made a model: a digest of the sources of this package and of the frame that it reads."""

from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

_READ_BY_THE_MODEL = ("listing_frame.py", "vocabulary.py")
"""Modules of `core` whose constants and schema decide which values a model sees."""


@cache
def code_digest() -> str:
    """Return twelve hex digits that change whenever a source file of the price model or of its frame does."""
    return digest_of(Path(str(files("models.price_bands"))), Path(str(files("core"))))


def digest_of(package: Path, core: Path) -> str:
    """Digest all Python sources below `package` and the two of `core` that the model reads, by path and content."""
    digest = sha256()
    sources = {str(path.relative_to(package)): path for path in package.rglob("*.py")}
    sources |= {f"core/{name}": core / name for name in _READ_BY_THE_MODEL}
    for name, path in sorted(sources.items()):
        digest.update(name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()[:12]
