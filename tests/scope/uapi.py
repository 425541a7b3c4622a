"""Names and numbers of netlink attributes, from the kernel's own headers, kept in ``uapi.json`` beside this file.

``python -m tests.scope.uapi DIRECTORY VERSION`` makes the file anew from an unpacked linux-libc-dev package (its
usr/include/linux) or a kernel's include/uapi/linux: the tests must not depend on which headers a machine happens to have.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("uapi.json")
HEADERS = (
    "if_link.h", "if_addr.h", "if_bridge.h", "if_macsec.h", "if_tunnel.h", "veth.h", "can/vxcan.h", "can/netlink.h", "batman_adv.h",
    "rtnetlink.h", "fib_rules.h", "neighbour.h", "nexthop.h", "lwtunnel.h", "seg6_iptunnel.h", "seg6_local.h", "mpls_iptunnel.h",
    "pkt_sched.h", "pkt_cls.h",
)  # fmt: skip
_PREFIXES = re.compile(
    r"(IFLA|IFA|RTA|RTAX|FRA|NDA|NHA|LWT|LWTUNNEL|MPLS_IPTUNNEL|SEG6|VETH_INFO|VXCAN_INFO|BATADV_ATTR|BRIDGE_VLANDB|MDBE)_"
    r"|(NETEM_LOSS|TCA_(NETEM|TBF|HTB|FQ|FQ_CODEL|CODEL|PIE|CAKE|FLOWER|U32|POLICE))_UNSPEC"
)
_NOISE = re.compile(r"/\*.*?\*/|//[^\n]*|^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", re.DOTALL | re.MULTILINE)
_ENUM = re.compile(r"\benum\s*\w*\s*\{([^}]*)\}")
_IDLE = re.compile(r"_(UNSPEC|PAD|UNUSED\d?)$|^(__|NUM_)")  # not attributes


def read(directory: Path) -> dict[str, dict[str, int]]:
    """Enumeration → member → number, of every enumeration of attributes; called by its first member, less ``_UNSPEC``."""
    found: dict[str, dict[str, int]] = {}
    for header in HEADERS:
        path = directory / header
        if not path.exists():
            continue
        for body in _ENUM.findall(_NOISE.sub(" ", path.read_text())):
            first = body.strip().partition(",")[0].partition("=")[0].strip()
            if _PREFIXES.match(first.lstrip("_")):
                members = dict(_members(body))
                found[first.removesuffix("_UNSPEC")] = {name: n for name, n in members.items() if not _IDLE.search(name)}
    return found


def _members(body: str) -> Iterator[tuple[str, int]]:
    known: dict[str, int] = {}
    following = 0
    for entry in body.split(","):
        name, _, value = (part.strip() for part in entry.partition("="))
        if not name:
            continue
        if " - 1" in value:  # IFLA_CAN_MAX = __IFLA_CAN_MAX - 1
            continue
        if value:
            following = known[value] if value in known else int(value, 0) if value[0].isdigit() else following
        known[name] = following
        yield name, following
        following += 1


@cache
def version() -> str:
    """Whose headers they are."""
    return str(json.loads(FILE.read_text())["version"])


@cache
def enumerations() -> Mapping[str, Mapping[str, int]]:
    found: dict[str, dict[str, int]] = json.loads(FILE.read_text())["enumerations"]
    return found


def write(directory: Path, label: str) -> None:
    lines = [f" {json.dumps(name)}: {json.dumps(members)}" for name, members in sorted(read(directory).items()) if members]
    FILE.write_text(f'{{"version": {json.dumps(label)}, "enumerations": {{\n' + ",\n".join(lines) + "\n}}\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]), sys.argv[2])
