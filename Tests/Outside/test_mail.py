"""Mail through a real SMTP server: what arrives, over which connection, and what is done when it is not taken."""

from __future__ import annotations

import datetime
import ipaddress
import re
import ssl
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import html5lib
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from world import World, bodies, free_port, well_made

USER, PASSWORD = "acme", "a p@ss:word/of ours"
pytestmark = pytest.mark.filterwarnings(
    # aiosmtpd 1.4.6 warns about itself.
    "ignore::DeprecationWarning:aiosmtpd",
    "ignore:Requiring AUTH while not requiring TLS:UserWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)


@dataclass
class Received:
    sender: str
    recipients: list[str]
    raw: bytes
    secure: bool
    user: str | None


@dataclass
class Postbox:
    """What the server does with a mail, and all that it was offered."""

    #: Answers for the next mails, after RCPT or after DATA; then everything is accepted.
    at_rcpt: list[str] = field(default_factory=list)
    at_data: list[str] = field(default_factory=list)
    accepted: list[Received] = field(default_factory=list)
    #: The whole mails that were refused after DATA.
    refused: list[bytes] = field(default_factory=list)
    recipients_tried: int = 0
    logins: list[tuple[bytes, bytes, bool]] = field(default_factory=list)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.recipients_tried += 1
        if self.at_rcpt:
            return self.at_rcpt.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.at_data:
            self.refused.append(envelope.original_content)
            return self.at_data.pop(0)
        self.accepted.append(
            Received(
                envelope.mail_from,
                envelope.rcpt_tos,
                envelope.original_content,
                # After STARTTLS `session.ssl` is set; with TLS from the start only the transport knows.
                session.ssl is not None or server.transport.get_extra_info("ssl_object") is not None,
                session.auth_data.login.decode() if session.auth_data else None,
            )
        )
        return "250 taken"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        secure = server.transport.get_extra_info("ssl_object") is not None
        self.logins.append((data.login, data.password, secure))
        good = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=good, auth_data=data)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A key and a certificate for localhost, signed by itself."""
    directory = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            ),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    key_path, certificate_path = directory / "key.pem", directory / "certificate.pem"
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    certificate_path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return key_path, certificate_path


@pytest.fixture
def mailer(world: World, certificate: tuple[Path, Path]):
    """Starts an SMTP server and points the configuration at it: `mailer(postbox, "starttls")`."""
    controllers = []
    key, public = certificate

    def make(postbox: Postbox, security: str, **config: Any) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(public, key)
        port = free_port()
        options: dict[str, Any] = {}
        match security:
            case "starttls":
                options = {"tls_context": context, "require_starttls": True, "auth_required": True}
            case "smtps":
                options = {"ssl_context": context, "auth_required": True, "auth_require_tls": False}
            case "plain":
                options = {"auth_require_tls": False}
        controller = Controller(
            postbox,
            hostname="127.0.0.1",
            port=port,
            ready_timeout=10,
            authenticator=postbox.authenticate,
            **options,
        )
        controller.start()
        controllers.append(controller)
        world.config["mail"] = {
            "from": '"Acme Gym" <billing@acme.example>',
            "reply_to": "help@acme.example",
            "smtp_url": f"{'smtps' if security == 'smtps' else 'smtp'}://localhost:{port}",
            "username": USER,
            "password": "env:SMTP_PASSWORD",
            "starttls": "off" if security == "plain" else "required",
            "ca_file": str(public),
        } | config
        world.config["mail"] = {key: value for key, value in world.config["mail"].items() if value is not None}
        world.write_config()

    yield make
    for controller in controllers:
        controller.stop()


NO_PASSWORD_NEEDED = {"username": None, "password": None}


def owe(world: World, name: str = "Grace Hopper", locale: str = "en") -> str:
    """One charge due at once, of a card that will be declined; returns its id."""
    customer = world.customer(name, "grace@customer.example", locale, card="pm_card_chargeCustomerFail")
    return world.ask(
        "charge", "enqueue", "--customer", customer, "--amount", "1099", "--currency", "gbp",
        "--description", "Gold membership", environment=with_password(world),
    )["id"]


def with_password(world: World, password: str = PASSWORD) -> dict[str, str]:
    return world.environment(SMTP_PASSWORD=password)


def tick(world: World, expect: int | None = 0) -> dict[str, Any]:
    result = world.dues("tick", "--json", expect=expect, environment=with_password(world))
    assert PASSWORD not in result.out + result.err
    return result.json


@pytest.mark.parametrize("security", ["starttls", "smtps"])
def test_a_mail_arrives_over_an_encrypted_connection_with_a_login(world: World, mailer, security: str):
    postbox = Postbox()
    mailer(postbox, security)
    world.start_sandbox()
    charge = owe(world)
    counts = tick(world)
    assert (counts["declined"], counts["emails_sent"]) == (1, 1), counts

    (received,) = postbox.accepted
    assert received.secure
    assert received.user == USER
    assert all(secure for _, _, secure in postbox.logins)
    assert received.sender == "billing@acme.example"
    assert received.recipients == ["grace@customer.example"]
    message = well_made(received.raw)
    assert message["Reply-To"] == "help@acme.example"
    assert b"\n" not in received.raw.replace(b"\r\n", b""), "a line that does not end with CR LF"
    link = world.ask("recovery", "link", charge, environment=with_password(world))["url"]
    text, html = bodies(message)
    assert link in text and f'href="{link}"' in html
    (notice,) = world.ask("charge", "show", charge, environment=with_password(world))["notices"]
    assert (notice["template"], notice["to"], notice["locale"]) == ("payment_failed", "grace@customer.example", "en")
    assert notice["sent_at"]
    assert tick(world)["emails_sent"] == 0
    assert len(postbox.accepted) == 1


def columns(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)


@pytest.mark.parametrize(
    ("locale", "name", "greeting", "amount", "words"),
    [
        ("de", "Jürgen Groß, Sen.", "Guten Tag Jürgen Groß, Sen.,", r"10,99\s£", "Ihre Zahlung"),
        ("fr", "Zoë L’Œuf", "Bonjour Zoë L’Œuf,", r"10,99\s£GB", "Payer maintenant\u202f:"),
        ("es", "Íñigo Peña", "Hola, Íñigo Peña:", r"10,99\sGBP", "Su pago"),
        ("ja", "山田 花子", "山田 花子 様", r"£10\.99", "お支払い"),
    ],
    ids=["de", "fr", "es", "ja"],
)
def test_a_mail_in_every_language_is_readable_everywhere(
    world: World, mailer, locale: str, name: str, greeting: str, amount: str, words: str
):
    postbox = Postbox()
    mailer(postbox, "plain", **NO_PASSWORD_NEEDED)
    world.start_sandbox()
    owe(world, name=name, locale=locale)
    assert tick(world)["emails_sent"] == 1
    (received,) = postbox.accepted
    message = well_made(received.raw)
    text, html = bodies(message)
    assert "Gold membership" in message["Subject"]
    assert text.splitlines()[0] == greeting
    assert re.search(amount, text) and words in text, text
    assert max(columns(line) for line in text.splitlines() if "://" not in line) <= 72
    parser = html5lib.HTMLParser()
    parser.parse(html)
    assert not parser.errors, parser.errors
    assert re.search(rf'<html[^>]*lang="{locale}"', html)
    assert "<script" not in html and not re.search(r'(?:src|background)="https?:', html)


@pytest.mark.parametrize("moment", ["at_rcpt", "at_data"])
def test_a_mail_that_was_put_off_comes_later_and_is_the_same_mail(world: World, mailer, moment: str):
    postbox = Postbox(**{moment: ["451 4.7.1 greylisted, come again"]})
    mailer(postbox, "plain", **NO_PASSWORD_NEEDED)
    world.start_sandbox()
    charge = owe(world)
    counts = tick(world)
    assert (counts["declined"], counts["emails_sent"]) == (1, 0), counts
    assert postbox.recipients_tried == 1
    tick(world)
    assert postbox.recipients_tried == 1, "not before five minutes have passed"

    world.pass_time(minutes=6)
    assert tick(world)["emails_sent"] == 1
    (received,) = postbox.accepted
    message = well_made(received.raw)
    for refused in postbox.refused:
        assert well_made(refused)["Message-ID"] == message["Message-ID"]
    (notice,) = world.ask("charge", "show", charge)["notices"]
    assert notice["sent_at"]


def test_a_mail_that_was_refused_is_not_sent_again_and_a_human_is_told(world: World, mailer):
    postbox = Postbox(at_rcpt=["550 5.1.1 no such person"])
    mailer(postbox, "plain", **NO_PASSWORD_NEEDED)
    world.start_sandbox()
    charge = owe(world)
    assert tick(world, expect=1)["emails_sent"] == 0
    world.pass_time(minutes=6)
    assert tick(world, expect=0)["emails_sent"] == 0, "said once, when it was new"
    assert postbox.recipients_tried == 1
    status = world.dues("status", "--json", expect=1).json
    assert [need["charge"] for need in status["needs_human"]] == [charge]
    assert status["needs_human"][0]["advice"]
    assert world.ask("charge", "show", charge)["state"] == "recovering"
    assert "550" in world.dues("charge", "explain", charge).out


def test_neither_password_nor_mail_goes_out_in_the_clear(world: World, mailer):
    postbox = Postbox()
    mailer(postbox, "plain", starttls="required")
    world.start_sandbox()
    charge = owe(world)
    assert tick(world, expect=None)["emails_sent"] == 0
    assert not postbox.logins and not postbox.accepted and postbox.recipients_tried == 0
    shown = world.ask("charge", "show", charge, environment=with_password(world))
    assert shown["state"] == "recovering" and shown["recovery"]["url"]
    assert [notice["sent_at"] for notice in shown["notices"]] == [None]


def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(world: World, mailer):
    postbox = Postbox()
    mailer(postbox, "starttls", ca_file=None)
    world.start_sandbox()
    owe(world)
    assert tick(world, expect=None)["emails_sent"] == 0
    assert not postbox.logins and not postbox.accepted
