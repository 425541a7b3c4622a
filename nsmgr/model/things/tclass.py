"""Classes of a qdisc that shares a link out (RTM_NEWTCLASS; net/sched/sch_htb.c). Written in their qdisc's body."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from nsmgr.model.base import Attr, Change, Value
from nsmgr.model.things.base import ThingModel
from nsmgr.model.traffic import classid, tick_bytes
from nsmgr.types import Rate, Size


class TClass(ThingModel):
    """A class of an htb. The classes of prio and mq are there by themselves and can only have a ``qdisc``."""

    TYPE: ClassVar[str] = "tclass"
    LEVEL: ClassVar[Literal["link", "namespace"]] = "link"
    STAGE: ClassVar[Literal["port", "up", "address", "route"]] = "port"
    NESTED: ClassVar[tuple[tuple[str, str, str], ...]] = (("qdisc", "qdisc", "one"), ("classes", "tclass", "mapping"))
    STRICT: ClassVar[bool] = True
    GONE: ClassVar[tuple[int, ...]] = (errno.ENOENT, errno.ENODEV)

    parent: Annotated[str | None, AfterValidator(classid), Attr("tcm_parent", Change.REPLACE)] = None
    """The class that it borrows from, where it does not stand in that one's `classes`."""
    rate: Annotated[Rate | None, Field(ge=8), Attr("TCA_HTB_PARMS", unit="bit/s")] = None
    """The rate that it has for itself."""
    ceil: Annotated[Rate | None, Field(ge=8), Attr("TCA_HTB_PARMS", unit="bit/s")] = None
    """The rate up to which it borrows; `rate` unless written."""
    burst: Annotated[Size | None, Field(ge=1, le=2**31), Attr("TCA_HTB_PARMS", unit="bytes")] = None
    """How many bytes it may send at once at more than `rate`."""
    cburst: Annotated[Size | None, Field(ge=1, le=2**31), Attr("TCA_HTB_PARMS", unit="bytes")] = None
    """How many bytes it may send at once at more than `ceil`."""
    prio: Annotated[int | None, Field(ge=0, le=7), Attr("TCA_HTB_PARMS", default=0)] = None
    """Who borrows first: 0 before 7."""
    quantum: Annotated[Size | None, Field(ge=1000, le=200_000), Attr("TCA_HTB_PARMS", unit="bytes")] = None
    """How many bytes it may send before the next of the same prio has its turn; by `rate` and the qdisc's r2q unless written."""
    qdisc: Any = None
    """What orders its packets; a pfifo unless written."""
    classes: dict[str, Any] | None = None
    """Classes that borrow from this one."""

    def attributes(self) -> dict[str, Value]:
        found = super().attributes()
        if self.rate and self.ceil is None:
            found["ceil"] = self.rate
        return found

    def faults(self) -> list[tuple[str, str, str]]:
        """Faults of this class alone."""
        found = []
        if self.rate is None:
            found.append(("", "a class of an htb needs a `rate`", "for example `rate: 10mbit`"))
        elif self.ceil is not None and self.ceil < self.rate:
            found.append(("ceil", "`ceil` is below `rate`", "it is the most that the class gets"))
        if self.classes and self.qdisc is not None:
            found.append(("qdisc", "a class with classes in it has no qdisc: packets are in those", "move `qdisc` to one of them"))
        return found

    @classmethod
    def tolerance(cls, name: str, attrs: Mapping[str, Value]) -> int:
        return tick_bytes(attrs.get({"burst": "rate", "cburst": "ceil"}.get(name, "")))
