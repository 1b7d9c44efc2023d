"""`automart pii columns`."""

from cli.options import Json
from cli.output import explain_errors, print_json
from cli.tables import print_table
from core.declarations import gather_declarations


@explain_errors
def columns_command(as_json: Json = False) -> None:
    """List the columns that hold personal data, by the domain that declares them.

    Example: automart pii columns --json
    """
    rows = [
        (domain, f"{column.table}.{column.column}", column.holds, column.kept, column.about)
        for domain, each in gather_declarations().items()
        for column in each.personal_columns
    ]
    names = ("domain", "column", "holds", "kept", "about")
    if as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    print_table(names, rows)
