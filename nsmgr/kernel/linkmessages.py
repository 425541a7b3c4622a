"""Link steps → RTM_*LINK messages. Pure: values in, bytes out; how the kernel reads them is in net/core/rtnetlink.c."""

from __future__ import annotations

from nsmgr.kernel import schema
from nsmgr.kernel.codec import CodecError, Encoder, attribute
from nsmgr.kernel.linkcodec import IFINFOMSG, Parts, kind_codec, port_codec
from nsmgr.kernel.wire import NLM_F_CREATE, NLM_F_EXCL, FdOf, message
from nsmgr.model.attr import IFF_UP, Value
from nsmgr.plan.plan import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

IFLA_LINKINFO, IFLA_INFO_DATA, IFLA_INFO_SLAVE_DATA = 18, 2, 5

# What a peer nest may not say: IFF_UP fails the whole request (veth_open before the pair is joined: ENOTCONN).
_NOT_IN_PEER = frozenset({"state"})
_WITHOUT_UP: Mapping[str, Value] = {"state": "down"}


_encoders: dict[str, Encoder] = {}


def top(name: str, value: Any) -> bytes:
    """One top-level attribute by netlink name."""
    encode = _encoders.get(name)
    if encode is None:
        encode = _encoders[name] = schema.link_table().by_name[name].encode
    try:
        return encode(value)
    except CodecError as error:
        raise error.within(name) from None


def link_message(kind: int, flags: int, index: int, body: bytes, ifi_flags: int = 0, change: int = 0) -> bytes:
    """struct ifinfomsg and attributes. ``change`` masks ``ifi_flags``: 0 with flags would set every settable one."""
    return message(kind, flags, IFINFOMSG.pack(0, 0, index, ifi_flags, change) + body)


def encode_add(step: Step, fd_of: FdOf) -> list[bytes]:
    """LINK_ADD: the creating RTM_NEWLINK, then RTM_SETLINK with what it would have ignored.

    A link that is to come up with an address generation mode gets UP last: do_setlink sets flags before AF_SPEC, and the
    link-local address is made at UP.
    """
    codec = kind_codec(step.kind)
    parts = codec.sort(step.attrs, birth=True)
    target = step.args.get("target", step.netns)
    up_last = bool(parts.inet6) and bool(parts.flags & IFF_UP)
    flags = parts.flags & ~IFF_UP if up_last else parts.flags
    body = [top("IFLA_IFNAME", step.name), *parts.top]
    if target != step.netns:
        if parts.late or parts.inet6:
            raise CodecError(f"{step.name} is born in {target}: attributes of a second message cannot be sent from {step.netns}")
        body.append(top("IFLA_NET_NS_FD", fd_of(target)))
    peer = step.args.get("peer")
    if peer is not None:
        parts.data.append(_peer(step, peer, fd_of))
    body.append(_linkinfo(step.kind, parts))
    born = link_message(
        schema.RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, step.index, b"".join(body), flags, parts.change & ~(IFF_UP if up_last else 0)
    )
    messages = [born]
    rest = b"".join(parts.late) + parts.af_spec()
    if rest:
        messages.append(link_message(schema.RTM_SETLINK, 0, step.index, rest))
    if up_last:
        messages.append(link_message(schema.RTM_SETLINK, 0, step.index, b"", IFF_UP, IFF_UP))
    return messages


def _peer(step: Step, peer: Mapping[str, Any], fd_of: FdOf) -> bytes:
    """VETH_INFO_PEER and its like. Without a namespace of its own the peer is born in the sender's (rtnl_newlink_link_net)."""
    codec = kind_codec(step.kind)
    parts = codec.sort(peer["attrs"], birth=True, skip=_NOT_IN_PEER)
    if parts.late or parts.inet6:
        raise CodecError(f"peer {peer['name']}: attributes that only a second message can set")
    body = [IFINFOMSG.pack(0, 0, peer["index"], parts.flags, parts.change), top("IFLA_IFNAME", peer["name"]), *parts.top]
    if peer["netns"] != step.netns:
        body.append(top("IFLA_NET_NS_FD", fd_of(peer["netns"])))
    return attribute(codec.peer, b"".join(body))


_kind_attributes: dict[str, bytes] = {}


def _linkinfo(kind: str, parts: Parts) -> bytes:
    """IFLA_LINKINFO with the kind and, when there is any, its data."""
    info = _kind_attributes.get(kind)
    if info is None:
        info = _kind_attributes[kind] = schema.linkinfo_table().by_name["IFLA_INFO_KIND"].encode(kind)
    if parts.data:
        info += attribute(IFLA_INFO_DATA, b"".join(parts.data))
    return attribute(IFLA_LINKINFO, info)


def encode_set(step: Step, fd_of: FdOf) -> list[bytes]:
    """LINK_SET: RTM_SETLINK by index (it takes no kind data). UP together with AF_SPEC is split, see :func:`encode_add`."""
    parts = kind_codec(step.kind).sort(step.attrs)
    if parts.data:
        raise CodecError(f"LINK_SET of {step.name} carries attributes of the kind: they need LINK_DATA")
    body = b"".join(parts.top) + parts.af_spec()
    if "rename" in step.args:
        body += top("IFLA_IFNAME", step.args["rename"])
    if parts.inet6 and parts.flags & IFF_UP:
        first = link_message(schema.RTM_SETLINK, 0, step.index, body, parts.flags & ~IFF_UP, parts.change & ~IFF_UP)
        return [first, link_message(schema.RTM_SETLINK, 0, step.index, b"", IFF_UP, IFF_UP)]
    return [link_message(schema.RTM_SETLINK, 0, step.index, body, parts.flags, parts.change)]


def encode_data(step: Step, fd_of: FdOf) -> list[bytes]:
    """LINK_DATA: RTM_NEWLINK without CREATE, kind and data only: SETLINK ignores IFLA_LINKINFO."""
    parts = kind_codec(step.kind).sort(step.attrs)
    if parts.top or parts.inet6 or parts.change:
        raise CodecError(f"LINK_DATA of {step.name} carries attributes that are not the kind's: they need LINK_SET")
    return [link_message(schema.RTM_NEWLINK, 0, step.index, _linkinfo(step.kind, parts))]


def encode_port(step: Step, fd_of: FdOf) -> list[bytes]:
    """LINK_PORT: RTM_NEWLINK without CREATE, with IFLA_INFO_SLAVE_DATA, of a link that is a port already.

    Without IFLA_INFO_KIND, or the kind's validate() would run on data that are not there. The kernel takes the controller the
    link has and does not look at IFLA_INFO_SLAVE_KIND; it is sent for those who read the message.
    """
    parts = port_codec(step.kind).sort(step.attrs)
    kind = schema.linkinfo_table().by_name["IFLA_INFO_SLAVE_KIND"].encode(step.kind)
    body = attribute(IFLA_LINKINFO, kind + attribute(IFLA_INFO_SLAVE_DATA, b"".join(parts.data)))
    return [link_message(schema.RTM_NEWLINK, 0, step.index, body)]


def encode_move(step: Step, fd_of: FdOf) -> list[bytes]:
    """LINK_MOVE: name and index of the new namespace go along, so that neither clashes on arrival."""
    args = step.args
    body = top("IFLA_NET_NS_FD", fd_of(args["target"]))
    if args.get("rename"):
        body += top("IFLA_IFNAME", args["rename"])
    if args.get("new_index"):
        body += top("IFLA_NEW_IFINDEX", args["new_index"])
    return [link_message(schema.RTM_SETLINK, 0, step.index, body)]


def encode_del(step: Step, fd_of: FdOf) -> list[bytes]:
    """LINK_DEL by index: a name could be an altname of another link."""
    return [link_message(schema.RTM_DELLINK, 0, step.index, b"")]


def encode_altnames(kind: int, flags: int = 0) -> Callable[[Step, FdOf], list[bytes]]:
    """RTM_NEWLINKPROP or RTM_DELLINKPROP; both refuse a property list without NLA_F_NESTED."""

    def encode(step: Step, fd_of: FdOf) -> list[bytes]:
        return [link_message(kind, flags, step.index, top("IFLA_PROP_LIST", step.args["names"]))]

    return encode


def encode_group_delete(indexes: Sequence[int], group: int) -> list[bytes]:
    """Delete many links with one RCU grace period: put each into ``group``, then one RTM_DELLINK for the group.

    ``group`` must be one that no other link of the namespace is in, and not 0 (rtnl_group_dellink: EPERM).
    """
    if not group:
        raise CodecError("group 0 holds every link that is in no other group")
    doomed = top("IFLA_GROUP", group)
    messages = [link_message(schema.RTM_SETLINK, 0, index, doomed) for index in indexes]
    return [*messages, link_message(schema.RTM_DELLINK, 0, 0, doomed)]
