"""Filters of traffic control (RTM_NEWTFILTER; net/sched/cls_api.c), one file a kind beside this one. Written in a qdisc's body."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from nsmgr.model.base import Attr, Change, Value
from nsmgr.model.packets import ether_type
from nsmgr.model.thing import kinds_of
from nsmgr.model.things.base import ThingModel
from nsmgr.model.traffic import classid, tick_bytes
from nsmgr.types import IfName, Rate, Size

TEXT_OR_NUMBER = WithJsonSchema({"type": ["string", "integer"]})


class TFilter(ThingModel):
    """Which packets go to which class, or are dropped, limited, or sent elsewhere. Without an action or class it changes nothing.

    What is done, in this order: ``police``, ``mirror``, ``redirect``, ``action``.
    """

    TYPE: ClassVar[str] = "tfilter"
    LEVEL: ClassVar[Literal["link", "namespace"]] = "link"
    STAGE: ClassVar[Literal["port", "up", "address", "route"]] = "port"
    WHOLE: ClassVar[bool] = True
    GONE: ClassVar[tuple[int, ...]] = (errno.ENOENT, errno.ENODEV)

    kind: Annotated[str, Attr("TCA_KIND", Change.REPLACE)]
    """How it looks at packets."""
    pref: Annotated[int | None, Field(ge=1, le=65535), Attr("tcm_info", Change.REPLACE)] = None
    """Its turn: the lowest is asked first. 10, 20 … in the order of the file unless written."""
    protocol: Annotated[
        str | None, BeforeValidator(ether_type), TEXT_OR_NUMBER, Attr("tcm_info", Change.REPLACE, default="all")
    ] = None
    """The packets that it sees at all: ip, ipv6, arp, 802.1q, a number. By the addresses it looks for, else all, unless written."""
    flowid: Annotated[str | None, AfterValidator(classid), Attr("")] = None
    """The class that they go to."""
    police: Annotated[Rate | None, Field(ge=8), Attr("TCA_POLICE_TBF", unit="bit/s")] = None
    """The rate up to which they conform."""
    police_burst: Annotated[Size | None, Field(ge=1, le=2**31), Attr("TCA_POLICE_TBF", unit="bytes")] = None
    """How many bytes may come at once."""
    police_mtu: Annotated[Size | None, Field(ge=1, le=2**31), Attr("TCA_POLICE_TBF", unit="bytes")] = None
    """Larger packets never conform; 2047 unless written."""
    conform: Annotated[Literal["pass", "drop", "pipe", "continue", "reclassify"] | None, Attr("TCA_POLICE_RESULT")] = None
    """What happens to those that conform: pass, or pipe where another action follows, unless written."""
    exceed: Annotated[Literal["pass", "drop", "pipe", "continue", "reclassify"] | None, Attr("TCA_POLICE_TBF")] = None
    """What happens to those that do not: drop unless written."""
    mirror: Annotated[IfName | None, Attr("TCA_MIRRED_PARMS", ref=True)] = None
    """The link that a copy is sent out of."""
    redirect: Annotated[IfName | None, Attr("TCA_MIRRED_PARMS", ref=True)] = None
    """The link that they are sent out of instead."""
    action: Annotated[Literal["pass", "drop", "pipe", "continue", "reclassify"] | None, Attr("TCA_GACT_PARMS")] = None
    """What happens to them."""

    def attributes(self) -> dict[str, Value]:
        found = super().attributes()
        found["protocol"] = self.protocol or self.usual_protocol()
        if self.police:
            found.setdefault("exceed", "drop")
            found.setdefault("conform", "pipe" if self.mirror or self.redirect or self.action else "pass")
            found.setdefault("police_mtu", 2047)
        return found

    def usual_protocol(self) -> str:
        """The protocol that what it looks for needs."""
        return "all"

    def faults(self) -> list[tuple[str, str, str]]:
        """Faults of this filter alone."""
        found = []
        if self.police and self.police_burst is None:
            found.append(("police", "`police` needs a `police_burst`", "for example `police_burst: 64k`"))
        found += [
            (name, f"`{name}` is of `police`, which is missing", "for example `police: 10mbit`")
            for name in ("police_burst", "police_mtu", "conform", "exceed")
            if getattr(self, name) is not None and not self.police
        ]
        if self.redirect and self.action:
            found.append(("action", "after `redirect` there is nothing left to do something with", "remove `action`"))
        return found

    @classmethod
    def tolerance(cls, name: str, attrs: Mapping[str, Value]) -> int:
        return tick_bytes(attrs.get("police")) if name == "police_burst" else 0

    @classmethod
    def foreign(cls, attrs: Mapping[str, Value]) -> bool:
        return attrs.get("kind") not in kinds_of("tfilter") or str(attrs.get("action")).startswith("?")

    @classmethod
    def body(cls, attrs: Mapping[str, Any]) -> dict[str, Any]:
        return {name: list(value) if type(value) is tuple else value for name, value in super().body(attrs).items()}
