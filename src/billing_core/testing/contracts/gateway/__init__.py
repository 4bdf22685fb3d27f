"""What every PaymentGateway does, whoever takes the money."""

from billing_core.testing.contracts.gateway.banks import BankContract, Card
from billing_core.testing.contracts.gateway.changes import ChangeContract
from billing_core.testing.contracts.gateway.checkouts import CheckoutContract
from billing_core.testing.contracts.gateway.endings import EndingContract
from billing_core.testing.contracts.gateway.intervals import IntervalContract
from billing_core.testing.contracts.gateway.links import LinkContract
from billing_core.testing.contracts.gateway.payments import PaymentContract
from billing_core.testing.contracts.gateway.shop import SHOP, a_checkout
from billing_core.testing.contracts.gateway.subscriptions import SubscriptionContract

__all__ = ["SHOP", "Card", "PaymentGatewayContract", "a_checkout"]


class PaymentGatewayContract(
    CheckoutContract,
    SubscriptionContract,
    EndingContract,
    ChangeContract,
    IntervalContract,
    BankContract,
    PaymentContract,
    LinkContract,
):
    """Subclass it; give the fixtures `gateway`, which sells SHOP, and `clock`, and the hooks of GatewayContract and of
    BankContract."""
