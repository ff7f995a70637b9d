"""Tables and their relations; the rules stand elsewhere."""

from ticketing.models.access import EmailChange, LimitUse, RecoveryCode, SignIn
from ticketing.models.audit import AuditEntry
from ticketing.models.base import Base, now
from ticketing.models.events import Event, Image, MailText, Question, Shop, TicketType
from ticketing.models.installation import Installation
from ticketing.models.orders import (
    CANCELLED,
    CHECKED_IN,
    OPEN,
    PERSONALISED,
    Order,
    Share,
    Ticket,
)
from ticketing.models.organisers import (
    ApiKey,
    Invitation,
    Membership,
    Organiser,
    Role,
    User,
    UserRole,
)
from ticketing.models.programs import Call, CallTry, Import, PretixConnection, WebhookEndpoint
from ticketing.models.records import Change, HistoryEntry, OutboxMail
from ticketing.models.search import SearchEntry
from ticketing.models.wallets import AppleWallet, GoogleWallet

__all__ = [
    "CANCELLED",
    "CHECKED_IN",
    "OPEN",
    "PERSONALISED",
    "ApiKey",
    "AppleWallet",
    "AuditEntry",
    "Base",
    "Call",
    "CallTry",
    "Change",
    "EmailChange",
    "Event",
    "GoogleWallet",
    "HistoryEntry",
    "Image",
    "Import",
    "Installation",
    "Invitation",
    "LimitUse",
    "MailText",
    "Membership",
    "Order",
    "Organiser",
    "OutboxMail",
    "PretixConnection",
    "Question",
    "RecoveryCode",
    "Role",
    "SearchEntry",
    "Share",
    "Shop",
    "SignIn",
    "Ticket",
    "TicketType",
    "User",
    "UserRole",
    "WebhookEndpoint",
    "now",
]
