"""Write small workbooks (.xlsx, .ods) cell by cell, as Excel and LibreOffice store them."""

import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from xml.sax.saxutils import escape

Cell = str | int | float | bool | tuple[str, str]
"""A tuple is (type, stored value): `e` for an error, `date`, `percent`, `formula` without a value (.xlsx alone)."""
Sheets = Mapping[str, Sequence[Sequence[Cell]]]
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_STYLES = {"date": 1, "percent": 2}
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:"


def _xlsx_cell(cell: Cell) -> str:
    if isinstance(cell, tuple):
        kind, value = cell
        if kind.startswith("style"):
            return f'<c s="{kind.removeprefix("style")}"><v>{value}</v></c>'
        if kind == "formula":
            return f"<c><f>{escape(value)}</f></c>"
        return f'<c t="e"><v>{value}</v></c>' if kind == "e" else f'<c s="{_STYLES[kind]}"><v>{value}</v></c>'
    if isinstance(cell, bool):
        return f'<c t="b"><v>{cell:d}</v></c>'
    if isinstance(cell, str):
        return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>' if cell else "<c/>"
    return f"<c><v>{cell!r}</v></c>"


def xlsx(
    sheets: Sheets,
    *,
    date_1904: bool = False,
    hidden: Sequence[str] = (),
    formats: Sequence[str] | Mapping[int, str | None] = (),
    merged: Sequence[str] = (),
) -> bytes:
    """Return a workbook of these sheets in their order; the formats of numbers are the styles 3, 4 and so on.

    Formats of the program are given by their number, with None where the file states no code for them.
    """
    names = list(sheets)
    tags, links = "", f'<Relationship Id="s" Type="{_RELATIONS}/styles" Target="styles.xml"/>'
    parts = {}
    for number, name in enumerate(names, start=1):
        state = ' state="hidden"' if name in hidden else ""
        tags += f'<sheet name="{escape(name)}" sheetId="{number}"{state} r:id="r{number}"/>'
        links += f'<Relationship Id="r{number}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        rows = "".join(f"<row>{''.join(map(_xlsx_cell, row))}</row>" for row in sheets[name])
        ranges = "".join(f'<mergeCell ref="{each}"/>' for each in merged)
        ranges = f"<mergeCells>{ranges}</mergeCells>" if merged else ""
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData>{ranges}</worksheet>'
        )
    parts |= {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="w" '
        f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><workbookPr date1904="{date_1904:d}"/>'
        f"<sheets>{tags}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>',
        "xl/styles.xml": _styles(formats),
    }
    return _packed(parts)


def _styles(formats: Sequence[str] | Mapping[int, str | None]) -> str:
    own = list(formats.items() if isinstance(formats, Mapping) else enumerate(formats, start=164))
    stated = [(at, escape(code, {chr(34): "&quot;"})) for at, code in own if code is not None]
    named = "".join(f'<numFmt numFmtId="{at}" formatCode="{code}"/>' for at, code in stated)
    numbers = f"<numFmts>{named}</numFmts>" if stated else ""
    used = "".join(f'<xf numFmtId="{at}"/>' for at in (0, 14, 10, *(at for at, _ in own)))
    return f'<styleSheet xmlns="{_MAIN}">{numbers}<cellXfs>{used}</cellXfs></styleSheet>'


def _ods_cell(cell: Cell) -> str:
    if isinstance(cell, tuple):
        kind, value = cell
        if kind.startswith("currency"):
            stated = f'office:value-type="currency" office:currency="{kind.removeprefix("currency")}"'
            return f'<table:table-cell {stated} office:value="{value}"/>'
        stated = f'office:value-type="date" office:date-value="{value}"'
        failed = 'office:value-type="string" office:string-value="" calcext:value-type="error"'
        error = f"<table:table-cell {failed}><text:p>{value}</text:p></table:table-cell>"
        return f"<table:table-cell {stated}/>" if kind == "date" else error
    if isinstance(cell, str):
        return f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'
    return f'<table:table-cell office:value-type="float" office:value="{cell}"/>'


def ods(sheets: Sheets) -> bytes:
    """Return an OpenDocument workbook of these sheets in their order."""
    tables = "".join(
        f'<table:table table:name="{escape(name)}">'
        + "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets.items()
    )
    spaces = " ".join(f'xmlns:{name}="{_OFFICE}{name}:1.0"' for name in ("office", "table", "text"))
    spaces += ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>{tables}"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return _packed({"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": manifest})


def _packed(parts: Mapping[str, str]) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text if name == "mimetype" else f'<?xml version="1.0"?>{text}')
    return buffer.getvalue()
