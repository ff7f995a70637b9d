"""What makes a fresh worker load all it will ever load."""

from __future__ import annotations

from ticketing.previews.preview import Preview

from .document import Document, TicketSheet

_NAMES = ("title", "holder", "ticket_type", "order", "place", "when", "scan", "personal", "page")

DOCUMENT = Document(
    title="Warm-up",
    lang="en",
    sheets=(
        TicketSheet(
            event_name="Łódź Ωμέγα Київ",
            when="Saturday 12 June 2027, 14:00 – 23:00 (CEST)",
            place="דוד محمد\nहिन्दी ไทย",
            holder="山田 太郎 やまだ 김민수 👩🏽‍🚒🇪🇺",
            ticket_type="Weekend",
            order_code="WARM",
            ticket_code="WARM-1",
            barcode="ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
            organiser="Passalong",
            colour="#336699",
            lang="en",
            labels={name: name.capitalize() for name in _NAMES},
        ),
    ),
    missing="Nothing.",
)

PREVIEW = Preview(
    name="Łódź",
    when="Saturday 12 June 2027",
    place="",
    day="12",
    month="Jun",
    organiser="Passalong",
    colour="#336699",
    lang="en",
)
