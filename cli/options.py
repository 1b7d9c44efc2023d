"""Options that several command groups share, each declared once."""

import os
import pwd
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one line of JSON on stdout, for scripts.")]
By = Annotated[str | None, typer.Option("--by", help="Who decides this; default: the user of this machine.")]
DealerCode = Annotated[str, typer.Argument(metavar="DEALER", help="Code of the dealer; see `automart dealers list`.")]


def actor(by: str | None) -> str:
    """Name who decides: the name given, else the user that runs this process."""
    if by:
        return by
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run as a user without a name
        return f"uid {os.getuid()}"
