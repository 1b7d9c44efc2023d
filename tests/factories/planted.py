"""Contacts of invented people, as people and dealers plant them, and where they are found again."""

import re

SPELLINGS = (
    "03001234567",
    "0300-1234567",
    "0300 123 4567",
    "(0300) 1234567",
    "+92 300 1234567",
    "0092-300-1234567",
    "923001234567",
    "۰۳۰۰۱۲۳۴۵۶۷",
)
CNICS = ("35202-1234567-1", "3520212345671")
MAIL = "Ali.Khan@Example.pk"
PLANTED = ("3001234567", "3520212345671", "ali.khan@example.pk")
STOCK = "Stock No,Title,Make,Model,Year,Demand,City,Remarks,Seller Phone\n" + "".join(
    f'K{number},"Corolla call {spelling}",Toyota,Corolla,2018,45 lacs,Lahore,"Mail {MAIL} or {spelling}, '
    f'CNIC {CNICS[number % 2]}",{spelling}\nR{number},Civic,Honda,Civic,{spelling},"{CNICS[number % 2]}",{MAIL},x,x\n'
    for number, spelling in enumerate(SPELLINGS)
)
_URDU = str.maketrans("۰۱۲۳۴۵۶۷۸۹", "0123456789")


def planted_in(said: str) -> list[str]:
    """Return the planted contacts that a text contains, in any spelling."""
    plain = said.translate(_URDU).lower()
    bare = re.sub(r"[\s().+-]", "", plain)
    return [word for word in PLANTED if word in (plain if "@" in word else bare)]
