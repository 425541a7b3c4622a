"""The options of a port in a link dump: IFLA_INFO_SLAVE_KIND and IFLA_INFO_SLAVE_DATA, read only where asked for. Pure."""

from __future__ import annotations

from nsmgr.kernel.codec import Buffer, walk
from nsmgr.kernel.linkcodec import port_codec
from nsmgr.model.attr import Value
from nsmgr.model.port import PREFIX
from nsmgr.model.ports import port_kinds

TYPE_CHECKING = False
if TYPE_CHECKING:
    Place = tuple[int, int]  # start and end of a payload


def decode_port(buf: Buffer, kind: Place, data: Place, wanted: frozenset[str] | None) -> tuple[str, dict[str, Value]]:
    """The controller's kind and the options, as attributes of the link; references are still interface indexes.

    ``wanted``: those that shall be there, beside references; None = all.
    """
    controller = str(buf[kind[0] : kind[1]], "utf-8", "surrogateescape").rstrip("\0")
    if controller not in port_kinds():
        return "", {}
    codec = port_codec(controller)
    attrs = {PREFIX + name: value for name, value in codec.absent.items() if wanted is None or PREFIX + name in wanted}
    for number, start, end in walk(buf, *data):
        reader = codec.data.get(number)
        if reader is None or not reader.name:
            continue
        name = PREFIX + reader.name
        ref = reader.name in codec.refs
        if wanted is None or name in wanted or ref:
            value = reader.decode(buf, start, end)
            if value or not ref:
                attrs[name] = value
    return controller, attrs
