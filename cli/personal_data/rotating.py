"""`automart pii rotate`."""

from functools import partial
from typing import Annotated

import typer

from cli.acts import record_on
from cli.options import Json
from cli.output import explain_errors, print_json
from core.clock import utc_now
from core.db.session import transaction
from core.platform import open_platform
from core.security.platform_keys import open_keys
from pipelines.personal_data.reseal import reseal
from pipelines.personal_data.rotate import forget_master_key, rotate_keys


@explain_errors
def rotate_command(
    forget: Annotated[
        str | None,
        typer.Option(
            help="Instead: take this old master key out of the keys. Dumps of its time become unreadable for personal"
            " data; a key that is in use is refused."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Rotate the master key and all data keys.

    Reading and writing go on meanwhile. Killed in the middle, it goes on when it is run again. With SEALING_KEYS given,
    make a new key active there first, and restart every process. Example: automart pii rotate
    """
    with open_platform() as platform:
        keys, begin = open_keys(platform.settings), partial(transaction, platform.sessions)
        if forget is not None:
            forget_master_key(begin, keys, forget)
            with begin() as session:
                record_on(session, "personal_data.forget_key", ("master_key", forget), None, {})
            typer.echo(f"The master key {forget} is gone.")
            return
        rotated = rotate_keys(begin, keys, utc_now())
        sealed = reseal(begin, keys)
        with begin() as session:
            facts = {"data_keys": rotated.rotated, "resealed": sealed.resealed}
            record_on(session, "personal_data.rotate_keys", ("master_key", rotated.master_key), None, facts)
    if as_json:
        print_json(
            {
                "master_key": rotated.master_key,
                "resumed": rotated.resumed,
                "data_keys": rotated.rotated,
                "resealed": sealed.resealed,
                "unreadable": sealed.unreadable,
            }
        )
        return
    begun = "Went on with a rotation" if rotated.resumed else "Rotated"
    typer.echo(
        f"{begun}: master key {rotated.master_key}, data keys {rotated.rotated}, values sealed anew {sealed.resealed},"
        f" unreadable {sealed.unreadable}."
    )
