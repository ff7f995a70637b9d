"""The commands about the whole of the data: is it sound, keep it, put it back."""

from typing import Final

import click
from flask import Flask

from ticketing import checking
from ticketing.extensions import db
from ticketing.transactions import DATABASE_ERRORS

MOST_SAID: Final = 100  # what is wrong with the first hundred is wrong with the others


def init_app(app: Flask) -> None:
    app.cli.add_command(check_command)


@click.command("check")
@click.option("--most", default=MOST_SAID, show_default=True, help="Stop after so many findings.")
def check_command(most: int) -> None:
    """Look whether all data hold together; exits with 1 and says what doesn't.

    Nothing is changed, and people may go on meanwhile. A million orders take some minutes.
    """
    if not tell_problems(most):
        raise SystemExit(1)


def tell_problems(most: int = MOST_SAID) -> bool:
    """Print what is wrong with the database; whether nothing is."""
    orders = 0
    wrong = 0

    def count(done: int) -> None:
        nonlocal orders
        orders += done

    try:
        for problem in checking.problems(db.session(), told=count):
            click.echo(problem)
            wrong += 1
            if wrong == most:
                click.echo(f"Stopped after {most} findings.")
                break
    except DATABASE_ERRORS as error:
        raise click.ClickException(
            f"The database can't be looked at: {type(error).__name__}"
        ) from error
    finally:
        db.session.rollback()
    if not wrong:
        click.echo(f"{orders:,} orders, and all that belongs to them: nothing is wrong.")
    return not wrong
