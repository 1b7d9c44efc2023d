"""`automart reference`: print the tables of permissions, limits, personal data, events and loops, as Markdown.

They are made of what the domains declare; `make reference` writes them to docs/reference.md, and a test compares.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:  # the command alone imports what it prints
    from datetime import timedelta

    from core.declarations import Declarations

    Declared = Mapping[str, Declarations]


def reference_command() -> None:
    """Print what the domains declare: permissions, rate limits, personal data, events, loops.

    Example: automart reference
    """
    typer.echo(reference(), nl=False)


def reference() -> str:
    """Return the tables as one Markdown document."""
    from core.declarations import gather_declarations

    declared = gather_declarations()
    sections = (
        _operations(),
        _permissions(declared),
        _rate_limits(declared),
        _personal(declared),
        _events(declared),
        _erasers(declared),
        _retention(declared),
        _after_restore(declared),
        _loops(),
    )
    head = (
        "# Reference\n\nMade of what the domains declare in their own folders, by `make reference`; do not edit.\n\n"
        f"Domains that declare something: {', '.join(declared)}.\n"
    )
    return head + "".join(f"\n## {title}\n\n{text}" for title, text in sections)


def _operations() -> tuple[str, str]:
    from api.domains import find_domains
    from api.routing import Operation
    from api.rules import access_name

    rows = [
        (f"`{method} {route.path}`", f"`{access_name(route.rules.access)}`" if route.rules.access else "")
        for domain in find_domains()
        for route in domain.router.routes
        if isinstance(route, Operation)
        for method in sorted(route.methods or ())
    ]
    text = (
        "`public`: anybody; `login`: everybody who has logged in, for what is their own;"
        " else the permission that is asked for.\n\n"
    )
    return "Operations", text + _table(("operation", "access"), sorted(set(rows)))


def _permissions(declared: Declared) -> tuple[str, str]:
    from core.access.roles import Role

    roles = list(Role)
    rows = [
        (f"`{permission.name}`", permission.allows, *("yes" if role in permission.roles else "" for role in roles))
        for each in declared.values()
        for permission in each.permissions
    ]
    return "Permissions", _table(("permission", "with it one may", *(role.value for role in roles)), sorted(rows))


def _rate_limits(declared: Declared) -> tuple[str, str]:
    rows = [
        (f"`{limit.operation}`", f"{limit.calls} in {limit.seconds} s", ", ".join(limit.per))
        for each in declared.values()
        for limit in each.rate_limits
    ]
    return "Rate limits", _table(("operation", "at most", "for each"), sorted(rows))


def _personal(declared: Declared) -> tuple[str, str]:
    rows = [
        (f"`{column.table}.{column.column}`", column.holds, column.kept, column.about)
        for each in declared.values()
        for column in each.personal_columns
    ]
    return "Personal data", _table(("column", "holds", "kept", "about"), sorted(rows))


def _events(declared: Declared) -> tuple[str, str]:
    from core.outbox.consumers import declared_consumers

    rows = [
        (f"`{event.topic}`", f"`{event.kind}`", ", ".join(event.payload), domain)
        for domain, each in declared.items()
        for event in each.events
    ]
    partners = [
        (f"`{event.name}`", f"`{event.topic}`", event.says)
        for each in declared.values()
        for event in each.webhook_events
    ]
    consumers = [
        (f"`{consumer.name}`", ", ".join(f"`{topic}`" for topic in consumer.topics))
        for consumer in declared_consumers("pipelines")
    ]
    text = _table(("topic", "kind", "payload", "domain"), sorted(rows))
    text += "\nConsumers, for each of which trimming waits:\n\n" + _table(("consumer", "topics"), consumers)
    text += "\nWebhook events:\n\n" + _table(("event", "made of", "sent when"), sorted(partners))
    return "Events", text


def _erasers(declared: Declared) -> tuple[str, str]:
    rows = [(domain, eraser.name) for domain, each in declared.items() for eraser in each.erasers]
    return "Erasers", _table(("domain", "erases"), rows)


def _retention(declared: Declared) -> tuple[str, str]:
    rows = [
        (f"`{rule.table}`", rule.rows, _age(rule.age), f"`{rule.since}`")
        for each in declared.values()
        for rule in each.retention
    ]
    text = "The loop `retention.trim` deletes these rows once they are older; rows of other tables are kept.\n\n"
    return "How long rows are kept", text + _table(("table", "rows", "kept for", "counted from"), sorted(rows))


def _age(age: timedelta) -> str:
    hours = int(age.total_seconds() // 3600)
    return "0" if not hours else f"{hours} h" if hours < 72 else f"{age.days} days"


def _after_restore(declared: Declared) -> tuple[str, str]:
    rows = [(domain, each.name) for domain, every in declared.items() for each in every.after_restore]
    text = "What `automart audit resume` runs before it declares a restore.\n\n"
    return "After a restore", text + _table(("domain", "runs"), rows)


def _loops() -> tuple[str, str]:
    from core.work.loop import declared_loops

    rows = [
        (f"`{loop.name}`", f"{loop.pause_seconds:g}", f"{loop.lease_seconds:g}", f"{loop.longest_seconds:g}")
        for loop in declared_loops(("pipelines", "serving"))
    ]
    return "Background loops", _table(("loop", "pause s", "lease s", "longest turn s"), rows)


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [" | ".join(row) for row in rows]
    if not lines:
        return "None yet.\n"
    return "\n".join(f"| {line} |" for line in (" | ".join(names), " | ".join("---" for _ in names), *lines)) + "\n"
