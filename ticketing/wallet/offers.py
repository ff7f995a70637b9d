"""Which wallets a ticket can be added to, and what is handed over.

Whether a ticket may be downloaded at all, `downloads.py` says: ask it first.
"""

from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509

from ticketing.models import AppleWallet, GoogleWallet, Ticket, now
from ticketing.refusals import WalletNotOffered
from ticketing.running.apart import apart
from ticketing.vault.sealing import Unsealable
from ticketing.wallet import accounts, apple_pass, certificates, google_link, package, pictures
from ticketing.wallet.accounts import APPLE_KEY, GOOGLE_KEY
from ticketing.wallet.google_link import ServiceAccount
from ticketing.wallet.package import Signer


@dataclass(frozen=True, slots=True)
class Offers:
    """What an organiser signs with now, for each wallet; None where they don't."""

    apple: AppleWallet | None = None
    google: GoogleWallet | None = None


def offers_for(ticket: Ticket) -> Offers:
    """Nothing after the event: a phone would put the ticket away at once."""
    if apple_pass.over_at(ticket.order.shop.event) <= now():
        return Offers()
    return offers_of(ticket.order.shop.organiser_id)


def offers_of(organiser_id: int) -> Offers:
    apple, google = accounts.of_organiser(organiser_id)
    return Offers(apple if accounts.signs_for_apple(apple) else None, google)


def pkpass(ticket: Ticket, account: AppleWallet | None, lang: str) -> bytes:
    """The ticket as a file for Apple Wallet; raises `WalletNotOffered`."""
    if account is None:
        raise WalletNotOffered
    signer = _signer(
        account.certificate, account.intermediate, account.private_key, account.link_id
    )
    content = apple_pass.pass_of(ticket, account, lang)
    strings = apple_pass.strings_of(content, lang)
    return apart(package.packed, content, strings, pictures.of_shop(ticket.order.shop), signer)


def save_url(ticket: Ticket, account: GoogleWallet | None, lang: str) -> str:
    """Where Google Wallet saves the ticket; it holds the barcode and the holder's name.

    Raises `WalletNotOffered`.
    """
    if account is None:
        raise WalletNotOffered
    signer = _service_account(account.service_account, account.private_key, account.link_id)
    claims = google_link.claims_of(ticket, account.issuer_id, signer, lang, now())
    return google_link.SAVE + apart(google_link.signed, claims, signer)


@lru_cache(maxsize=8)
def _signer(certificate: str, intermediate: str, sealed: str, link_id: int) -> Signer:
    """Kept by each process, ready to sign: reading a key takes longer than all the rest."""
    try:
        key = APPLE_KEY.unseal(sealed, link_id)
    except Unsealable:  # the page in the backoffice says so
        raise WalletNotOffered from None
    return Signer(
        x509.load_pem_x509_certificate(certificate.encode()),
        apart(certificates.key_of, key),
        x509.load_pem_x509_certificate(intermediate.encode()),
    )


@lru_cache(maxsize=8)
def _service_account(address: str, sealed: str, link_id: int) -> ServiceAccount:
    try:
        key = GOOGLE_KEY.unseal(sealed, link_id)
    except Unsealable:
        raise WalletNotOffered from None
    return ServiceAccount(address, apart(certificates.key_of, key))
