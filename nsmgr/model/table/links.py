"""Written by nsmgr.model.generate from nsmgr.model.links.base.Link: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Names, Where
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, anything, chain, either, items, mapping, optional, text, truth, whole, word
from nsmgr.text import ifname, link_ref, size, unicast_mac


class Link(Plain):
    ROWS = {
        "state": Attr(where=Where.FLAG, convert=Names({"down": 0, "up": 1}), flag=1, default="up"),
        "mtu": Attr("IFLA_MTU", unit="bytes"),
        "mac": Attr("IFLA_ADDRESS", export=False),
        "broadcast": Attr("IFLA_BROADCAST", export=False),
        "controller": Attr("IFLA_MASTER", ref=True),
        "parent": Attr("IFLA_LINK", Change.REPLACE, ref=True),
        "alias": Attr("IFLA_IFALIAS", late=True, absent="", default=""),
        "group": Attr("IFLA_GROUP", default=0),
        "txqlen": Attr("IFLA_TXQLEN", default=1000, unit="packets"),
        "tx_queues": Attr("IFLA_NUM_TX_QUEUES", Change.REPLACE, default=1),
        "rx_queues": Attr("IFLA_NUM_RX_QUEUES", Change.REPLACE, default=1),
        "arp": Attr(where=Where.FLAG, convert=Bool(True), flag=128, default=True),
        "multicast": Attr(where=Where.FLAG, convert=Bool(), flag=4096, default=True),
        "allmulticast": Attr(where=Where.FLAG, convert=Bool(), flag=512, default=False),
        "promisc": Attr(where=Where.FLAG, convert=Bool(), flag=256, default=False),
        "gso_max_size": Attr("IFLA_GSO_MAX_SIZE", default=65536, unit="bytes"),
        "gso_max_segs": Attr("IFLA_GSO_MAX_SEGS", default=65535),
        "gro_max_size": Attr("IFLA_GRO_MAX_SIZE", default=65536, unit="bytes"),
        "gso_ipv4_max_size": Attr("IFLA_GSO_IPV4_MAX_SIZE", default=65536, unit="bytes"),
        "gro_ipv4_max_size": Attr("IFLA_GRO_IPV4_MAX_SIZE", default=65536, unit="bytes"),
        "linkmode": Attr("IFLA_LINKMODE", convert=Names({"default": 0, "dormant": 1}), default="default"),
        "protodown": Attr("IFLA_PROTO_DOWN", convert=Bool(), late=True, absent=False, default=False),
        "addrgenmode": Attr(
            "IFLA_INET6_ADDR_GEN_MODE",
            where=Where.INET6,
            convert=Names({"eui64": 0, "none": 1, "stable_secret": 2, "random": 3}),
            late=True,
            default="eui64",
        ),
    }


Link.SHAPE = Shape(
    {
        "kind": optional(text()),
        "state": word("up", "down"),
        "mtu": optional(whole(0, 2147483647)),
        "mac": optional(chain(text(), unicast_mac)),
        "broadcast": optional(chain(text(), unicast_mac)),
        "controller": optional(chain(text(1, 15), ifname)),
        "parent": optional(chain(text(), link_ref)),
        "alias": optional(text(None, 255)),
        "group": optional(whole(0, 4294967295)),
        "txqlen": optional(whole(0, 2147483647)),
        "tx_queues": optional(whole(1, 4096)),
        "rx_queues": optional(whole(1, 4096)),
        "arp": optional(truth),
        "multicast": optional(truth),
        "allmulticast": optional(truth),
        "promisc": optional(truth),
        "gso_max_size": optional(chain(size, whole())),
        "gso_max_segs": optional(whole(0, 65535)),
        "gro_max_size": optional(chain(size, whole())),
        "gso_ipv4_max_size": optional(chain(size, whole())),
        "gro_ipv4_max_size": optional(chain(size, whole())),
        "linkmode": optional(word("default", "dormant")),
        "protodown": optional(truth),
        "addrgenmode": optional(word("eui64", "none", "stable_secret", "random")),
        "queues": optional(either(whole(1, 4096), word("kernel"))),
        "altnames": optional(items(text(1, 127))),
        "addresses": items(anything),
        "sysctls": mapping(text(), either(text(), whole(), truth)),
    },
    {
        "kind": None,
        "state": "up",
        "mtu": None,
        "mac": None,
        "broadcast": None,
        "controller": None,
        "parent": None,
        "alias": None,
        "group": None,
        "txqlen": None,
        "tx_queues": None,
        "rx_queues": None,
        "arp": None,
        "multicast": None,
        "allmulticast": None,
        "promisc": None,
        "gso_max_size": None,
        "gso_max_segs": None,
        "gro_max_size": None,
        "gso_ipv4_max_size": None,
        "gro_ipv4_max_size": None,
        "linkmode": None,
        "protodown": None,
        "addrgenmode": None,
        "queues": None,
        "altnames": None,
        "addresses": [],
        "sysctls": {},
    },
    (),
    make=Link,
)
ENTRY = Link
