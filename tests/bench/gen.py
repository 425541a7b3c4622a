"""The networks that are measured, as YAML for nsmgr and as batches for ip(8). floor.c makes the first one by itself.

star(n)      n namespaces n<i>, each with eth0 whose far end h<i> lies in the namespace "hub"; IPv4 and IPv6 on eth0.
ring(n, k)   n namespaces with k links each: k/2 pairs to the next namespace of the ring; IPv4 and IPv6 on every end.
"""

from __future__ import annotations

from pathlib import Path

# ip(8) has no short way to say "this number of queues" for both ends but to say it twice.
_QUEUES = "numtxqueues 1 numrxqueues 1"


def leaf_addresses(i: int) -> tuple[str, str]:
    """The addresses of n<i>/eth0, as floor.c computes them."""
    return f"10.{i >> 14}.{i >> 6 & 255}.{(i & 63) * 4 + 2}/30", f"fd00:0:0:{i:x}::2/64"


def star(n: int) -> str:
    """YAML of the star; both ends of the pairs have one queue, which is nsmgr's default."""
    lines = ["version: 1", "name: star", "namespaces:", "  hub:", "    links:"]
    lines += [f"      h{i}: {{kind: veth, peer: n{i}/eth0}}" for i in range(n)]
    for i in range(n):
        v4, v6 = leaf_addresses(i)
        lines += [f"  n{i}:", "    links:", f'      eth0: {{addresses: [{v4}, {{address: "{v6}", nodad: true}}]}}']
    return "\n".join(lines) + "\n"


def ring(n: int, links: int) -> str:
    """YAML of the ring: n × links veth ends in n × links / 2 pairs. ``links`` is even, n at least 3."""
    half = links // 2
    lines = ["version: 1", "name: ring", "namespaces:"]
    for i in range(n):
        after, before = (i + 1) % n, (i - 1) % n
        lines += [f"  n{i}:", "    links:"]
        for k in range(half):
            lines.append(f"      a{k}: {{kind: veth, peer: n{after}/b{k}, addresses: [{_pair_addresses(i * half + k, 1)}]}}")
        for k in range(half):
            lines.append(f"      b{k}: {{addresses: [{_pair_addresses(before * half + k, 2)}]}}")
    return "\n".join(lines) + "\n"


def _pair_addresses(pair: int, end: int) -> str:
    return (
        f"10.{pair >> 14}.{pair >> 6 & 255}.{(pair & 63) * 4 + end}/30, "
        f'{{address: "fd00:0:{pair >> 16:x}:{pair & 0xFFFF:x}::{end}/64", nodad: true}}'
    )


def ip_batches(directory: Path, n: int, *, one_queue: bool = True) -> None:
    """Batches for the star, the best way we know of using ip(8): ``make.sh`` runs them one after the other.

    One ip for all the namespaces, one for all the pairs (each born in its two namespaces), one for the hub ends, and one for
    each leaf, which is unavoidable: nothing in a batch can change the namespace it works in.
    """
    directory.mkdir()
    queues = _QUEUES if one_queue else ""
    names = ["hub", *(f"n{i}" for i in range(n))]
    (directory / "netns").write_text("".join(f"netns add {name}\n" for name in names))
    hub = ["link set lo up"]
    hub += [f"link add h{i} {queues} type veth peer name eth0 {queues} netns n{i}" for i in range(n)]
    hub += [f"link set h{i} up" for i in range(n)]
    (directory / "hub").write_text("\n".join(hub) + "\n")
    for i in range(n):
        v4, v6 = leaf_addresses(i)
        lines = ["link set lo up", "link set eth0 up", f"addr add {v4} dev eth0", f"addr add {v6} dev eth0 nodad"]
        (directory / f"n{i}").write_text("\n".join(lines) + "\n")
    head = f"set -e; cd {directory}; ip -batch netns; ip -n hub -batch hub\n"
    leaves = " ".join(f"n{i}" for i in range(n))
    (directory / "make.sh").write_text(f"{head}for name in {leaves}; do ip -n $name -batch $name; done\n")
    (directory / "parallel.sh").write_text(f"{head}echo {leaves} | xargs -n 1 -P \"$(nproc)\" sh -c 'exec ip -n $0 -batch $0'\n")
