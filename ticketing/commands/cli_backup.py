"""The commands about the whole of the data: is it sound, keep it, put it back."""

from pathlib import Path
from typing import Final

import click
from flask import Flask, current_app

from ticketing.extensions import db
from ticketing.storing import installation
from ticketing.storing.transactions import DATABASE_ERRORS

MOST_SAID: Final = 100  # what is wrong with the first hundred is wrong with the others

_HERE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)


def init_app(app: Flask) -> None:
    app.cli.add_command(check_command)
    app.cli.add_command(backup_command)
    app.cli.add_command(restore_command)


@click.command("check")
@click.option("--most", default=MOST_SAID, show_default=True, help="Stop after so many findings.")
def check_command(most: int) -> None:
    """Look whether all data hold together; exits with 1 and says what doesn't.

    Nothing is changed, and people may go on meanwhile. A million orders take some minutes.
    """
    if not tell_problems(most):
        raise SystemExit(1)


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
def backup_command(file: Path) -> None:
    """Keep all data in FILE, which must not be there yet. People may go on meanwhile.

    The secrets (secrets.json) and what was taken back (revocations.jsonl) are not in it: keep
    copies of these two elsewhere.
    """
    if problem := installation.problem_of(current_app._get_current_object()):  # type: ignore[attr-defined]
        raise click.ClickException(problem)
    from ticketing import backup  # what no server needs is imported by who asks for it

    try:
        size = backup.backup(file)
    except backup.BackupFailed as failed:
        raise click.ClickException(str(failed)) from failed
    click.echo(f"{file}: {size:,} bytes")


@click.command("restore")
@click.argument("file", type=_HERE, required=False)
@click.option("--replace", is_flag=True, help="Though there are data; they are kept in a file.")
@click.option("--in-place", is_flag=True, help="It was put back already, by other means.")
@click.option(
    "--revocations",
    "others",
    type=_HERE,
    multiple=True,
    help="The revocations.jsonl of another machine on the same database; once for each.",
)
@click.option(
    "--without-revocations",
    is_flag=True,
    help="The file is lost: what was taken back since the backup is as good as before.",
)
def restore_command(
    file: Path | None,
    replace: bool,
    in_place: bool,
    others: tuple[Path, ...],
    without_revocations: bool,
) -> None:
    """Put a backup back, take back again what was taken back since, and look whether all is well.

    Stop server and watcher first, on all machines. Everybody signs in anew afterwards.
    """
    from ticketing import backup  # see above

    if (file is None) != in_place:
        raise click.UsageError("Say which backup: FILE, or --in-place if it was put back already.")
    try:
        if file is not None:
            if not without_revocations:
                backup.check_lines(backup.look(file).mark, others)
            if kept := backup.put_back(file, replace=replace):
                click.echo(f"What was there is kept: {kept}")
        done = backup.take_back_again(others, without_lines=without_revocations)
    except backup.BackupFailed as failed:
        raise click.ClickException(str(failed)) from failed
    for kind, number in sorted(done.again.items()):
        click.echo(f"Taken back again, {kind}: {number:,}")
    click.echo(f"Open tickets with another link and barcode: {done.open_tickets:,}")
    click.echo(f"Sessions ended: {done.sessions:,}")
    if not tell_problems():
        raise SystemExit(1)


def tell_problems(most: int = MOST_SAID) -> bool:
    """Print what is wrong with the database; whether nothing is."""
    from ticketing import checking  # see above

    orders = wrong = 0

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
