"""`uv run flask i18n …`: for those who change words, and those who translate them."""

import click
from flask.cli import AppGroup

from ticketing.config import settings
from ticketing.translating import checking, source
from ticketing.words import catalogues
from ticketing.words.catalogues import is_complete, is_said, languages_in, path_of, read

group = AppGroup("i18n", help="The words, in every language (docs/translating.md).")


@group.command("update")
@click.argument("languages", nargs=-1)
def update(languages: tuple[str, ...]) -> None:
    """Have the catalogues follow the code, and begin those of further LANGUAGES."""
    folder = settings().translations
    source.update(folder, list(languages))
    for language in languages_in(folder):
        click.echo(_how_far(language))


@group.command("check")
def check() -> None:
    """Say what is missing or would break a page; end with 1 if anything."""
    found = checking.problems_in(settings().translations)
    for problem in found:
        click.echo(str(problem))
    if found:
        raise click.exceptions.Exit(1)
    for language in languages_in(settings().translations):
        click.echo(_how_far(language))


@group.command("compile")
def compile_catalogues() -> None:
    """Make what programs read, which the start would do otherwise."""
    catalogues.compile_all(settings().translations)


def _how_far(language: str) -> str:
    catalogue = read(path_of(settings().translations, language))
    messages = [message for message in catalogue if message.id]
    said = sum(is_said(message) and not message.fuzzy for message in messages)
    state = "complete" if is_complete(catalogue) else f"{said} of {len(messages)}, not offered yet"
    return f"{language}: {state}"
