"""Tables and their relations; the rules stand elsewhere."""

from ticketing.models.base import Base, now
from ticketing.models.events import Event, Shop, TicketType
from ticketing.models.orders import (
    CANCELLED,
    CHECKED_IN,
    OPEN,
    PERSONALISED,
    Order,
    Share,
    Ticket,
)
from ticketing.models.organisers import ApiKey, Membership, Organiser, Role, User, UserRole
from ticketing.models.records import Change, HistoryEntry, OutboxMail

__all__ = [
    "CANCELLED",
    "CHECKED_IN",
    "OPEN",
    "PERSONALISED",
    "ApiKey",
    "Base",
    "Change",
    "Event",
    "HistoryEntry",
    "Membership",
    "Order",
    "Organiser",
    "OutboxMail",
    "Role",
    "Share",
    "Shop",
    "Ticket",
    "TicketType",
    "User",
    "UserRole",
    "now",
]
