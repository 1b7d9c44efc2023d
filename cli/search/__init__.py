"""`automart search`: search the listings as a visitor would, and look after the index."""

import typer

from cli.lazy import lazy_group

_COMMANDS = {
    "query": (
        "cli.search.query:query_command",
        "Find cars as an anonymous visitor would: live, public, on automart.pk.",
    ),
    "sync": (
        "cli.search.index:sync_command",
        "Send what changed since the last sync to the index; build the index where it is missing or was lost.",
    ),
    "rebuild": (
        "cli.search.index:rebuild_command",
        "Build a new index from the database, check it, and swap it in; the old one answers until then.",
    ),
    "rollback": (
        "cli.search.index:rollback_command",
        "Let the index before the last rebuild answer again, and send it the changes since. A second call undoes it.",
    ),
    "status": (
        "cli.search.index:status_command",
        "Compare the index with the database: how many listings each holds, and how many changes are still to come.",
    ),
    "embed": (
        "cli.search.index:embed_command",
        "Compute the vectors of search by meaning (mode=hybrid); needs the extra `semantic`.",
    ),
    "unread-words": (
        "cli.search.unread:unread_words_command",
        "List the words of shoppers' searches that were not understood, so that the lexicon can be taught them.",
    ),
    "meilisearch-keys": (
        "cli.search.meilisearch_keys:meilisearch_keys_command",
        "Make the platform's Meilisearch key and the one of apps from the master key, which is read from stdin.",
    ),
    "token": (
        "cli.search.app_token:token_command",
        "Sign a token with which an app may search Meilisearch directly, and see what this dealer (or a visitor) may "
        "see.",
    ),
}

app = typer.Typer(
    cls=lazy_group(_COMMANDS),
    help="Search the listings as a visitor of automart.pk would, and look after the index.\n\n"
    'Example: automart search query "corola 2018" --city Lahore --sort price_asc',
    no_args_is_help=True,
)


@app.callback()
def search() -> None:
    """Search the listings."""
