"""Stripe's shape of the card, or bank account, that a customer keeps."""

from billing_core.adapters.simulated.cards import Card
from billing_core.adapters.simulated.draft import Json
from billing_core.adapters.simulated.shapes import seconds
from billing_core.adapters.simulated.state import Customer


def payment_method(holder: Customer, card: Card) -> Json:
    return {
        "id": f"pm_{holder.id}",
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {"address": None, "email": holder.email, "name": holder.name, "phone": None, "tax_id": None},
        "created": seconds(holder.created_at),
        "customer": holder.id,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        **(_bank_account(card) if card.is_bank_account else _card(card)),
    }


def _bank_account(account: Card) -> Json:
    told = {
        "account_holder_type": "individual",
        "account_type": "checking",
        "bank_name": "STRIPE TEST BANK",
        "financial_connections_account": None,
        "fingerprint": account.fingerprint,
        "last4": account.last4,
        "networks": None,
        "routing_number": "110000000",
        "status_details": None,
    }
    return {"type": "us_bank_account", "us_bank_account": told}


def _card(card: Card) -> Json:
    told = {
        "brand": "visa",
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "display_brand": "visa",
        "exp_month": 12,
        "exp_year": 2040,
        "fingerprint": card.fingerprint,
        "funding": "credit",
        "generated_from": None,
        "last4": card.last4,
        "networks": {"available": ["visa"], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
    return {"card": told, "type": "card"}
