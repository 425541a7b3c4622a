"""Queueing disciplines (RTM_NEWQDISC; net/sched/sch_api.c), one file a kind beside this one, with their classes and filters."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator

from nsmgr.model.base import Attr, Change, Value
from nsmgr.model.thing import Part, kinds_of
from nsmgr.model.things.base import ThingModel
from nsmgr.model.traffic import classid, handle, minor, parts, problems, section
from nsmgr.types import Duration  # noqa: F401  (kinds)

Handle = Annotated[str, AfterValidator(handle)]
ClassId = Annotated[str, AfterValidator(classid)]
Minor = Annotated[str, AfterValidator(minor)]


class Qdisc(ThingModel):
    """What a link does with packets before it sends them: delay and lose them, limit their rate, share it out.

    One body is the root qdisc, or ``kind: ingress`` or ``kind: clsact``, which only hold filters; a list has one of each.
    ``fq_codel`` is short for ``{kind: fq_codel}``. The kernel's own qdiscs, those without a handle, are never looked at; one comes
    back when the root that replaced it goes.
    """

    TYPE: ClassVar[str] = "qdisc"
    SECTION: ClassVar[str] = "qdisc"
    LEVEL: ClassVar[Literal["link", "namespace"]] = "link"
    FORM: ClassVar[Literal["list", "mapping", "one", "some"]] = "some"
    STAGE: ClassVar[Literal["port", "up", "address", "route"]] = "port"
    PROBED: ClassVar[bool] = True
    ALSO: ClassVar[tuple[str, ...]] = ("tclass", "tfilter")
    GONE: ClassVar[tuple[int, ...]] = (errno.ENOENT, errno.ENODEV)

    kind: Annotated[str, Attr("TCA_KIND", Change.REPLACE)]
    """Which discipline it is."""
    handle: Annotated[Handle | None, Attr("tcm_handle", Change.REPLACE)] = None
    """Its number, hexadecimal, as in ``1:``; nsmgr chooses one, always the same for the same body, unless it is written."""

    @classmethod
    def short(cls, text: str) -> dict[str, Any] | None:
        return {"kind": text}

    def parts(self, link: str) -> list[Part]:
        return parts(self, link)

    def problems(self, link: str, kind: str) -> list[tuple[str, str, str]]:
        return problems(self)

    def faults(self) -> list[tuple[str, str, str]]:
        """Faults of this qdisc alone."""
        return []

    def mark(self) -> int:
        """Added to the handle that it gets by itself: what the kernel does not tell shall be seen to differ."""
        return 0

    @classmethod
    def foreign(cls, attrs: Mapping[str, Value]) -> bool:
        return attrs.get("kind") not in kinds_of("qdisc")

    @classmethod
    def section(cls, parts: Sequence[Part]) -> Any:
        return section(parts)
