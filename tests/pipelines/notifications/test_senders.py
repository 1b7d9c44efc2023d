"""Senders hand messages to a console, a mail server or a gateway, and tell refusals from outages."""

import email
import ssl
from email.policy import default
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import SecretStr

from core.settings import Settings
from pipelines.notifications.channels import Recipient
from pipelines.notifications.senders.choose import (
    ConsoleRefusedError,
    MissingSecretError,
    choose_sender,
    require_senders,
)
from pipelines.notifications.senders.console import ConsoleSender
from pipelines.notifications.senders.contract import (
    MessageRefusedError,
    OutgoingMessage,
    RecipientGoneError,
    SenderUnavailableError,
)
from pipelines.notifications.senders.http import HttpSender
from pipelines.notifications.senders.smtp import BadSmtpUrlError, MailServer, SmtpSender
from pipelines.notifications.templates import Text, templates
from tests.pipelines.notifications.conftest import Gateway
from tests.pipelines.notifications.mail_server import Mailbox

ID = UUID("01932c07-0000-7000-8000-000000000001")
TO_PHONE = OutgoingMessage(ID, Recipient("sms", "+923001234567"), Text("a code", "123456 is your code"))
TO_MAIL = OutgoingMessage(
    ID,
    Recipient("email", "ayesha@example.org"),
    templates()["ad_approved"].render("ur", {"car": "Toyota <Yaris> & 2021"}),
    "ur",
)


def smtp_sender(mailbox: Mailbox, certificate: Path, url: str = "smtp://post:p%40ss@127.0.0.1:{port}") -> SmtpSender:
    context = ssl.create_default_context(cafile=str(certificate))
    return SmtpSender(MailServer.parse(url.format(port=mailbox.port)), "no-reply@automart.pk", context)


def test_gateway_is_given_the_message_and_our_secret(gateway: Gateway) -> None:
    HttpSender(gateway.url, "a-secret", "Automart").send(TO_PHONE)
    assert gateway.posts == [
        {
            "id": str(ID),
            "channel": "sms",
            "to": "+923001234567",
            "kind": "phone",
            "from": "Automart",
            "language": "en",
            "subject": "a code",
            "text": "123456 is your code",
        }
    ]
    assert gateway.headers[0]["Authorization"] == "Bearer a-secret"
    assert gateway.headers[0]["Idempotency-Key"] == str(ID)


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503, 302])
def test_gateway_that_does_not_take_messages_is_asked_later(gateway: Gateway, status: int) -> None:
    gateway.status = status
    with pytest.raises(SenderUnavailableError, match=str(status)):
        HttpSender(gateway.url, "a-secret", "Automart").send(TO_PHONE)


def test_message_that_the_gateway_refuses_is_not_tried_again(gateway: Gateway) -> None:
    gateway.status = 422
    with pytest.raises(MessageRefusedError, match="422"):
        HttpSender(gateway.url, "a-secret", "Automart").send(TO_PHONE)


def test_recipient_that_the_gateway_does_not_reach_any_more_is_told_apart(gateway: Gateway) -> None:
    gateway.status = 410
    with pytest.raises(RecipientGoneError, match="410"):
        HttpSender(gateway.url, "a-secret", "Automart").send(TO_PHONE)


def test_gateway_that_is_away_is_asked_later() -> None:
    with pytest.raises(SenderUnavailableError, match="ConnectError"):
        HttpSender("http://127.0.0.1:9/messages", "a-secret", "Automart").send(TO_PHONE)


def test_mail_goes_over_tls_after_a_login_with_its_text_whole(mailbox: Mailbox, certificate: Path) -> None:
    smtp_sender(mailbox, certificate).send(TO_MAIL)
    assert mailbox.logins == ["\0post\0p@ss"]
    mail = email.message_from_bytes(mailbox.mails[0], policy=default)
    assert (mail["To"], mail["From"], mail["Subject"]) == (
        "ayesha@example.org",
        "no-reply@automart.pk",
        TO_MAIL.content.subject,
    )
    assert mail["Message-ID"] == f"<{ID}@automart.pk>"
    plain, html = mail.iter_parts()
    assert plain.get_content().strip() == TO_MAIL.content.text
    assert (mail["Content-Language"], html.get_content_type()) == ("ur", "text/html")
    page = html.get_content()
    assert '<html lang="ur" dir="rtl">' in page
    assert "<bdi>Toyota &lt;Yaris&gt; &amp; 2021</bdi>" in page


def test_server_with_a_certificate_of_nobody_is_given_nothing(mailbox: Mailbox) -> None:
    server = MailServer.parse(f"smtp://127.0.0.1:{mailbox.port}")
    with pytest.raises(SenderUnavailableError, match="SSLCertVerificationError"):
        SmtpSender(server, "no-reply@automart.pk").send(TO_MAIL)
    assert mailbox.mails == []


def test_recipient_that_the_server_refuses_is_not_tried_again(mailbox: Mailbox, certificate: Path) -> None:
    mailbox.answer_to_recipient = "550 no such user"
    with pytest.raises(MessageRefusedError, match="550"):
        smtp_sender(mailbox, certificate).send(TO_MAIL)


def test_recipient_that_is_greylisted_is_tried_later(mailbox: Mailbox, certificate: Path) -> None:
    mailbox.answer_to_recipient = "451 come back"
    with pytest.raises(SenderUnavailableError, match="451"):
        smtp_sender(mailbox, certificate).send(TO_MAIL)


@pytest.mark.parametrize("url", ["", "mail.example.org", "http://mail:25", "smtp://", "smtp://mail:port"])
def test_address_that_is_no_mail_server_is_refused(url: str) -> None:
    with pytest.raises(BadSmtpUrlError):
        MailServer.parse(url)


def test_console_prints_one_line_with_the_code(capsys: pytest.CaptureFixture[str]) -> None:
    ConsoleSender().send(TO_PHONE)
    assert capsys.readouterr().out == "Message to +923001234567: 123456 is your code\n"


def test_console_is_refused_beside_an_outside_database(settings: Settings) -> None:
    with pytest.raises(ConsoleRefusedError, match="MESSAGES_HTTP_URL"):
        require_senders(settings)


def test_embedded_platform_prints_messages(settings: Settings) -> None:
    embedded = settings.model_copy(update={"database_url": None, "database_pipelines_url": None})
    assert isinstance(choose_sender(embedded, "sms"), ConsoleSender)
    assert isinstance(choose_sender(embedded, "email"), ConsoleSender)


def test_mails_go_by_smtp_and_all_else_by_the_gateway(settings: Settings) -> None:
    gateway = {"messages_http_url": "http://127.0.0.1:9", "messages_http_secret": SecretStr("s")}
    both = settings.model_copy(update={**gateway, "messages_smtp_url": SecretStr("smtps://u:p@mail")})
    assert isinstance(choose_sender(both, "email"), SmtpSender)
    assert isinstance(choose_sender(both, "sms"), HttpSender)
    assert isinstance(choose_sender(settings.model_copy(update=gateway), "email"), HttpSender)


def test_whatsapp_and_push_go_by_gateways_of_their_own_or_the_shared_one(settings: Settings, gateway: Gateway) -> None:
    shared = {"messages_http_url": "http://127.0.0.1:9", "messages_http_secret": SecretStr("s")}
    own = {"messages_push_url": gateway.url, "messages_push_secret": SecretStr("p")}
    given = settings.model_copy(update=shared | own)
    to_app = OutgoingMessage(ID, Recipient("push", "fcm-token"), Text("a lead", "A buyer waits"))
    choose_sender(given, "push").send(to_app)
    assert (gateway.posts[0]["channel"], gateway.posts[0]["kind"]) == ("push", "device")
    assert gateway.headers[0]["Authorization"] == "Bearer p"
    with pytest.raises(SenderUnavailableError):
        choose_sender(given, "whatsapp").send(to_app)
    with pytest.raises(MissingSecretError, match="MESSAGES_PUSH_SECRET"):
        require_senders(given.model_copy(update={"messages_push_secret": None}))


def test_gateway_without_a_secret_is_refused(settings: Settings) -> None:
    with pytest.raises(MissingSecretError):
        require_senders(settings.model_copy(update={"messages_http_url": "http://127.0.0.1:9"}))
