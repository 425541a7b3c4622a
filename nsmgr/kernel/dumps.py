"""The four questions about a whole namespace, as bytes: constants, so that asking takes no codec. Pure."""

from __future__ import annotations

import struct

from nsmgr.kernel.wire import IFINFOMSG, NLM_F_DUMP, RTM_GETLINK, message

RTM_GETADDR, RTM_GETROUTE, RTM_GETRULE = 22, 26, 34  # linux/rtnetlink.h
IFLA_EXT_MASK = 29  # linux/if_link.h
RTEXT_FILTER_SKIP_STATS = 1 << 3

# Strict checking wants everything that is not said here to be 0.
_NO_COUNTERS = struct.pack("=HHI", 8, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS)  # a third of the bytes and of the time
GET_LINKS = message(RTM_GETLINK, NLM_F_DUMP, IFINFOMSG.pack(0, 0, 0, 0, 0) + _NO_COUNTERS)
GET_ADDRESSES = message(RTM_GETADDR, NLM_F_DUMP, bytes(8))  # struct ifaddrmsg; AF_UNSPEC: both families (rtnl_dump_all)
GET_ROUTES = message(RTM_GETROUTE, NLM_F_DUMP, bytes(12))  # struct rtmsg: all tables of both families
GET_RULES = message(RTM_GETRULE, NLM_F_DUMP, bytes(12))  # struct fib_rule_hdr: all families
