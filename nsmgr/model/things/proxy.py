"""Proxy neighbours: addresses that a link answers for (NTF_PROXY; pneigh_create in net/core/neighbour.c)."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Attr, Change, Value
from nsmgr.model.things.base import ThingModel
from nsmgr.types import IpAddress


class Proxy(ThingModel):
    """Written among the neighbours, with ``proxy: true``. Goes when the link goes down (pneigh_ifdown_and_unlock)."""

    TYPE: ClassVar[str] = "proxy"
    LEVEL: ClassVar[Literal["link", "namespace"]] = "link"
    LOST: ClassVar[tuple[str, ...]] = ("down",)
    GONE: ClassVar[tuple[int, ...]] = (errno.ENOENT, errno.ENODEV)

    to: Annotated[IpAddress, Attr("NDA_DST", Change.REPLACE)]
    """The address that is answered for."""
    router: Annotated[bool | None, Attr("", default=False, absent=False)] = None
    """Answer as an IPv6 router (NTF_ROUTER)."""
    proto: Annotated[int | None, Field(ge=0, le=255), Attr("NDA_PROTOCOL", export=False)] = None
    """Who made the entry, a protocol number; nsmgr's own unless written."""

    @classmethod
    def words(cls, link: str, attrs: Mapping[str, Value], *, remove: bool) -> str:
        return f"neigh {'del' if remove else 'add'} proxy {attrs['to']} dev {link}"
