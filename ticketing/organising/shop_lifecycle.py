"""A shop's beginning and end: opened at an address of its own, archived, taken up again."""

from collections.abc import Mapping
from typing import Final

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ticketing.asking import names
from ticketing.extensions import db
from ticketing.models import Event, Shop, now
from ticketing.organising import brand
from ticketing.organising.shops import InvalidSettings, clean_name
from ticketing.organising.slugs import MAX_SLUG, SLUG, slug_of
from ticketing.storing.locking import lock
from ticketing.storing.transactions import write

ANSWERS: Final = ("event", "name", "slug")


def create(event: Event | None, given: Mapping[str, str]) -> Shop:
    """A new shop for the event; `given` has a text for `name` and `slug`.

    Without a slug one is made of the name. In name, colour, desk and languages nothing is final
    but the slug, which stands on posters. Raises `InvalidSettings`.
    """
    errors: dict[str, str] = {}
    name = ""
    if event is None:
        errors["event"] = _("Please choose an event.")
    try:
        name = clean_name(given.get("name", ""))
    except names.RefusedCharacter:
        errors["name"] = _("This holds a character that can’t be printed. Please type it anew.")
    except ValueError as error:
        errors["name"] = str(error)
    slug, problem = address(given.get("slug", ""), name)
    if problem and ("name" not in errors or given.get("slug", "").strip()):
        errors["slug"] = problem
    if errors or event is None:
        raise InvalidSettings(errors)
    event_id, organiser_id = event.id, event.organiser_id
    try:
        with write() as session:
            shop = Shop(
                organiser_id=organiser_id,
                event_id=event_id,
                name=name,
                slug=slug,
                **_as_before(session, organiser_id),
            )
            session.add(shop)
    except IntegrityError:  # somebody else took it in this very moment
        raise InvalidSettings({"slug": _taken(slug)}) from None
    return shop


def address(typed: str, name: str) -> tuple[str, str]:
    """(the slug that is meant, what is wrong with it); nothing typed makes one of the name."""
    slug = typed.strip().lower()
    if not slug:
        return _free(slug_of(name))
    if not SLUG.fullmatch(slug) or len(slug) > MAX_SLUG:
        return slug, _("Please use letters a–z, digits and single hyphens, like river-side.")
    return slug, _taken(slug) if _is_taken(slug) else ""


def archive(shop: Shop) -> Shop:
    """Take no new orders any more; those that are there go on. Twice is the same as once."""
    return _archived(shop, archived=True)


def unarchive(shop: Shop) -> Shop:
    """Take orders again."""
    return _archived(shop, archived=False)


def _as_before(session: Session, organiser_id: int) -> dict[str, object]:
    """Colour, desk and languages of the organiser's latest shop: they are seldom different."""
    latest = session.scalar(
        select(Shop).where(Shop.organiser_id == organiser_id).order_by(Shop.id.desc()).limit(1)
    )
    if latest is None:
        return {"colour": brand.DEFAULT_COLOUR}
    return {
        "colour": latest.colour,
        "consumer_desk": latest.consumer_desk,
        "languages": latest.languages,
    }


def _free(slug: str) -> tuple[str, str]:
    """The slug, with a number behind it where it is taken."""
    if not slug:
        return "", _("Please give an address: letters a–z, digits and hyphens.")
    taken = set(db.session.scalars(select(Shop.slug).where(Shop.slug.startswith(slug))))
    candidates = (slug, *(f"{slug}-{number}" for number in range(2, 1000)))
    found = next((each for each in candidates if each not in taken), "")
    return found, "" if found else _taken(slug)


def _is_taken(slug: str) -> bool:
    return db.session.scalar(select(Shop.id).where(Shop.slug == slug)) is not None


def _taken(slug: str) -> str:
    return _("“%(slug)s” is taken. Please choose another address.", slug=slug)


def _archived(shop: Shop, *, archived: bool) -> Shop:
    shop_id = shop.id
    with write() as session:
        shop = lock(session, Shop, shop_id)
        if archived != (shop.archived_at is not None):
            shop.archived_at = now() if archived else None
            shop.revision += 1
    return shop
