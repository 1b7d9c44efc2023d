"""Command groups whose commands are imported when they are called.

A command that lists dealers must not pay for Dagster, Polars and the API, which cost seconds of CPU to import. A group
therefore names its commands with the line that its `--help` shows, and loads only the one that is asked for.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup


class LazyGroup(TyperGroup):
    """A group that loads a command at its first use; subclasses say which (see `lazy_group`)."""

    targets: ClassVar[Mapping[str, tuple[str, str]]] = {}

    def list_commands(self, ctx: Any) -> list[str]:  # the base class's signature
        """Name the commands in the order of their declaration."""
        return list(self.targets)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Load a command, or give the one that was loaded before."""
        if cmd_name in self.targets and cmd_name not in self.commands:
            self.commands[cmd_name] = _load(cmd_name, self.targets[cmd_name][0])
        return super().get_command(ctx, cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command for the words; a misspelt one is answered with the names that are close to it."""
        if args and args[0] not in self.targets:
            return self._named_only().resolve_command(ctx, args)
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help with the declared lines: nothing is loaded for it."""
        self._named_only().format_help(ctx, formatter)

    def _named_only(self) -> TyperGroup:
        """Make a group of the same kind whose commands are names and lines without a body."""
        return TyperGroup(
            name=self.name,
            help=self.help,
            params=self.params,
            rich_markup_mode=self.rich_markup_mode,
            commands={name: TyperCommand(name, callback=None, help=line) for name, (_, line) in self.targets.items()},
        )


def lazy_group(targets: Mapping[str, tuple[str, str]]) -> type[LazyGroup]:
    """Make the `cls` of a `typer.Typer`: by command name, `module:attribute` and the line for the group's help.

    The attribute is a function, or a `typer.Typer` for a group below. A test holds the lines to the commands' own help.
    """
    return type("LazyGroup", (LazyGroup,), {"targets": dict(targets)})


def _load(name: str, target: str) -> Any:
    module, attribute = target.split(":")
    loaded = getattr(import_module(module), attribute)
    if isinstance(loaded, typer.Typer):
        group = typer.main.get_group(loaded)
        group.name = name
        return group
    single = typer.Typer(add_completion=False)
    single.command(name)(loaded)
    return typer.main.get_command(single)
