"""Phone numbers and e-mail addresses in one spelling each, so that one person is found by all of theirs."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

from core.errors import InvalidInputError

ContactKind = Literal["phone", "email"]
HOME_COUNTRY: Final = "PK"
_LONGEST: Final = 100


class BadPhoneError(InvalidInputError):
    """A text is no phone number that messages can reach."""

    code = "bad_phone"

    def __init__(self) -> None:
        super().__init__("This is not a mobile number: write it as 0300 1234567, or with + and the country's code.")


class BadEmailError(InvalidInputError):
    """A text is no e-mail address."""

    code = "bad_email"

    def __init__(self) -> None:
        super().__init__("This is not an e-mail address.")


@dataclass(frozen=True)
class Contact:
    """A phone number in E.164 or an e-mail address in lower case."""

    kind: ContactKind
    value: str

    def __repr__(self) -> str:
        """Return the kind alone: contacts are personal data and never reach a log."""
        return f"Contact({self.kind})"

    @property
    def country(self) -> str | None:
        """The two letters of the phone's country; None for an e-mail address."""
        if self.kind == "email":
            return None
        import phonenumbers

        return phonenumbers.region_code_for_number(phonenumbers.parse(self.value))


def phone(text: str) -> Contact:
    """Read a mobile number in any spelling: 0300…, +92…, 0092…, 92…, with dashes, blanks, brackets, Urdu digits.

    Numbers without a country belong to Pakistan.

    Raises:
        BadPhoneError: it is no valid number of a mobile phone.
    """
    import phonenumbers  # loads the numbering plans of all countries

    digits = _ascii_digits(text)
    if not 0 < len(digits) <= _LONGEST or not set(digits) <= set("+0123456789 -()./\t"):
        raise BadPhoneError
    bare = "".join(letter for letter in digits if letter in "+0123456789")
    if bare.startswith("00"):
        bare = f"+{bare[2:]}"
    elif bare.startswith("92") and len(bare) == len("923001234567"):
        bare = f"+{bare}"
    try:
        number = phonenumbers.parse(bare, HOME_COUNTRY)
    except phonenumbers.NumberParseException:
        raise BadPhoneError from None
    mobile = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in mobile:
        raise BadPhoneError
    return Contact("phone", phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def email(text: str) -> Contact:
    """Read an e-mail address; letters' case and the Unicode form make no difference.

    Raises:
        BadEmailError: it is no address (its domain is not asked for).
    """
    from email_validator import EmailNotValidError, validate_email

    try:
        checked = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=True)
    except EmailNotValidError:
        raise BadEmailError from None
    return Contact("email", checked.normalized.casefold())


def _ascii_digits(text: str) -> str:
    return "".join(
        str(unicodedata.digit(letter)) if unicodedata.category(letter) == "Nd" else _plain(letter)
        for letter in text.strip()
        if unicodedata.category(letter) != "Cf"  # direction marks around numbers in Urdu text
    )


def _plain(letter: str) -> str:
    if unicodedata.category(letter) == "Pd":
        return "-"
    return unicodedata.normalize("NFKC", letter)
