"""Tell programs from people by their user agents; the words stand in `agents.toml`."""

import re
import tomllib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Literal

_FILE = Path(__file__).with_name("agents.toml")
_KEPT = 4_096
AgentMark = Literal["none", "bot", "preview"]


@lru_cache(maxsize=1)
def agent_marks() -> Callable[[str], AgentMark]:
    """Return the function that marks a user agent: `bot`, `preview` or `none`. Those seen lately are remembered."""
    words = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    bot, preview = (re.compile("|".join(words[name])) for name in ("bot", "preview"))

    @lru_cache(maxsize=_KEPT)
    def mark(agent: str) -> AgentMark:
        seen = agent.lower()
        if preview.search(seen):
            return "preview"
        return "bot" if bot.search(seen) else "none"

    return mark
