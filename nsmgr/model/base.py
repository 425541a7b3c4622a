"""Resources: things that can be configured, as pydantic models whose fields carry rows (:mod:`nsmgr.model.attr`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from nsmgr.light import cache
from nsmgr.model.attr import UNSET, Attr, Bool, Change, Convert, Names, Scale, Value, Where


class Resource(BaseModel):
    """A thing that can be configured: a pydantic model; a field ``Annotated[..., Attr(...)]`` is a row."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=False)

    TYPE: ClassVar[str] = ""

    @classmethod
    def rows(cls) -> Mapping[str, Attr]:
        """Field name → row, of every field that has one, in declaration order (base class first)."""
        return _rows(cls)


@cache
def _rows(cls: type[Resource]) -> Mapping[str, Attr]:
    found: dict[str, Attr] = {}
    for name, field in cls.model_fields.items():
        for meta in field.metadata:
            if isinstance(meta, Attr):
                found[field.alias or name] = meta
    return found


__all__ = ["UNSET", "Attr", "Bool", "Change", "Convert", "Names", "Resource", "Scale", "Value", "Where"]
