"""The commands: `uv run flask …`. Each parses, calls one function, prints."""

import os
import signal
import threading
from types import FrameType

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy.exc import DBAPIError

from ticketing import admission, barcodes, calls, demo, feed, keys, metrics, reminders, users
from ticketing.config import settings
from ticketing.history import By
from ticketing.imports import steps
from ticketing.installation import migrate
from ticketing.transactions import Busy


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(demo_command)
    app.cli.add_command(outbox_command)
    app.cli.add_command(remind_command)
    app.cli.add_command(door_command)
    app.cli.add_command(keys_group)
    app.cli.add_command(user_group)


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


@click.command("outbox")
@click.option("--watch", is_flag=True, help="Keep on delivering until stopped.")
@click.option("--with-parent", is_flag=True, hidden=True, help="Stop when the parent ends.")
def outbox_command(watch: bool, with_parent: bool) -> None:
    """Deliver the mails and make the calls that are waiting; forget what overviews have heard."""
    from ticketing import delivery  # pulls in the PDF's parts, which other commands don't need

    if not watch:
        click.echo(f"Mails: {delivery.deliver_waiting()}")
        click.echo(f"Calls: {calls.make_waiting()}")
        feed.prune()
        steps.forget()
        return
    stop = _stop(with_parent=with_parent)
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

    As often as you like: nobody gets the same one twice. They wait in the outbox.
    """
    done = reminders.remind(dry_run=dry_run)
    for each in done:
        click.echo(f"{each.event}, {each.shop}, {each.days} days before: {each.mails}")
    click.echo(f"Reminders: {sum(each.mails for each in done)}{' would be' * dry_run} written")


@click.command("door")
@click.argument("barcode")
@click.option("--check-in", is_flag=True, help="Let the bearer in, once.")
def door_command(barcode: str, check_in: bool) -> None:
    """Say whether BARCODE is good; exits with 1 and the reason if it isn't."""
    try:
        ticket = (
            admission.check_in(barcode, By("system", "Door"))
            if check_in
            else barcodes.look_up(barcode)
        )
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


user_group = AppGroup("user", help="Who signs in to the backoffice.")


@user_group.command("create")
@click.argument("email")
@click.option("--organiser", required=True, help="The organiser's name; made if it isn't there.")
@click.option("--role", type=click.Choice(users.ROLES), default="owner", show_default=True)
@click.option("--name", default="", help="The person's name, as the history shows it.")
@click.password_option(help="At least 12 characters; asked for if not given.")
def create_user(email: str, organiser: str, role: str, name: str, password: str) -> None:
    """Let EMAIL sign in to the backoffice and work for an organiser."""
    migrate()
    try:
        users.create(email, organiser, role, password, name=name)
    except users.CannotCreate as problem:
        raise click.ClickException(str(problem)) from problem
    click.echo(f"{email} can sign in at {settings().base_url}/backoffice")


@user_group.command("password")
@click.argument("email")
@click.password_option(help="At least 12 characters; asked for if not given.")
def set_user_password(email: str, password: str) -> None:
    """Give EMAIL a new password; whoever is signed in with the old one is signed out."""
    try:
        users.set_password(email, password)
    except users.CannotCreate as problem:
        raise click.ClickException(str(problem)) from problem
    click.echo(f"{email} has a new password.")


def _stop(*, with_parent: bool) -> threading.Event:
    """Set by SIGTERM and SIGINT, or when the process that started this one is gone."""
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    if with_parent:
        threading.Thread(target=_follow, args=(os.getppid(), stop), daemon=True).start()
    return stop


def _follow(parent: int, stop: threading.Event) -> None:
    while not stop.wait(1):
        if os.getppid() != parent:
            stop.set()


def _make_calls(app: Flask, stop: threading.Event) -> None:
    with app.app_context():
        calls.watch(stop)


def _tidy_hourly(app: Flask, stop: threading.Event) -> None:
    """What is done by the way: forgetting what is over, reminding whose day has come."""
    while True:
        with app.app_context():
            for job in (feed.prune, steps.forget, reminders.remind):
                try:
                    job()
                except (Busy, DBAPIError) as error:
                    app.logger.warning("No %s now (%s)", job.__name__, type(error).__name__)
        if stop.wait(3600):
            return
