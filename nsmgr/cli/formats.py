"""The choices of ``--format``; apart from the options that need typer, so that a verb can run without it."""

from __future__ import annotations

from enum import StrEnum


class TextOrJson(StrEnum):
    text = "text"
    json = "json"


class PlanFormat(StrEnum):
    text = "text"
    json = "json"
    ip_batch = "ip-batch"
