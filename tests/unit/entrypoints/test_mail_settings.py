"""Where mail goes out, as the environment tells it."""

import pytest

from billing_core.entrypoints.environment import SettingsError
from billing_core.entrypoints.mail_settings import SHAPE, MailSettings, mail_settings

FROM = "Poster Shop <billing@shop.example>"


def settings(url: str, sender: str = FROM) -> MailSettings:
    mail = mail_settings({"BILLING_SMTP_URL": url, "BILLING_MAIL_FROM": sender})
    assert mail is not None
    return mail


def test_without_a_server_no_mail_is_sent() -> None:
    assert mail_settings({}) is None
    assert mail_settings({"BILLING_MAIL_FROM": FROM}) is None


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("smtp://mail.example", ("mail.example", 25, "none", None, None)),
        ("smtp://mail.example:2525/", ("mail.example", 2525, "none", None, None)),
        ("smtp://ann:secret@mail.example?starttls", ("mail.example", 587, "starttls", "ann", "secret")),
        ("smtps://ann%40shop:p%40ss%3A%2F%3F%25@mail.example", ("mail.example", 465, "tls", "ann@shop", "p@ss:/?%")),
        ("smtp://ann:secret@localhost:2525", ("localhost", 2525, "none", "ann", "secret")),
        ("smtp://ann:secret@[::1]:2525", ("::1", 2525, "none", "ann", "secret")),
    ],
)
def test_a_url_says_where_how_and_as_whom(url: str, told: tuple[object, ...]) -> None:
    mail = settings(url)

    assert told == (mail.host, mail.port, mail.security, mail.username, mail.password)


@pytest.mark.parametrize(
    "url",
    [
        "mail.example:587",
        "http://mail.example",
        "smtp://",
        "smtp://mail.example:port",
        "smtp://mail.example:99999",
        "smtp://ann@mail.example?starttls",
        "smtp://mail.example?tls",
        "smtps://mail.example?starttls",
        "smtp://mail.example/path",
        "smtp://[mail.example",
    ],
)
def test_a_url_that_is_not_understood_is_refused_unseen(url: str) -> None:
    with pytest.raises(SettingsError, match="BILLING_SMTP_URL must be") as told:
        settings(url)

    assert url not in str(told.value).replace(SHAPE, "")


def test_a_password_is_never_sent_for_all_to_read() -> None:
    with pytest.raises(SettingsError, match="would show the password") as told:
        settings("smtp://ann:secret@mail.example:25")

    assert "secret" not in str(told.value)


def test_a_password_does_not_show() -> None:
    assert "secret" not in repr(settings("smtps://ann:secret@mail.example"))


@pytest.mark.parametrize("sender", ["billing@shop.example", FROM])
def test_mail_comes_from_an_address_with_or_without_a_name(sender: str) -> None:
    assert "billing@shop.example" == settings("smtp://mail.example", sender).sender.addr_spec


@pytest.mark.parametrize("sender", ["", "shop", "Poster Shop", "@shop.example", "a@b.example\r\nBcc: c@d.example"])
def test_a_sender_that_is_no_address_is_refused(sender: str) -> None:
    with pytest.raises(SettingsError, match="BILLING_MAIL_FROM must be"):
        settings("smtp://mail.example", sender)
