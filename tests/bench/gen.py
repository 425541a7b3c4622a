"""The networks that are measured, as YAML for nsmgr and as batches for ip(8). floor.c makes the first one by itself.

star(n)      n namespaces n<i>, each with eth0 whose far end h<i> lies in the namespace "hub"; IPv4 and IPv6 on eth0.
ring(n, k)   n namespaces with k links each: k/2 pairs to the next namespace of the ring; IPv4 and IPv6 on every end.
flat, pairs, routes: n objects in one place.
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
            lines.append(f"      a{k}: {{kind: veth, peer: n{after}/b{k}, addresses: [{_flow(i * half + k, 1)}]}}")
        for k in range(half):
            lines.append(f"      b{k}: {{addresses: [{_flow(before * half + k, 2)}]}}")
    return "\n".join(lines) + "\n"


def pair_addresses(pair: int, end: int) -> tuple[str, str]:
    """The IPv4 and IPv6 address of one end, 1 or 2, of a pair of the ring."""
    return f"10.{pair >> 14}.{pair >> 6 & 255}.{(pair & 63) * 4 + end}/30", f"fd00:0:{pair >> 16:x}:{pair & 0xFFFF:x}::{end}/64"


def _flow(pair: int, end: int) -> str:
    v4, v6 = pair_addresses(pair, end)
    return f'{v4}, {{address: "{v6}", nodad: true}}'


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


def flat(n: int, *, state: str = "up") -> str:
    """YAML of n links in the one namespace "one": pairs a<i>, b<i>, an IPv4 address on each end, as floor.c's ``flat``."""
    down = "" if state == "up" else f"state: {state}, "
    lines = ["version: 1", "name: flat", "namespaces:", "  one:", "    links:"]
    for i in range(n // 2):
        lines.append(f"      a{i}: {{{down}kind: veth, peer: b{i}, addresses: [{_ipv4(10 << 24 | 2 * i)}/31]}}")
        lines.append(f"      b{i}: {{{down}addresses: [{_ipv4(10 << 24 | 2 * i + 1)}/31]}}")
    return "\n".join(lines) + "\n"


def pairs(n: int, *, bridge: bool = False) -> str:
    """YAML of n pairs p<i>, e<i> from "sw" to "far". ``n`` 0: both are empty.

    With a bridge the near ends are its ports, and the far ends are down: with carrier, the bridge would flood what IPv6 has to
    say on each of them to all the others, and the kernel would be busy with n² packets for seconds.
    """
    near = [f"      p{i}: {{kind: veth, peer: far/e{i}{', controller: br0' if bridge else ''}}}" for i in range(n)]
    far = [f"      e{i}: {{state: down}}" for i in range(n if bridge else 0)]
    if bridge:
        near.insert(0, "      br0: {kind: bridge}")
    lines = ["version: 1", "name: pairs", "namespaces:"]
    for name, links in (("far", far), ("sw", near)):
        lines += [f"  {name}:", "    links:", *links] if links else [f"  {name}: {{}}"]
    return "\n".join(lines) + "\n"


def routes(n: int) -> str:
    """YAML of n host routes through the one link of "one"."""
    lines = ["version: 1", "name: routes", "namespaces:", "  far: {}", "  one:", "    links:"]
    lines += ["      eth0: {kind: veth, peer: far/eth0, addresses: [10.1.0.1/24]}", "    routes:"]
    lines += [f"      - {{to: {_ipv4(11 << 24 | i)}/32, via: 10.1.0.2}}" for i in range(n)]
    return "\n".join(lines) + "\n"


def long_ring(n: int, links: int) -> str:
    """YAML of the ring as people write it by hand: block style, six and a half lines a link."""
    half = links // 2
    lines = ["version: 1", "name: ring", "namespaces:"]
    for i in range(n):
        after, before = (i + 1) % n, (i - 1) % n
        lines += [f"  n{i}:", "    links:"]
        for k in range(half):
            lines += [f"      a{k}:", "        kind: veth", f"        peer: n{after}/b{k}", "        addresses:"]
            lines += _block_addresses(i * half + k, 1)
        for k in range(half):
            lines += [f"      b{k}:", "        addresses:", *_block_addresses(before * half + k, 2)]
    return "\n".join(lines) + "\n"


def _block_addresses(pair: int, end: int) -> list[str]:
    v4, v6 = pair_addresses(pair, end)
    return [f"          - {v4}", f'          - address: "{v6}"', "            nodad: true"]


def ifstate_star(n: int) -> str:
    """The star in IfState's words: it wants the pair named at both ends."""
    lines = ["interfaces: {}", "namespaces:", "  hub:", "    interfaces:"]
    for i in range(n):
        lines += [f"      h{i}:", f"        link: {{state: up, kind: veth, peer: eth0, peer_netns: n{i}}}"]
    for i in range(n):
        v4, v6 = leaf_addresses(i)
        lines += [f"  n{i}:", "    interfaces:", "      eth0:", f'        addresses: [{v4}, "{v6}"]']
        lines.append(f"        link: {{state: up, kind: veth, peer: h{i}, peer_netns: hub}}")
    return "\n".join(lines) + "\n"


def _ipv4(number: int) -> str:
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))
