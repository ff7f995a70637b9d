"""The commands: `uv run flask …`. Each parses, calls one function, prints."""

import os
import signal
import threading
from types import FrameType

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy import select

from ticketing import calls, feed, metrics, reminders
from ticketing.carried import admission, barcodes, tickets_pdf
from ticketing.commands import cli_backup, cli_privacy, cli_users
from ticketing.commands.cli_users import migrate
from ticketing.config import settings
from ticketing.extensions import db
from ticketing.history import DOOR
from ticketing.imports import steps
from ticketing.members import audit, sessions
from ticketing.models import Shop
from ticketing.organising import event_previews
from ticketing.privacy import remains, retention
from ticketing.storing import installation, limits
from ticketing.storing.transactions import DATABASE_ERRORS, Unavailable
from ticketing.translating.commands import group as i18n_group
from ticketing.trying import demo, made_up
from ticketing.vault import keys
from ticketing.wallet import ending


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(demo_command)
    app.cli.add_command(make_orders_command)
    app.cli.add_command(outbox_command)
    app.cli.add_command(remind_command)
    app.cli.add_command(door_command)
    app.cli.add_command(keys_group)
    cli_users.init_app(app)
    cli_backup.init_app(app)
    cli_privacy.init_app(app)
    app.cli.add_command(i18n_group)


@click.command("demo")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def demo_command(as_json: bool) -> None:
    """Make the demo's data if it isn't there, and print where to look."""
    migrate()
    found = demo.demo()
    if as_json:
        click.echo(demo.as_json(found))
        return
    click.echo(f"Shop        {found.shop_url}")
    click.echo(f"Overview    {found.overview_url}")
    click.echo(f"Backoffice  {found.backoffice_url}  ({found.email}, {found.password})")


@click.command("make-orders")
@click.argument("number", type=click.IntRange(1, 5_000_000))
@click.option("--tickets", type=click.IntRange(1, 500), default=3, show_default=True)
@click.option("--shop", "slug", help="Make them up for this shop, whether people buy there or not.")
def make_orders_command(number: int, tickets: int, slug: str | None) -> None:
    """Make up NUMBER orders, to look around in and to measure with. No mail is sent.

    They belong to the demo's organiser, or to one of their own, which `flask user create` opens.
    """
    migrate()
    shop = None
    if slug is not None:
        shop = db.session.scalar(select(Shop).where(Shop.slug == slug))
        if shop is None:
            raise click.ClickException(f"There is no shop “{slug}”.")
    try:
        with click.progressbar(length=number, label="Orders") as bar:
            made = made_up.make(
                number, shop=shop, tickets=tickets, told=lambda done: bar.update(done - bar.pos)
            )
    except made_up.RealOrders as refused:
        raise click.ClickException(
            "People have placed orders here. Name a --shop if these may stand among them."
        ) from refused
    click.echo(f"{made.orders:,} orders with {made.tickets:,} tickets of {made.organiser}")


@click.command("outbox")
@click.option("--watch", is_flag=True, help="Keep on delivering until stopped.")
@click.option("--child-of", type=int, hidden=True, help="Stop when this parent ends.")
def outbox_command(watch: bool, child_of: int | None) -> None:
    """Deliver the mails and make the calls that are waiting; forget what overviews have heard."""
    from ticketing.posting import (  # pulls in the PDF's parts, which other commands don't need
        delivery,
    )

    _check_keys()
    if not watch:
        click.echo(f"Mails: {delivery.deliver_waiting()}")
        click.echo(f"Calls: {calls.make_waiting()}")
        feed.prune()
        limits.prune()
        sessions.prune()
        steps.forget()
        audit.prune()
        tickets_pdf.tidy()
        event_previews.tidy()
        remains.clear()
        return
    stop = _stop(child_of)
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    metrics.share(app, "watcher")
    threading.Thread(target=_tidy_hourly, args=(app, stop), daemon=True).start()
    # Not in line with the mails: other programs may take their time.
    caller = threading.Thread(target=_make_calls, args=(app, stop))
    caller.start()
    try:
        delivery.watch(stop)
    finally:
        stop.set()
        caller.join()  # the calls at hand are finished and written down


@click.command("remind")
@click.option("--dry-run", is_flag=True, help="Only say who would be reminded.")
def remind_command(dry_run: bool) -> None:
    """Write the reminders whose day has come; `flask outbox --watch` does so every hour.

    As often as you like: nobody gets the same one twice. They wait in the outbox. Owners are told
    as well of a certificate for Apple Wallet that runs out.
    """
    _check_keys()
    done = reminders.remind(dry_run=dry_run)
    for each in done:
        click.echo(f"{each.event}, {each.shop}, {each.days} days before: {each.mails}")
    click.echo(f"Reminders: {sum(each.mails for each in done)}{' would be' * dry_run} written")
    if not dry_run and (told := ending.warn()):
        click.echo(f"Owners told that a certificate for Apple Wallet runs out: {told}")


@click.command("door")
@click.argument("barcode")
@click.option("--check-in", is_flag=True, help="Let the bearer in, once.")
def door_command(barcode: str, check_in: bool) -> None:
    """Say whether BARCODE is good; exits with 1 and the reason if it isn't."""
    _check_keys()
    try:
        ticket = admission.check_in(barcode, DOOR) if check_in else barcodes.look_up(barcode)
    except barcodes.BarcodeRefused as refused:
        raise click.ClickException(f"refused: {refused.reason}") from refused
    holder = f"{ticket.first_name} {ticket.last_name}".strip()
    click.echo(f"admitted: {ticket.code} {ticket.type.name} {holder}".rstrip())


keys_group = AppGroup("keys", help="The installation's secrets.")


@keys_group.command("rotate")
def rotate_keys() -> None:
    """Make new links under a new key; links already out go on working."""
    if settings().link_keys:
        raise click.ClickException(
            "PASSALONG_LINK_KEYS is set and overrides secrets.json, so a new key there would make "
            "no links. Put the new key first in that variable instead."
        )
    number = keys.rotate_links(settings())
    click.echo(f"New links are made with key {number} once the server has been restarted.")


@keys_group.command("adopt")
@click.confirmation_option(
    prompt="Every link and barcode made with other keys will be void, for good. Go on?"
)
def adopt_keys() -> None:
    """Take over a database whose secrets.json is lost: from now on these keys count."""
    installation.adopt_keys()
    click.echo("The database belongs to these keys now. Start the server anew.")


def _check_keys() -> None:
    if problem := installation.problem_of(current_app._get_current_object()):  # type: ignore[attr-defined]
        raise click.ClickException(problem)


def _stop(parent: int | None) -> threading.Event:
    """Set by SIGTERM and SIGINT, or when the process that started this one is gone.

    It says who it is: it may be gone before we could ask.
    """
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    if parent is not None:
        threading.Thread(target=_follow, args=(parent, stop), daemon=True).start()
    return stop


def _follow(parent: int, stop: threading.Event) -> None:
    while not stop.wait(1):
        if os.getppid() != parent:
            stop.set()


def _make_calls(app: Flask, stop: threading.Event) -> None:
    with app.app_context():
        calls.watch(stop)


_TIDYING = (
    feed.prune,
    limits.prune,
    sessions.prune,
    steps.forget,
    audit.prune,
    tickets_pdf.tidy,
    event_previews.tidy,
    reminders.remind,
    ending.warn,
    retention.retain,
    remains.clear,
)


def _tidy_hourly(app: Flask, stop: threading.Event) -> None:
    """What is done by the way: forgetting what is over, reminding whose day has come."""
    while True:
        with app.app_context():
            for job in _TIDYING:
                try:
                    job()
                except (Unavailable, *DATABASE_ERRORS) as error:
                    app.logger.warning("No %s now (%s)", job.__name__, type(error).__name__)
        if stop.wait(3600):
            return
