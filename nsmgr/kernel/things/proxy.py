"""Proxy neighbours: the same messages as of :mod:`nsmgr.kernel.things.neighbor`, with NTF_PROXY."""

from __future__ import annotations

from nsmgr.kernel.things.neighbor import DUMP_PROXIES, decode, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nsmgr.kernel.netns import Netns
    from nsmgr.kernel.wire import Span


def ask(handle: Netns) -> list[Span]:
    """The proxy entries of both families."""
    return handle.socket.dump_spans(DUMP_PROXIES)


__all__ = ["ask", "decode", "encode"]
