"""The star by pyroute2's own API, as its documentation shows it: ``python peer_pyroute2.py N``."""

from __future__ import annotations

import sys

from pyroute2 import IPRoute, NetNS, netns
from pyroute2.netlink.rtnl.ifaddrmsg import IFA_F_NODAD

from tests.bench.gen import leaf_addresses


def main(n: int) -> None:
    netns.create("hub")
    with NetNS("hub") as hub:
        hub.link("set", index=1, state="up")
        for i in range(n):
            name = f"n{i}"
            netns.create(name)
            with NetNS(name) as leaf:
                hub.link(
                    "add",
                    ifname=f"h{i}",
                    kind="veth",
                    num_tx_queues=1,
                    num_rx_queues=1,
                    peer={"ifname": "eth0", "net_ns_fd": name, "num_tx_queues": 1, "num_rx_queues": 1},
                )
                _leaf(leaf, i)
            hub.link("set", index=hub.link_lookup(ifname=f"h{i}")[0], state="up")


def _leaf(leaf: IPRoute, i: int) -> None:
    index = leaf.link_lookup(ifname="eth0")[0]
    leaf.link("set", index=1, state="up")
    leaf.link("set", index=index, state="up")
    v4, v6 = leaf_addresses(i)
    leaf.addr("add", index=index, address=v4.partition("/")[0], prefixlen=30)
    leaf.addr("add", index=index, address=v6.partition("/")[0], prefixlen=64, flags=IFA_F_NODAD)


if __name__ == "__main__":
    main(int(sys.argv[1]))
