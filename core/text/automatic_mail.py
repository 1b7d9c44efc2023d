"""Recognise mail that no person wrote (bounces, out-of-office replies, receipts): it is neither read nor answered."""

import re
from email.message import Message
from email.utils import parseaddr
from typing import Final

_SYSTEMS: Final = frozenset({"mailer-daemon", "postmaster", "mail-daemon", "mdaemon"})
_PRECEDENCE: Final = frozenset({"bulk", "junk", "auto_reply", "auto-reply", "list"})
_REPLIERS: Final = ("x-autoreply", "x-autorespond", "x-auto-reply", "x-autoreply-from")
_REPORTS: Final = frozenset({"multipart/report", "message/delivery-status", "message/disposition-notification"})
_EMPTY_PATH = re.compile(r"\s*<\s*>\s*")


def automatic_reason(mail: Message) -> str | None:
    """Return why a mail counts as automatic, as a word; None: a person, or a program that speaks for one, wrote it."""
    return _bounce(mail) or _reply(mail)


def _bounce(mail: Message) -> str | None:
    paths = [str(path) for path in mail.get_all("return-path", [])]
    if any(_EMPTY_PATH.fullmatch(path) for path in paths):
        return "empty_return_path"
    if mail.get_content_type() in _REPORTS or mail["x-failed-recipients"] is not None:
        return "delivery_report"
    address = parseaddr(str(mail["from"] or ""))[1]
    return "mail_system" if address.partition("@")[0].lower() in _SYSTEMS else None


def _reply(mail: Message) -> str | None:
    submitted = [str(each).partition(";")[0].strip().lower() for each in mail.get_all("auto-submitted", [])]
    if words := {word for word in submitted if word not in ("no", "")}:  # RFC 3834
        return "auto_generated" if words == {"auto-generated"} else "auto_submitted"
    if any(mail[name] is not None and str(mail[name]).strip().lower() != "no" for name in _REPLIERS):
        return "auto_reply"
    return "precedence" if str(mail["precedence"] or "").strip().lower() in _PRECEDENCE else None
