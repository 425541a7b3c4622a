"""An address of a link (RTM_NEWADDR; net/ipv4/devinet.c, net/ipv6/addrconf.c)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field, WithJsonSchema

from nsmgr.model.base import Attr, Change, Names, Resource
from nsmgr.model.words import SCOPES as SCOPES
from nsmgr.model.words import address_protocol, lifetime, local_address, scope
from nsmgr.types import IpAddress

_NAME_OR_NUMBER = WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 0}]})
Scope = Annotated[str, BeforeValidator(scope), _NAME_OR_NUMBER]
Lifetime = Annotated[int | str, BeforeValidator(lifetime), WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "number"}]})]


class AddressModel(Resource):
    """An address in its long form; the short form is the text of ``address``."""

    TYPE: ClassVar[str] = "address"

    address: Annotated[str, BeforeValidator(local_address), WithJsonSchema({"type": "string"}), Attr("IFA_LOCAL", Change.REPLACE)]
    """Address with prefix length, ``10.0.0.1/24``; host bits stay. Without a length: /32, /128."""
    peer: Annotated[str | None, BeforeValidator(local_address), Attr("IFA_ADDRESS", Change.REPLACE)] = None
    """The far end of a point-to-point link; the prefix length is the peer's: ``{address: 10.0.0.1, peer: 10.0.0.2/32}``."""
    broadcast: Annotated[IpAddress | None, Attr("IFA_BROADCAST")] = None
    """IPv4 broadcast address."""
    label: Annotated[str | None, Field(min_length=1), Attr("IFA_LABEL", Change.REPLACE)] = None
    """IPv4 alias name: the link's name, or that and a suffix (``eth0:1``), at most 15 bytes."""
    scope: Annotated[Scope | None, Attr("", convert=Names(SCOPES))] = None
    """Where the address is valid (ifa_scope): global, site, link, host, nowhere or a number. IPv6 derives it from the address."""
    valid_lifetime: Annotated[Lifetime | None, Attr("IFA_CACHEINFO", unit="ms", default="forever", tolerance=10_000)] = None
    """``forever`` or a duration; the kernel removes the address afterwards."""
    preferred_lifetime: Annotated[Lifetime | None, Attr("IFA_CACHEINFO", unit="ms", default="forever", tolerance=10_000)] = None
    """``forever`` or a duration, not above valid_lifetime; 0 = deprecated, not chosen as a source."""
    nodad: Annotated[bool | None, Attr("IFA_FLAGS", bit=0x02, default=False)] = None
    """IPv6: no duplicate address detection (IFA_F_NODAD), usable at once."""
    home: Annotated[bool | None, Attr("IFA_FLAGS", bit=0x10, default=False)] = None
    """IPv6: home address (IFA_F_HOMEADDRESS, RFC 6275)."""
    optimistic: Annotated[bool | None, Attr("IFA_FLAGS", Change.CREATE_ONLY, bit=0x04, default=False)] = None
    """IPv6: usable while duplicate address detection runs (IFA_F_OPTIMISTIC, RFC 4429); the kernel clears it afterwards."""
    autojoin: Annotated[bool | None, Attr("IFA_FLAGS", bit=0x400, default=False)] = None
    """A multicast address: join the group on this link (IFA_F_MCAUTOJOIN)."""
    mngtmpaddr: Annotated[bool | None, Attr("IFA_FLAGS", bit=0x100, default=False)] = None
    """IPv6: template of temporary addresses (IFA_F_MANAGETEMPADDR); needs a /64."""
    noprefixroute: Annotated[bool | None, Attr("IFA_FLAGS", bit=0x200, default=False)] = None
    """No connected route for the prefix (IFA_F_NOPREFIXROUTE)."""
    metric: Annotated[int | None, Field(ge=0, lt=2**32), Attr("IFA_RT_PRIORITY", default=0)] = None
    """Metric of the connected route."""
    proto: Annotated[int | None, BeforeValidator(address_protocol), _NAME_OR_NUMBER, Attr("IFA_PROTO", default=0)] = None
    """Who made the address (IFA_PROTO): a number, or kernel_lo, kernel_ra, kernel_ll."""
