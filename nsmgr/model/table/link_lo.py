"""Written by nsmgr.model.generate from nsmgr.model.links.lo.Loopback: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Where
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, optional, whole, word
from nsmgr.model.table.links import Link


class Loopback(Plain):
    KIND = "lo"
    DATA = ""
    MAKER = "none"
    IMMUTABLE_NETNS = True
    DEFAULTS = {"multicast": False}
    DEFAULT_MTU = 65536
    ROWS = {
        **Link.ROWS,
        "tx_queues": Attr("IFLA_NUM_TX_QUEUES", Change.READ_ONLY, default=1, export=False),
        "rx_queues": Attr("IFLA_NUM_RX_QUEUES", Change.READ_ONLY, default=1, export=False),
        "multicast": Attr(where=Where.FLAG, convert=Bool(), flag=4096, default=False),
    }

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if name != "lo":
            found.append(("kind", "the loopback device is called lo", "use `kind: dummy` for a second one"))
        if self.controller is not None:
            found.append(("controller", "lo cannot be a port (bridges and bonds refuse IFF_LOOPBACK)", "remove `controller`"))
        if self.mac is not None:
            found.append(("mac", "lo has no MAC address", "remove `mac`"))
        return found


Loopback.SHAPE = Shape(
    {**Link.SHAPE.fields, "kind": optional(word("lo")), "tx_queues": optional(whole()), "rx_queues": optional(whole())},
    {**Link.SHAPE.defaults, "kind": "lo"},
    (),
    make=Loopback,
)
ENTRY = Loopback
