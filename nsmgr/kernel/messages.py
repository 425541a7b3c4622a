"""Steps → netlink messages, dump payloads → states. The one place linux.py asks; the parts are in their own files. Pure.

Messages are complete (``nlmsghdr`` included), in host byte order, with sequence number and port id 0 and without NLM_F_ACK.
Spans given to the decoders are the payload after the ``nlmsghdr``. Everything raises
:class:`~nsmgr.kernel.codec.CodecError` for values that do not fit and for bytes that do not follow the format.
"""

from __future__ import annotations

from nsmgr.kernel import schema
from nsmgr.kernel.codec import Buffer, CodecError, walk
from nsmgr.kernel.inetcodec import encode_address_add, encode_address_del
from nsmgr.kernel.inetdecode import decode_address
from nsmgr.kernel.linkdecode import decode_link
from nsmgr.kernel.routecodec import encode_route_add, encode_route_del
from nsmgr.kernel.routedecode import decode_route
from nsmgr.kernel.rulecodec import decode_rule, encode_rule_add, encode_rule_del
from nsmgr.kernel.wire import NLM_F_CREATE, NLM_F_EXCL, FdOf, message
from nsmgr.light import cache
from nsmgr.plan.plan import Step, Verb

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@cache
def _encoders() -> dict[Verb, Callable[[Step, FdOf], list[bytes]]]:
    from nsmgr.kernel import linkmessages as link  # not before something is to be changed
    from nsmgr.kernel import things

    return {
        Verb.LINK_ADD: link.encode_add,
        Verb.LINK_SET: link.encode_set,
        Verb.LINK_DATA: link.encode_data,
        Verb.LINK_PORT: link.encode_port,
        Verb.LINK_MOVE: link.encode_move,
        Verb.LINK_DEL: link.encode_del,
        Verb.ALTNAME_ADD: link.encode_altnames(schema.RTM_NEWLINKPROP, NLM_F_CREATE | NLM_F_EXCL),
        Verb.ALTNAME_DEL: link.encode_altnames(schema.RTM_DELLINKPROP),
        Verb.ADDR_ADD: encode_address_add,
        Verb.ADDR_DEL: encode_address_del,
        Verb.ROUTE_ADD: encode_route_add,
        Verb.ROUTE_DEL: encode_route_del,
        Verb.RULE_ADD: encode_rule_add,
        Verb.RULE_DEL: encode_rule_del,
        Verb.THING_ADD: things.encode,
        Verb.THING_SET: things.encode,
        Verb.THING_DEL: things.encode,
    }


IFLA_PARENT_DEV_NAME, IFLA_PARENT_DEV_BUS_NAME = 56, 57  # linux/if_link.h


def encode(step: Step, fd_of: FdOf) -> list[bytes]:
    """The messages of one step, in the order they must be sent.

    Args:
        step: any verb that netlink serves (not NETNS_*, TUN_ADD, SYSCTL: those raise CodecError).
        fd_of: namespace name → open file descriptor of it, for IFLA_NET_NS_FD.
    """
    encoder = _encoders().get(step.verb)
    if encoder is None:
        raise CodecError(f"{step.verb.name} is not a netlink request")
    try:
        return encoder(step, fd_of)
    except CodecError as error:
        raise error.within(f"{step.verb.name} {step.netns}/{step.name}".rstrip("/")) from None


def encode_group_delete(indexes: Sequence[int], group: int) -> list[bytes]:
    """See :func:`nsmgr.kernel.linkmessages.encode_group_delete`."""
    from nsmgr.kernel import linkmessages

    return linkmessages.encode_group_delete(indexes, group)


def bus_path(buf: Buffer, start: int, end: int) -> str:
    """``pci/0000:00:1f.6``: bus and bus address of a real device (IFLA_PARENT_DEV_BUS_NAME, IFLA_PARENT_DEV_NAME), "" of others.

    start, end: the payload of RTM_NEWLINK, struct ifinfomsg first. Linux 5.14 and later tell.
    """
    by_number = schema.link_table().by_number
    found = {
        by_number[number].name: by_number[number].decode(buf, s, e)
        for number, s, e in walk(buf, start + 16, end)
        if number in (IFLA_PARENT_DEV_NAME, IFLA_PARENT_DEV_BUS_NAME)
    }
    bus, name = found.get("IFLA_PARENT_DEV_BUS_NAME"), found.get("IFLA_PARENT_DEV_NAME")
    return f"{bus}/{name}" if bus and name else ""


def getnsid_request(fd: int) -> bytes:
    """RTM_GETNSID: which id has the namespace behind ``fd`` in the sender's namespace?"""
    return message(schema.RTM_GETNSID, 0, bytes(4) + schema.nsid_table().by_name["NETNSA_FD"].encode(fd))


def decode_nsid(buf: Buffer, start: int, end: int) -> int:
    """The id in an RTM_NEWNSID; -1 (NETNSA_NSID_NOT_ASSIGNED) = none."""
    field = schema.nsid_table().by_name["NETNSA_NSID"]
    if end - start < 4:
        raise CodecError(f"{end - start} bytes are no struct rtgenmsg")
    for number, s, e in walk(buf, start + 4, end):
        if number == field.number:
            found: int = field.decode(buf, s, e)
            return found
    return -1


__all__ = [
    "decode_address",
    "decode_link",
    "decode_nsid",
    "decode_route",
    "decode_rule",
    "encode",
    "encode_group_delete",
    "getnsid_request",
]
