"""The commands about people's data: `flask erase`, `flask export`, `flask retain`."""

import json
from typing import TextIO

import click
from flask import Flask

from ticketing.extensions import db
from ticketing.history import By
from ticketing.members import audit
from ticketing.members.audit import PASSALONG
from ticketing.models import Organiser
from ticketing.privacy import again, asked, held, people, remains, retention
from ticketing.privacy.people import Person

_OPERATOR = By("system", "flask erase")
_organiser_option = click.option(
    "--organiser", type=int, help="The number of the organiser; without it all of them."
)


# What `flask restore` calls after it has brought people back.
__all__ = ["again", "init_app"]


def init_app(app: Flask) -> None:
    app.cli.add_command(erase_command)
    app.cli.add_command(export_command)
    app.cli.add_command(retain_command)


@click.command("erase")
@click.argument("who")
@_organiser_option
@click.option("--valid-too", is_flag=True, help="Also names on tickets of coming events.")
@click.option("--yes", is_flag=True, help="Do it; without it nothing is changed.")
def erase_command(who: str, organiser: int | None, valid_too: bool, yes: bool) -> None:
    """Erase the details of one person, for good.

    WHO is their address, their phone number (+31…), or the code of their order or ticket. The
    tickets of others in the same orders stay. Tickets keep existing and being counted; those of
    events that are still to come keep being valid, and are only touched with --valid-too.
    """
    person = _person(who, organiser)
    if not yes:
        found = asked.look(db.session(), person, organiser)
        click.echo(f"Orders placed: {', '.join(found.placed) or 'none'}")
        click.echo(f"Tickets with their name: {', '.join(found.tickets) or 'none'}")
        click.echo(f"Other orders with a trace of them: {found.elsewhere}")
        if found.coming is not None:
            click.echo(_still(found.coming))
        click.echo("Nothing was changed. With --yes all of that is erased, for good.")
        return
    try:
        done = asked.erase(person, organiser, _OPERATOR, PASSALONG, valid_too=valid_too)
    except asked.StillComing as coming:
        went = f"Erased in {coming.done.orders} orders. " if coming.done.orders else ""
        raise click.ClickException(went + _still(coming)) from coming
    remains.clear()
    click.echo(
        f"Erased in {done.orders} orders: {done.bookers} times the booker, {done.tickets} tickets, "
        f"{done.shares} shares, {done.mails} mails, {done.entries} entries of histories"
    )


@click.command("export")
@click.argument("who")
@_organiser_option
@click.option("--to", type=click.File("w"), default="-", help="A file; without it printed.")
def export_command(who: str, organiser: int | None, to: TextIO) -> None:
    """Write all that is held of one person, as one JSON document.

    WHO is as for `flask erase`. docs/privacy.md says what stands where in it.
    """
    person = _person(who, organiser)
    document = held.everything_about(db.session(), person, organiser)
    json.dump(document, to, ensure_ascii=False, indent=2)
    to.write("\n")
    about = {key: len(rows) for key, rows in document.items() if isinstance(rows, list)}
    audit.note(audit.PERSON_EXPORTED, PASSALONG, organiser_id=organiser, about=about, once=False)


@click.command("retain")
@click.option("--dry-run", is_flag=True, help="Only say what would be erased.")
def retain_command(dry_run: bool) -> None:
    """Erase the details of people in events whose time is over.

    Each event's page says for how long they are kept. `flask outbox --watch` does so every hour.
    """
    done = retention.retain(dry_run=dry_run)
    for each in done:
        kept = ", then its dates or days were changed: the others are kept" if each.kept else ""
        click.echo(f"{each.event}: {each.people} people{kept}")
    whole = sum(not each.kept for each in done)
    click.echo(f"Events{' that would be' * dry_run} erased: {whole}")
    if not dry_run:
        remains.clear()


def _person(who: str, organiser_id: int | None) -> Person:
    if organiser_id is not None and db.session.get(Organiser, organiser_id) is None:
        raise click.ClickException(f"There is no organiser with the number {organiser_id}.")
    try:
        return people.find(db.session(), who, organiser_id)
    except people.NobodyFound as nobody:
        raise click.ClickException(
            "That is no address, no phone number in international form, and no code of an order "
            "or ticket that has a name."
        ) from nobody


def _still(coming: asked.StillComing) -> str:
    needed = [*coming.tickets, *coming.orders]
    return (
        f"Still needed for an event that is to come: {', '.join(needed)}. Cancel these first, or "
        "say --valid-too: then they stay valid, without a name."
    )
