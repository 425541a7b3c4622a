"""Written by nsmgr.model.generate from nsmgr.model.links.tun.Tun: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Where
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, optional, truth, whole, word
from nsmgr.model.table.links import Link


class TunTap(Plain):
    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.queues is not None:
            found.append(("queues", "the queues are the descriptors that processes open (tun_attach)", "use `multi_queue: true`"))
        return found


class Tun(TunTap):
    KIND = "tun"
    DATA = "tun"
    MAKER = "ioctl"
    ETHERNET = False
    DEFAULTS = {"arp": False, "txqlen": 500}
    MTU_RANGE = (68, 65535)
    ROWS = {
        **Link.ROWS,
        "txqlen": Attr("IFLA_TXQLEN", default=500, unit="packets"),
        "tx_queues": Attr("IFLA_NUM_TX_QUEUES", Change.READ_ONLY, default=1, export=False),
        "rx_queues": Attr("IFLA_NUM_RX_QUEUES", Change.READ_ONLY, default=1, export=False),
        "arp": Attr(where=Where.FLAG, convert=Bool(True), flag=128, default=False),
        "owner": Attr("IFLA_TUN_OWNER", where=Where.DATA),
        "owner_group": Attr("IFLA_TUN_GROUP", where=Where.DATA),
        "pi": Attr("IFLA_TUN_PI", where=Where.DATA, convert=Bool(), default=False),
        "vnet_hdr": Attr("IFLA_TUN_VNET_HDR", where=Where.DATA, convert=Bool(), default=False),
        "multi_queue": Attr("IFLA_TUN_MULTI_QUEUE", Change.REPLACE, Where.DATA, Bool(), default=False),
        "persist": Attr("IFLA_TUN_PERSIST", Change.READ_ONLY, Where.DATA, Bool(), export=False),
        "num_queues": Attr("IFLA_TUN_NUM_QUEUES", Change.READ_ONLY, Where.DATA, export=False),
        "num_disabled_queues": Attr("IFLA_TUN_NUM_DISABLED_QUEUES", Change.READ_ONLY, Where.DATA, export=False),
    }

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        found += [(f, "a tun link is layer 3: it has no MAC", "use `kind: tap`") for f in ("mac", "broadcast") if getattr(self, f)]
        return found


Tun.SHAPE = Shape(
    {
        **Link.SHAPE.fields,
        "kind": optional(word("tun")),
        "tx_queues": optional(whole()),
        "rx_queues": optional(whole()),
        "owner": optional(whole(0, 4294967294)),
        "owner_group": optional(whole(0, 4294967294)),
        "pi": optional(truth),
        "vnet_hdr": optional(truth),
        "multi_queue": optional(truth),
        "persist": optional(truth),
        "num_queues": optional(whole()),
        "num_disabled_queues": optional(whole()),
    },
    {
        **Link.SHAPE.defaults,
        "kind": "tun",
        "owner": None,
        "owner_group": None,
        "pi": None,
        "vnet_hdr": None,
        "multi_queue": None,
        "persist": None,
        "num_queues": None,
        "num_disabled_queues": None,
    },
    (),
    make=Tun,
)
ENTRY = Tun
