"""List why a whole file is refused: every code, with its sentence and what the sender should do instead."""

from dataclasses import dataclass
from typing import Final

from core.errors import RefusedFileError


@dataclass(frozen=True)
class Refusal:
    """Say what is wrong with the file and what to send instead; names in braces are filled in where it is raised."""

    problem: str
    fix: str

    @property
    def message(self) -> str:
        """One line for the sender, its facts still in braces."""
        return f"{self.problem} {self.fix}"


REFUSALS: Final[dict[str, Refusal]] = {
    # The file as it was sent
    "file_too_large": Refusal(
        "The file is larger than {limit}.", "Send the stock list alone, without photos, or packed as .gz."
    ),
    "empty_file": Refusal("The file is empty: nothing was changed.", "Send it again."),
    "not_text": Refusal("The file is not text:", "export the stock list as CSV or XML in UTF-8 and send that."),
    "spreadsheet_file": Refusal(
        "The file is an old workbook (.xls), or one with a password, or one where XML or JSON is agreed:",
        'save it as .xlsx or as "CSV UTF-8", without a password, and send that.',
    ),
    "spreadsheet_damaged": Refusal("The workbook is damaged:", "open it, save it again and send it again."),
    "spreadsheet_too_large": Refusal(
        "The workbook takes more memory or time than a stock list does:",
        'save the list alone as "CSV UTF-8" and send that.',
    ),
    # Its containers
    "archive_unsupported": Refusal("The file is packed as {kind}, which we do not open:", "send it as .zip or .gz."),
    "archive_damaged": Refusal("The .zip or .gz is damaged or was cut short:", "pack it again and send it again."),
    "archive_encrypted": Refusal("The .zip is locked with a password:", "send it without one."),
    "archive_bomb": Refusal(
        "The file unpacks to more than {limit} times its size, which no stock list does:",
        "send the stock list unpacked.",
    ),
    "unpacked_too_large": Refusal("Unpacked, the file is larger than {limit}.", "Send the stock list without photos."),
    "archive_too_many_files": Refusal("The .zip holds more than {limit} files.", "Pack the stock list alone."),
    "archive_nested": Refusal(
        "The file is packed more than {limit} times over:", "pack the stock list once, as .zip or .gz."
    ),
    "archive_unsafe_path": Refusal(
        "The .zip names a file outside its own folder (an absolute path or '..'):",
        "pack the stock list again from within its folder.",
    ),
    "archive_link": Refusal("The .zip holds a link to another file:", "pack the stock list itself."),
    "archive_without_list": Refusal("The .zip holds no stock list, at most photos:", "add the list and send it again."),
    "archive_of_several": Refusal(
        "The .zip holds more than {limit} stock lists, or several in a file that is packed once more:",
        "send fewer lists in one .zip.",
    ),
    # Its content
    "missing_columns": Refusal(
        "The file lacks columns that the mapping needs.", "Add them, or choose another mapping."
    ),
    "no_rows": Refusal("The file has no cars: nothing was changed.", "Send it again with the stock."),
    "mostly_gone": Refusal(
        "{cars} would be taken off by no more than the header of {column}, so nothing was changed:",
        "if it means something else, take it out of `availability` in the mapping; if they are gone, leave them out,"
        " write 'sold' in a column of their state, or say `mostly_gone = true` in the mapping.",
    ),
    "mostly_unreadable": Refusal(
        "More than {limit} records of the file are empty or cannot be read:",
        "look at the export, correct it and send the stock list again.",
    ),
    "xml_with_dtd": Refusal(
        "The XML has a document type (DTD), which we do not read:", "send it without the DOCTYPE line."
    ),
    "malformed_xml": Refusal("The file is not well-formed XML ({reason}):", "correct the export and send it again."),
    "malformed_json": Refusal("The file is not valid JSON ({reason}):", "correct the export and send it again."),
    # Its rows, judged together before they are published
    "broken_rules": Refusal(
        "Rows of the file break rules that every listing keeps ({rules}), so nothing of it was applied:",
        "correct these rows and send the file again; if they are right, tell us.",
    ),
}


def refusal(code: str, **facts: str) -> RefusedFileError:
    """Return the error to raise for a code of the table."""
    return RefusedFileError(REFUSALS[code].message.format(**facts), code=code)
