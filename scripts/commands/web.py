"""The commands about the web page: where it is, and what lets one in."""

from typing import Annotated

import typer

from scripts import render
from scripts.commands.given import AsJson, config

ReadOnly = Annotated[bool, typer.Option("--read-only", help="The token of whoever may look and not act.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands of this file."""
    group = typer.Typer(help="The web page: where it is, and what lets one in.", no_args_is_help=True)
    for command in (link, token, renew):
        group.command()(command)
    app.add_typer(group, name="web")


def link(context: typer.Context, as_json: AsJson = False) -> None:
    """The page's address, and where the tokens lie. No secret is printed.

    Example: xdg-open "$(arbctl web link)"
    """
    from scripts import answer_web

    render.show(answer_web.link(config(context)), as_json=as_json)


def token(context: typer.Context, read_only: ReadOnly = False, as_json: AsJson = False) -> None:
    """Print a token, to be pasted into the login page. Whoever has the operator's may halt and flatten the fleet."""
    from common.web.tokens import Role
    from scripts import answer_web

    role = Role.READ_ONLY if read_only else Role.OPERATOR
    render.show(answer_web.token(config(context), role), as_json=as_json)


def renew(context: typer.Context, read_only: ReadOnly = False, as_json: AsJson = False) -> None:
    """Put another token in place of the old one. Every session that was begun with the old one is over at once."""
    from common.web.tokens import Role
    from scripts import answer_web

    role = Role.READ_ONLY if read_only else Role.OPERATOR
    render.show(answer_web.renew(config(context), role), as_json=as_json)
