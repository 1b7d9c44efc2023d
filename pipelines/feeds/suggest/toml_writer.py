"""Write a mapping as the TOML file that a person edits: fields in the order of the model, reasons as comments."""

import json

from pipelines.feeds.mapping.schema import Mapping, Source
from pipelines.feeds.suggest.suggestion import Suggestion

_PLAIN = ("version", "about", "delivery", "format", "record", "split_title", "bare_price_unit", "mileage_unit")
_FORM = ("currency", "date_order", "delimiter", "code_page", "photo_separator", "photo_base", "mostly_gone")


def mapping_toml(suggestion: Suggestion) -> str:
    """Return the text from which the mapping is loaded again; every column has its confidence and reason."""
    mapping = suggestion.mapping
    why = {choice.field: f"{choice.confidence:.2f}: {'; '.join(choice.reasons)}" for choice in suggestion.choices}
    lines = [f"# {_one_line(note)}" for note in suggestion.notes]
    default = Mapping.model_fields
    for name in (*_PLAIN, *_FORM):
        value = getattr(mapping, name)
        if value is not None and (default[name].is_required() or value != default[name].default):
            lines.append(f"{name} = {_value(value)}")
    lines.append(f"key = [{', '.join(_source(source) for source in mapping.key)}]  # {_one_line(why['key'])}")
    lines += ["", "[columns]"]
    lines += [f"{field} = {_source(source)}  # {_one_line(why[field])}" for field, source in mapping.columns.items()]
    for table in ("constants", "defaults"):
        if entries := getattr(mapping, table):
            lines += ["", f"[{table}]", *(f"{_key(name)} = {_value(text)}" for name, text in entries.items())]
    for field, words in mapping.values.items():
        lines += ["", f"[values.{field}]", *(f"{_key(word)} = {_value(text)}" for word, text in words.items())]
    if suggestion.unused:
        lines += ["", "# Not read: " + _one_line(", ".join(suggestion.unused))]
    return "\n".join(lines) + "\n"


def _source(source: Source) -> str:
    columns = _value(list(source.columns))
    if source.pattern is None and not source.every:
        return columns
    extra = [f"pattern = {_value(source.pattern)}"] if source.pattern is not None else []
    extra += ["every = true"] if source.every else []
    return "{ columns = " + columns + ", " + ", ".join(extra) + " }"


def _value(value: object) -> str:
    """Write a value as JSON, whose strings, numbers, lists and booleans are TOML's; only DEL must be escaped here."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if name.isascii() and name.replace("_", "").isalnum() else _value(name)


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)
