"""The rules of ADF 1.0 by which a document is valid, as the platform writes it.

The published DTD is no valid DTD in places: quotes are curly, declarations lack their end, a content model names an
element that is declared nowhere. What stands here is what its text and samples mean: the order and number of elements,
and the values that attributes may have.
"""

import re
from collections.abc import Iterator
from typing import Final

from pipelines.leads.adf.tree import Element

CONTENT: Final = {
    "adf": "prospect+",
    "prospect": "id* requestdate vehicle+ customer vendor provider?",
    "vehicle": "id* year make model vin? stock? trim? doors? bodystyle? transmission? odometer? condition?"
    " colorcombination* imagetag? price* pricecomments? option* finance? comments?",
    "colorcombination": "interiorcolor? exteriorcolor? preference?",
    "option": "optionname manufacturercode? stock? weighting? price*",
    "finance": "method amount* balance?",
    "customer": "contact id* timeframe? comments?",
    "contact": "name+ email? phone* address?",
    "address": "street+ apartment? city? regioncode? postalcode? country?",
    "timeframe": "description? earliestdate? latestdate?",
    "vendor": "id* vendorname url? contact",
    "provider": "id* name service? url? email? phone? contact?",
}
"""The children of an element, in this order; all other elements hold text alone."""
_INTERESTS: Final = "buy|lease|sell|trade-in|test-drive"
ATTRIBUTES: Final = {
    "prospect": {"status": "new|resend"},
    "id": {"sequence": r"\d+", "source": r".*"},
    "vehicle": {"interest": _INTERESTS, "status": "new|used"},
    "odometer": {"status": "unknown|rolledover|replaced|original", "units": "km|mi"},
    "imagetag": {"width": r"\d+", "height": r"\d+", "alttext": ".*"},
    "price": {
        "type": "quote|offer|msrp|invoice|call|appraisal|asking",
        "currency": "[A-Z]{3}",
        "delta": "absolute|relative|percentage",
        "relativeto": "msrp|invoice",
        "source": ".*",
    },
    "amount": {"type": "downpayment|monthly|total", "limit": "maximum|minimum|exact", "currency": "[A-Z]{3}"},
    "balance": {"type": "finance|residual", "currency": "[A-Z]{3}"},
    "contact": {"primarycontact": "0|1"},
    "name": {"part": "surname|first|middle|suffix|last|full", "type": "business|individual"},
    "email": {"preferredcontact": "0|1"},
    "phone": {
        "type": "voice|fax|cellphone|pager",
        "time": "morning|afternoon|evening|nopreference|day",
        "preferredcontact": "0|1",
    },
    "address": {"type": "work|home|delivery"},
    "street": {"line": "[1-5]"},
}
REQUIRED: Final = {"id": ("source",)}
_TEXTS: Final = frozenset(word.rstrip("*+?") for model in CONTENT.values() for word in model.split()) - CONTENT.keys()
_MODELS: Final = {
    name: re.compile(
        "".join(f"(?:<{word.rstrip('*+?')}>){word[-1] if word[-1] in '*+?' else ''}" for word in model.split())
    )
    for name, model in CONTENT.items()
}


def faults_of(document: Element) -> Iterator[str]:
    """Give a sentence for each rule that a document breaks."""
    if [child.name for child in document.children] != ["adf"]:
        yield "The document is one <adf> element."
    for element in document.walk():
        if element.name:
            yield from _faults_of(element)


def _faults_of(element: Element) -> Iterator[str]:
    names = [child.name for child in element.children]
    if element.name in _MODELS:
        if not _MODELS[element.name].fullmatch("".join(f"<{name}>" for name in names)):
            yield f"<{element.name}> holds {' '.join(names) or 'nothing'}; it should hold {CONTENT[element.name]}."
        if element.text:
            yield f"<{element.name}> holds text beside its elements."
    elif element.name not in _TEXTS:
        yield f"There is no element <{element.name}>."
    elif names:
        yield f"<{element.name}> holds text alone."
    known = ATTRIBUTES.get(element.name, {})
    for name, value in element.attributes.items():
        if not re.fullmatch(known.get(name, r"(?!)"), value, re.DOTALL):
            yield f"<{element.name}> has no attribute {name}, or not with this value."
    for name in REQUIRED.get(element.name, ()):
        if name not in element.attributes:
            yield f"<{element.name}> lacks its attribute {name}."
