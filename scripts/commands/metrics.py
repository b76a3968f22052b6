"""`arbctl metrics`: the fleet's figures as a machine that watches reads them."""

import typer

from scripts import render
from scripts.commands.given import AsJson, config


def add_to(app: typer.Typer) -> None:
    """Register the command of this file."""
    app.command()(metrics)


def metrics(context: typer.Context, as_json: AsJson = False) -> None:
    """The state of the fleet as OpenMetrics text, once. Example: arbctl metrics | grep arb_cap_used_ratio"""
    from scripts import answer_metrics

    render.show(answer_metrics.metrics(config(context)), as_json=as_json)
