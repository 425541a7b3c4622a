"""RTM_NEWLINK payload → :class:`nsmgr.plan.state.Link`. The hot path of every observe: nothing is walked twice."""

from __future__ import annotations

from nsmgr.kernel.codec import Buffer
from nsmgr.kernel.linklayout import Layout
from nsmgr.plan.state import Link

MAX_LAYOUTS = 256  # then all are forgotten: a network in which every link looks different gains nothing by remembering


class LinkDecoder:
    """Remembers the layouts it has met, by the size of the payload."""

    def __init__(self) -> None:
        self._layouts: dict[int, list[Layout]] = {}
        self._count = 0

    def __call__(self, buf: Buffer, start: int, end: int) -> Link:
        """One link from the payload (struct ifinfomsg and attributes) of an RTM_NEWLINK.

        ``attrs`` are canonical by the rows of its kind, except that references (``controller``, ``parent`` …) are
        interface indexes still; a reference to nothing is missing. With the options of ports. Raises CodecError on malformed
        bytes.
        """
        layout, payload = self.find(buf, start, end)
        return layout.read(buf, start, payload, ports=True)

    def find(self, buf: Buffer, start: int, end: int) -> tuple[Layout, int]:
        """How the payload is laid out, and the payload as a little-endian number. Raises CodecError on malformed bytes."""
        payload = int.from_bytes(buf[start:end], "little")
        for layout in self._layouts.get(end - start, ()):
            if payload & layout.mask == layout.fixed:
                return layout, payload
        layout = Layout(buf, start, end)
        if self._count == MAX_LAYOUTS:
            self._layouts.clear()
            self._count = 0
        self._layouts.setdefault(layout.size, []).append(layout)
        self._count += 1
        return layout, payload


decode_link = LinkDecoder()
