"""The section ``macsec`` makes things of other types only: of its own there are none to read."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nsmgr.kernel.netns import Netns
    from nsmgr.plan.state import Thing


def ask_links(handle: Netns, links: Mapping[int, str]) -> None:
    """Nothing."""


def decode(answer: None, names: Mapping[int, str]) -> Iterator[Thing]:
    """Nothing."""
    return iter(())
