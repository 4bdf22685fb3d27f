"""What every Webhooks does: genuine bodies are translated, and nothing but BadSignature comes of all others."""

from datetime import datetime, timedelta

import pytest
from attrs import frozen

from billing_core.ports.errors import BadSignature
from billing_core.ports.webhooks import Webhooks

NONSENSE = (b"", b"{", b"[]", b"null", b"{}", b'{"id":1}', b"\xff\xfe", b"[" * 100_000)


@frozen(kw_only=True)
class Signed:
    """A webhook as the gateway would send it at that moment, and the id of its event."""

    body: bytes
    signature: str
    at: datetime
    event_id: str


class WebhooksContract:
    """Subclass it; give the fixtures `webhooks` and `signed`, a genuine webhook for it."""

    @pytest.fixture
    def webhooks(self) -> Webhooks:
        raise NotImplementedError("give the translation that is to be tried")

    @pytest.fixture
    def signed(self) -> Signed:
        raise NotImplementedError("give a genuine webhook")

    def test_a_genuine_one_is_translated_with_its_id_and_its_bytes(self, webhooks: Webhooks, signed: Signed) -> None:
        delivery = webhooks.translate(signed.body, signed.signature, now=signed.at)

        assert (signed.event_id, signed.body) == (delivery.event_id, delivery.body)

    def test_what_was_kept_is_translated_to_the_same_again(self, webhooks: Webhooks, signed: Signed) -> None:
        assert webhooks.retranslate(signed.body) == webhooks.translate(signed.body, signed.signature, now=signed.at)

    def test_one_that_was_changed_on_its_way_is_refused(self, webhooks: Webhooks, signed: Signed) -> None:
        with pytest.raises(BadSignature):
            webhooks.translate(signed.body + b" ", signed.signature, now=signed.at)

    @pytest.mark.parametrize("signature", ["", "t=1", "t=x,v1=y", "v1=", "t=1,v1=\xff", "é", "\0", "," * 10_000])
    def test_a_signature_that_is_none_is_refused(self, webhooks: Webhooks, signed: Signed, signature: str) -> None:
        with pytest.raises(BadSignature):
            webhooks.translate(signed.body, signature, now=signed.at)

    @pytest.mark.parametrize("days", [-1, 1])
    def test_one_from_another_day_is_refused(self, webhooks: Webhooks, signed: Signed, days: int) -> None:
        with pytest.raises(BadSignature):
            webhooks.translate(signed.body, signed.signature, now=signed.at + timedelta(days=days))

    @pytest.mark.parametrize("body", NONSENSE, ids=range(len(NONSENSE)))
    def test_nonsense_is_refused_by_name(self, webhooks: Webhooks, body: bytes) -> None:
        with pytest.raises(BadSignature):
            webhooks.retranslate(body)
