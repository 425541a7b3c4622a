"""One hint for a refusal of the kernel: errno and words → what a person can do about it. First row that fits wins."""

from __future__ import annotations

import errno

from nsmgr.record import Record


class Hint(Record, frozen=True):
    """A row: ``words`` is a part of the extack ("" = any), ``type`` of the operation ("" = any), ``action`` likewise."""

    errno: int
    text: str
    words: str = ""
    type: str = ""
    action: str = ""


_NO_WAY = "no route to the gateway: the link must be up and have an address in the gateway's prefix"
_PREFSRC = "`prefsrc` must be an address of this namespace; a new IPv6 address is tentative for about 2 s: give it `nodad: true`"

HINTS: tuple[Hint, ...] = (
    Hint(-1, "the answer was lost, the change may have been made: run apply again, it continues from what is there"),
    Hint(
        errno.EEXIST, "remove the other owner of the address (`nsmgr show`), or let apply run again", "Address already", "address"
    ),
    Hint(
        errno.EEXIST,
        "something of this name appeared after the plan was made, or a dying namespace still holds it: run apply again",
        type="link",
    ),
    Hint(errno.EEXIST, "the namespace exists and is not ours: `adopt: true` takes it over", type="namespace"),
    Hint(errno.EEXIST, "it is there already: another program works on this namespace; run apply again"),
    Hint(errno.ENODEV, "a link it refers to vanished after the plan was made: run apply again"),
    Hint(
        errno.EOPNOTSUPP,
        "this kernel lacks the kind (no such module): `nsmgr doctor` lists what it has",
        "Unknown device type",
    ),
    Hint(errno.EOPNOTSUPP, "this kernel was built without VLAN filtering in bridges (CONFIG_BRIDGE_VLAN_FILTERING)", "vlan"),
    Hint(
        errno.EOPNOTSUPP,
        "this kernel was built without it: `encap` needs CONFIG_LWTUNNEL, mpls CONFIG_MPLS_IPTUNNEL, seg6 and seg6local "
        "CONFIG_IPV6_SEG6_LWTUNNEL",
        "lwt encapsulation",
    ),
    Hint(errno.EOPNOTSUPP, "this kernel lacks what the route needs: MPLS routes need CONFIG_MPLS_ROUTING", type="route"),
    Hint(errno.EOPNOTSUPP, "this kernel cannot do it, or not on a living link of this kind: `nsmgr doctor` shows what it has"),
    Hint(errno.ENOENT, "this kernel lacks the queueing discipline: `nsmgr doctor` lists those it has", "qdisc"),
    Hint(errno.ENOENT, "this kernel lacks this kind of filter (CONFIG_NET_CLS_…): another kind may do", "classifier"),
    Hint(errno.ENOENT, "this kernel lacks what the filter does (CONFIG_NET_ACT_GACT, _POLICE, _MIRRED)", "TC action"),
    Hint(errno.ENOENT, "it vanished after the plan was made: run apply again"),
    Hint(
        errno.ENETUNREACH,
        "the gateway is not on a connected network: give a link an address in the gateway's prefix, or say `onlink: true`",
        "invalid gateway",
    ),
    Hint(
        errno.ENETUNREACH, "no route to the gateway: the link must be up and have an address in the gateway's prefix", type="route"
    ),
    Hint(
        errno.EHOSTUNREACH, "no route to the gateway: the link must be up and have an address in the gateway's prefix", type="route"
    ),
    Hint(
        errno.ENETDOWN,
        "a next hop needs a link with a carrier: is its far end up, or the bridge without ports?",
        type="nexthop",
    ),
    Hint(errno.ENETDOWN, "the link of the route is down: drop `state: down`, or the route", type="route"),
    Hint(errno.EINVAL, _PREFSRC, "prefsrc", "route"),
    Hint(errno.EINVAL, _PREFSRC, "source address", "route"),
    Hint(
        errno.EINVAL,
        "the gateway or `prefsrc` does not fit: a gateway is reachable on its link, a source address present and not tentative",
        type="route",
    ),
    Hint(errno.EINVAL, "IPv6 needs an MTU of at least 1280 on the link", "MTU", "address"),
    Hint(errno.EINVAL, "the kernel refuses the value or the combination: see `nsmgr explain` for the attribute's limits"),
    Hint(errno.ERANGE, "the value is outside what the kernel takes: see `nsmgr explain` for the attribute's limits"),
    Hint(errno.EBUSY, "a link that is a bridge port cannot carry a macvlan, and the reverse: remove one of the two", type="link"),
    Hint(errno.EBUSY, "somebody else uses it: find out who, then run apply again"),
    Hint(errno.EACCES, "IPv6 is off on this link: set the sysctl `ipv6.disable_ipv6: 0` on it", "IPv6 is disabled", "address"),
    Hint(errno.EACCES, "IPv6 is off on this link: set the sysctl `ipv6.disable_ipv6: 0` on it", "IPv6 is disabled", "route"),
    Hint(errno.EACCES, "the kernel only reports it, or lets only the initial namespace change it: leave it out", type="sysctl"),
    Hint(errno.EACCES, "CAP_NET_ADMIN and CAP_SYS_ADMIN are needed over the namespace: run as root"),
    Hint(errno.EPERM, "CAP_NET_ADMIN and CAP_SYS_ADMIN are needed over the namespace: run as root"),
    Hint(errno.EADDRNOTAVAIL, "the device does not take this MAC: it must be unicast and not all zeros", type="link"),
    Hint(errno.EADDRNOTAVAIL, "the address went away after the plan was made: run apply again", type="address"),
    Hint(errno.EADDRINUSE, "another macvlan on the same parent has this MAC: choose a different `mac`", type="link"),
    Hint(errno.ENOTCONN, "the other end of the pair is going away: run apply again", type="link"),
    Hint(errno.ENOBUFS, "the kernel was out of buffers: run apply again, it continues from what is there"),
    Hint(errno.ESRCH, "it was gone already: run apply again"),
    Hint(errno.ENOSPC, "a limit is reached: links, inodes of the mount, or `user.max_net_namespaces`"),
    Hint(errno.ENOMEM, "the kernel is out of memory"),
    Hint(errno.EMFILE, "too many open files: raise `ulimit -n`"),
    Hint(errno.EROFS, "/proc/sys is mounted read-only here (a container?)", type="sysctl"),
)


def hint(number: int, extack: str = "", *, type: str = "", action: str = "") -> str:
    """One sentence, or "" when nothing useful is known.

    Args:
        number: positive errno, or -1 for a lost answer.
        extack: the kernel's words, compared without regard to case.
        type: of the operation (link, address, …); action: create, update, replace, delete, move.
    """
    words = extack.lower()
    for row in HINTS:
        if row.errno == number and row.words.lower() in words and row.type in ("", type) and row.action in ("", action):
            return row.text
    return ""
