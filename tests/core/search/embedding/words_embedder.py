"""An embedder that needs no model: a text's vector counts its words, each in a place of its own by hash."""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from core.search.embedding.embedder import Matrix
from core.search.words.folding import words


class WordsEmbedder:
    dimensions = 128

    def __init__(self, name: str = "words") -> None:
        self.name = name
        self.embedded: list[str] = []

    def embed(self, texts: Sequence[str]) -> Matrix:
        self.embedded += texts
        made = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in words(text):
                made[row, int.from_bytes(blake2b(word.encode(), digest_size=4).digest()) % self.dimensions] += 1
        return made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-9)
