"""What every type of thing is made from. One file beside this one per type; none of them edits another."""

from __future__ import annotations

from collections.abc import Mapping

from nsmgr.model.base import Attr, Resource
from nsmgr.model.thing import ThingType


class ThingModel(Resource, ThingType):
    """A thing's body in the document. The class of a type says what it has, and how the kernel treats it (:class:`ThingType`)."""

    @classmethod
    def rows(cls) -> Mapping[str, Attr]:
        return super().rows()
