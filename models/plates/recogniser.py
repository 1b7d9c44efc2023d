"""Read a line of text, to tell what kind of text it is. What it reads is never stored; tests prove with it that covered
plates cannot be read."""

from typing import Any

import cv2
import numpy as np

from models.plates.text_detector import Pixels
from models.plates.weights import RECOGNISER, open_onnx

_HEIGHT, _MOST_WIDE = 48, 640


class TextRecogniser:
    """The recogniser PP-OCRv4, opened once and used for many lines."""

    def __init__(self, threads: int = 1) -> None:
        self._session = open_onnx(RECOGNISER, threads)
        listed = self._session.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._letters = ["", *listed, " "]

    def read(self, pixels: Pixels) -> str:
        """Read the text of an RGB picture of one line."""
        height, width = pixels.shape[:2]
        wide = max(_HEIGHT, min(_MOST_WIDE, round(width * _HEIGHT / height)))
        sized = cv2.resize(np.ascontiguousarray(pixels[:, :, ::-1]), (wide, _HEIGHT)).astype(np.float32)
        given = (sized / 127.5 - 1.0).transpose(2, 0, 1)[None]
        answer: Any = self._session.run(None, {self._session.get_inputs()[0].name: given})[0]
        best = answer[0].argmax(1)
        kept = [each for at, each in enumerate(best) if each and (at == 0 or each != best[at - 1])]
        return "".join(self._letters[each] for each in kept if each < len(self._letters))
