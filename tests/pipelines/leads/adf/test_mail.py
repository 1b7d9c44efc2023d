"""Leads that come by mail."""

import base64
import quopri
from email.message import EmailMessage

import pytest

from pipelines.leads.adf.message import read_message
from tests.pipelines.leads.adf.documents import OFFICIAL_SAMPLE, mail


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (OFFICIAL_SAMPLE.encode(), ()),
        (quopri.encodestring(OFFICIAL_SAMPLE.encode()), ("Content-Transfer-Encoding: quoted-printable",)),
        (base64.encodebytes(OFFICIAL_SAMPLE.encode()), ("Content-Transfer-Encoding: base64",)),
        (OFFICIAL_SAMPLE.encode("cp1252"), ("Content-Transfer-Encoding: 8bit",)),
    ],
)
def test_document_in_the_body_is_read_in_any_transfer_encoding(body: bytes, headers: tuple[str, ...]) -> None:
    found = read_message(mail(body, *headers))

    assert (found.kind, found.prospects[0].customer.name) == ("adf", "John Doe")
    assert found.external_id(0) == "adf:Autobytel:1234567890"


def test_document_in_an_attachment_of_a_forwarded_mail_is_read() -> None:
    inner, outer = EmailMessage(), EmailMessage()
    inner.set_content("See the attachment.")
    inner.add_attachment(OFFICIAL_SAMPLE.encode(), maintype="application", subtype="octet-stream", filename="lead.xml")
    outer["From"], outer["Subject"] = "portal@example.com", "Fwd: lead"
    outer.set_content("Forwarded.")
    outer.add_attachment(inner)

    assert read_message(outer.as_bytes()).prospects[0].customer.email == "jdoe@example.com"


def test_document_that_a_mail_program_escaped_in_html_is_read() -> None:
    html = "<html><body>&lt;adf&gt;&lt;prospect&gt;&lt;customer&gt;<br>&lt;contact&gt;&lt;name&gt;Ali&lt;/name&gt;"

    assert read_message(mail(html.encode(), kind="text/html")).prospects[0].customer.name == "Ali"


def test_mail_without_a_document_keeps_its_text() -> None:
    found = read_message(mail("Is the Corolla کرولا there?".encode(), "Subject: =?utf-8?b?Q2Fy?="))

    assert (found.kind, found.text) == ("text", "Car\n\nIs the Corolla کرولا there?")
    assert found.mail is not None
    assert (found.mail.sender, found.mail.sender_name) == ("ali@example.com", "Ali Khan")
    assert found.external_id(0) == "mail:<one@example.com>:0"


def test_html_is_read_without_its_tags_and_scripts() -> None:
    html = b"<html><head><style>p {}</style></head><body><p>One</p><script>x()</script>Two &amp; three</body>"

    assert read_message(mail(html, kind="text/html")).text == "One\nTwo & three"


@pytest.mark.parametrize("charset", ["no-such-charset", "unicode-1-1-utf-7", "utf-16", '"'])
def test_false_charset_is_no_hindrance(charset: str) -> None:
    assert read_message(mail(b"Hello", "Subject: =?x-unknown?q?a?=", kind=f"text/plain; charset={charset}")).text


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("Return-Path: <>", "empty_return_path"),
        ("Return-Path: < >", "empty_return_path"),
        ("X-Failed-Recipients: a@example.com", "delivery_report"),
        ("Auto-Submitted: auto-replied", "auto_submitted"),
        ("auto-submitted: Auto-Generated; x=y", "auto_generated"),
        ("X-Autoreply: yes", "auto_reply"),
        ("Precedence: auto_reply", "precedence"),
    ],
)
def test_automatic_mail_is_recognised_whatever_is_in_it(header: str, reason: str) -> None:
    found = read_message(mail(OFFICIAL_SAMPLE.encode(), header))

    assert found.mail is not None
    assert (found.kind, found.mail.automatic, found.prospects) == ("automatic", reason, ())


def test_bounces_are_recognised_by_kind_and_sender() -> None:
    report = read_message(mail(b"", kind="multipart/report; report-type=delivery-status"))
    system = read_message(b"From: Mail System <MAILER-DAEMON@example.com>\r\n\r\nno such user")

    assert (report.mail and report.mail.automatic) == "delivery_report"
    assert (system.mail and system.mail.automatic) == "mail_system"


@pytest.mark.parametrize("header", ["Auto-Submitted: no", "Return-Path: <ali@example.com>", "Precedence: first-class"])
def test_mail_of_a_person_is_a_lead(header: str) -> None:
    assert read_message(mail(b"Hello", header)).kind == "text"


def test_messages_without_ids_of_their_own_are_known_by_their_bytes() -> None:
    first, again, other = (read_message(raw) for raw in (b"Hello", b"Hello", b"Hello!"))

    assert first.external_id(0) == again.external_id(0) != other.external_id(0)
