"""Say in two languages what a dealer should look at in a file of which no row was rejected for it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

_MOST_KEYS: Final = 10
"""Stock numbers that a sentence lists."""
UNSEALED: Final = "chassis_unsealed"
_SENTENCES: Final = {
    "chassis_repeated": {
        "en": "{keys} have one chassis number. If they are one car, take one of them off; else correct the number.",
        "ur": "{keys} کا چیسس نمبر ایک ہی ہے۔ اگر یہ ایک ہی گاڑی ہے تو ایک اندراج ہٹا دیں؛ ورنہ نمبر درست کریں۔",
    },
    "chassis_unsealed": {
        "en": "The cars are listed, but their chassis numbers could not be kept, for want of keys of ours. Once we have"
        " them, send the file again: it need not be changed.",
        "ur": "گاڑیاں شائع ہو گئیں، مگر ہماری طرف سے کلیدیں نہ ہونے کے باعث چیسس نمبر محفوظ نہیں ہوئے۔"
        " بعد میں یہی فائل دوبارہ بھیجیں، تبدیلی ضروری نہیں۔",
    },
    "chassis_of_many": {
        "en": "{cars} cars have one chassis number, which is not used: {keys}. Give each car its own, or none.",
        "ur": "{cars} گاڑیوں کا چیسس نمبر ایک ہی ہے، اس لیے وہ استعمال نہیں ہوا: {keys}۔"
        " ہر گاڑی کا اپنا نمبر دیں یا خانہ خالی چھوڑیں۔",
    },
}  # fmt: skip


@dataclass(frozen=True)
class FileWarning:
    """A warning about cars of a file: its code, some of their stock numbers, and how many they are."""

    code: str
    source_keys: tuple[str, ...]
    cars: int

    @classmethod
    def about(cls, code: str, source_keys: Sequence[str]) -> Self:
        """Make a warning about these cars."""
        return cls(code, tuple(source_keys[:_MOST_KEYS]), len(source_keys))

    def sentence(self, language: str = "en") -> str:
        """Say it in English (`en`) or Urdu (`ur`)."""
        more = "" if self.cars == len(self.source_keys) else ", …"
        keys = ("، " if language == "ur" else ", ").join(self.source_keys) + more
        return _SENTENCES[self.code][language].format(keys=keys, cars=f"{self.cars:,}")

    def as_json(self) -> dict[str, Any]:
        """Return it as the database keeps it."""
        return {"code": self.code, "source_keys": list(self.source_keys), "cars": self.cars}


def warnings_of(stored: Iterable[Mapping[str, Any]]) -> tuple[FileWarning, ...]:
    """Read stored warnings; those of codes that are no longer known are left out."""
    return tuple(
        FileWarning(each["code"], tuple(each["source_keys"]), each["cars"])
        for each in stored
        if each["code"] in _SENTENCES
    )
