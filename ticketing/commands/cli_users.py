"""`flask user …`: who signs in to the backoffice, made and helped without it."""

import click
from flask import Flask
from flask.cli import AppGroup

from ticketing.config import settings
from ticketing.members import sessions, users
from ticketing.storing import installation


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(user_group)


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


@user_group.command("reset-two-step")
@click.argument("email")
def reset_two_step_of_user(email: str) -> None:
    """Let EMAIL sign in with the password alone: for who lost phone and recovery codes.

    Be sure that it is them who ask: it weakens their account. They hear of it by mail.
    """
    try:
        users.reset_two_step(email)
    except users.CannotCreate as problem:
        raise click.ClickException(str(problem)) from problem
    click.echo(f"{email} signs in with the password alone, and can set up two-step sign-in anew.")


@user_group.command("sign-out")
@click.argument("email", required=False)
@click.option("--everybody", is_flag=True, help="Every account, for instance after an intrusion.")
def sign_out_user(email: str | None, everybody: bool) -> None:
    """End every session of EMAIL."""
    if everybody == bool(email):
        raise click.UsageError("Say whose sessions end: EMAIL or --everybody.")
    if email is None:
        click.echo(f"Sessions ended: {sessions.end_everybodys()}")
        return
    try:
        users.sign_out(email)
    except users.CannotCreate as problem:
        raise click.ClickException(str(problem)) from problem
    click.echo(f"{email} is signed out everywhere.")


@user_group.command("close")
@click.argument("email")
def close_user(email: str) -> None:
    """Keep EMAIL out from now on; what they did stays in the history."""
    _switch(email, on=False)
    click.echo(f"{email} can't sign in any more.")


@user_group.command("open")
@click.argument("email")
def open_user(email: str) -> None:
    """Let EMAIL in again."""
    _switch(email, on=True)
    click.echo(f"{email} can sign in again.")


def _switch(email: str, *, on: bool) -> None:
    try:
        users.switch(email, on=on)
    except users.CannotCreate as problem:
        raise click.ClickException(str(problem)) from problem


def migrate() -> None:
    """Bring the database up to date, or say in words why it can't be."""
    try:
        installation.migrate()
    except installation.OtherKeys as other:
        raise click.ClickException(str(other)) from other
