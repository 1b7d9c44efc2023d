"""A booster asked for one row through LightGBM's C interface: its Python one costs ten times what the trees cost."""

import ctypes
import weakref
from pathlib import Path
from typing import Any

import lightgbm

_NORMAL, _FLOAT64, _ALL_ROUNDS = 0, 1, -1
_PARAMETERS = b"num_threads=1 verbosity=-1"


class QuickTrees:
    """A loaded booster and the row that it is asked about. Not for two threads at once: the row is one."""

    def __init__(self, text: str) -> None:
        self._library = _library()
        booster, config, rounds, width = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_int(), ctypes.c_int()
        self._call("LGBM_BoosterLoadModelFromString", text.encode(), ctypes.byref(rounds), ctypes.byref(booster))
        weakref.finalize(self, self._library.LGBM_BoosterFree, booster)
        self._call("LGBM_BoosterGetNumFeature", booster, ctypes.byref(width))
        self._call(
            "LGBM_BoosterPredictForMatSingleRowFastInit", booster, _NORMAL, 0, _ALL_ROUNDS, _FLOAT64, width,
            ctypes.c_char_p(_PARAMETERS), ctypes.byref(config),
        )  # fmt: skip
        weakref.finalize(self, self._library.LGBM_FastConfigFree, config)  # runs before the booster's
        self._row: Any = (ctypes.c_double * width.value)()
        self._length, self._answer = ctypes.c_int64(), ctypes.c_double()
        self._predict = self._library.LGBM_BoosterPredictForMatSingleRowFast
        self._given = config, self._row, ctypes.byref(self._length), ctypes.byref(self._answer)

    def predict(self, row: list[float]) -> float:
        """What the trees say of a row that is as wide as the training rows were."""
        self._row[:] = row
        self._check(self._predict(*self._given))
        return self._answer.value

    def _call(self, name: str, *given: Any) -> None:
        self._check(getattr(self._library, name)(*given))

    def _check(self, status: int) -> None:
        if status:
            raise RuntimeError(f"LightGBM: {self._library.LGBM_GetLastError().decode(errors='replace')}")


def _library() -> ctypes.CDLL:
    """LightGBM's own shared library; opened anew, so that what is declared here is declared for nobody else."""
    found = sorted(Path(lightgbm.__file__).parent.rglob("lib_lightgbm.*"))
    library = ctypes.CDLL(str(found[0]))
    library.LGBM_GetLastError.restype = ctypes.c_char_p
    return library
