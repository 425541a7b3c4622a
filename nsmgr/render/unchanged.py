"""What is said when nothing differs. By itself, because saying it takes no plan."""

from __future__ import annotations


def nothing_to_do(deployment: str) -> str:
    return f"Nothing to do: {deployment} is in the described state."


def in_sync(deployment: str) -> str:
    return f"In sync: {deployment} is in the described state."
