"""`automart search meilisearch-keys`: make the keys with which the platform and apps use Meilisearch."""

import sys
from dataclasses import asdict

import typer

from cli.options import Json
from cli.output import explain_errors, print_json
from core.errors import InvalidInputError
from core.settings import load_settings


@explain_errors
def meilisearch_keys_command(as_json: Json = False) -> None:
    """Make the platform's Meilisearch key and the one of apps from the master key, which is read from stdin.

    The server is the one at MEILI_URL; both keys are limited to the indexes MEILI_INDEX*. Prints the lines for `.env`.
    Run again, it prints the same keys. The master key is kept nowhere.

    Example: printenv MASTER | automart search meilisearch-keys >> meilisearch.env
    """
    from core.search.meilisearch.key_making import make_keys  # loads the client

    settings = load_settings()
    if settings.meili_url is None:
        raise InvalidInputError(
            "MEILI_URL is not set: set it to the address of the Meilisearch server.", code="meilisearch_not_configured"
        )
    master_key = "" if sys.stdin.isatty() else sys.stdin.buffer.read().decode(errors="replace").strip()
    if not master_key or not master_key.isascii() or not master_key.isprintable():
        raise InvalidInputError(
            "There is no master key on stdin: `printenv MASTER | automart search meilisearch-keys`.",
            code="master_key_missing",
        )
    keys = make_keys(settings.meili_url, master_key, settings.meili_index)
    if as_json:
        print_json(asdict(keys))
        return
    typer.echo(f"MEILI_KEY={keys.platform}\nMEILI_SEARCH_KEY={keys.apps}\nMEILI_SEARCH_KEY_UID={keys.apps_uid}")
    typer.echo(f"{keys.made} of 2 keys are new; the others were there already.", err=True)
