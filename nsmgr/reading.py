"""What to read for a deployment: which namespaces, which families, which references; before a plan and after it."""

from __future__ import annotations

from nsmgr.kernel.port import ADDRESSES, EVERYTHING, KERNEL_ROUTES, LINKS, LOCAL_ROUTES, ROUTES, RULES, Impression, KernelPort, Want
from nsmgr.model.kind import kind as kind_facts
from nsmgr.model.thing import always, thing_type
from nsmgr.model.things import thing_types
from nsmgr.plan.plan import Plan, Verb
from nsmgr.plan.removal import link_id
from nsmgr.plan.state import HOST, DesiredNetns, DesiredState, NetnsState, ObservedState, Owned, Thing
from nsmgr.record import Record, field, replace
from nsmgr.store import DeploymentRecord, Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from nsmgr.plan.undo import Told

_ALWAYS = frozenset(always())
_NONE: frozenset[str] = frozenset()
NEAR = 64  # up to so many namespaces, those that go are asked whether they refer to others: a request for each pair
RT_TABLE_LOCAL = 255  # linux/rtnetlink.h


class Sight(Record):
    """What an observation looked like, for a :class:`nsmgr.memo.Memo`.

    impressions: of every namespace that was to be read; empty when one is missing or the kernel object cannot say.
    files: those in the deployment's record.
    """

    impressions: list[Impression] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


def observe(
    desired: DesiredState,
    kernel: KernelPort,
    store: Store,
    sight: Sight | None = None,
    *,
    undoable: bool = False,
    told: Told | None = None,
) -> ObservedState:
    """Read every namespace the deployment describes or owns, once; probe the kinds it wants and nobody has yet.

    ``sight`` is filled in when it is given. ``undoable``: with what only a way back needs, the options of ports and
    all of namespaces that are to go. ``told``: names of more to read.
    """
    records = store.deployments()
    own = next((record for record in records if record.name == desired.name), None)
    owned = own.owned() if own is not None else Owned()
    if sight is not None and own is not None:
        sight.files = own.files
    foreign = {netns: record.name for record in records if record.name != desired.name for netns in record.namespaces}
    # Of a namespace that is to go as a whole only the identity matters, and the index of a device that goes home first.
    holding = {key.partition("/")[0] for key in owned.physical}
    # Where others stay, its links may hold on to something there: a macvlan its lower link.
    stays = len(owned.namespaces) <= NEAR and any(name in desired.namespaces for name in owned.namespaces)
    more = {name: LINKS if stays or name in holding else 0 for name in owned.namespaces}
    if undoable:
        more |= {name: EVERYTHING for name in owned.namespaces if name not in desired.namespaces}
    observed = _read(desired, owned, kernel, more, sight, ports=undoable, told=told)
    observed.owned = owned
    observed.foreign_owner = {netns: owner for netns, owner in foreign.items() if netns in desired.namespaces}
    others = [record for record in records if record.name != desired.name and record.objects]
    if others:
        observed.foreign_objects = _foreign_objects(desired, observed, others, kernel)
    wanted = {link.kind for netns in desired.namespaces.values() for link in netns.links.values()}
    present = {link.kind for state in observed.namespaces.values() for link in state.links.values()}
    unseen = sorted(kind for kind in wanted - present if kind and kind_facts(kind).MAKER != "none")
    unseen += sorted(_probed(desired.namespaces.values()) - _probed(observed.namespaces.values()))
    if unseen:
        observed.unsupported = kernel.probe(unseen)
    keys = {key for name, netns in desired.namespaces.items() if name not in observed.namespaces for key in netns.sysctls}
    if keys:
        observed.unwritable = kernel.probe_sysctls(sorted(keys))
    return observed


def _foreign_objects(
    desired: DesiredState, observed: ObservedState, others: list[DeploymentRecord], kernel: KernelPort
) -> dict[str, dict[tuple[str, str], str]]:
    """What other deployments made in namespaces that both write to, under whatever name: the identity tells where names differ."""
    sources = {name: source for name, source in observed.owned.sources.items() if name in observed.owned.objects}
    sources |= {name: netns.source for name, netns in desired.namespaces.items()}
    shared = observed.namespaces.keys() - observed.owned.namespaces.keys()
    names = {_place(name, source): name for name, source in sources.items() if name in shared}
    if not names:
        return {}
    theirs = [(record, name, _place(name, record.sources.get(name, "create"))) for record in others for name in record.objects]
    unknown = {place: Want(0, source=place) for _, _, place in theirs if place != HOST and place not in names}
    if unknown and names.keys() != {HOST}:
        cookies = {observed.namespaces[name].cookie: name for name in names.values()}
        seen = kernel.observe({f"/{place}": want for place, want in unknown.items()}).namespaces  # no namespace's name has a slash
        names |= {label[1:]: cookies[state.cookie] for label, state in seen.items() if state.cookie in cookies}
    found: dict[str, dict[tuple[str, str], str]] = {}
    for record, name, place in theirs:
        if place in names:
            found.setdefault(names[place], {}).update(
                dict.fromkeys(((kind, key) for kind, key in record.objects[name]), record.name)
            )
    return found


def _place(name: str, source: str) -> str:
    """Where a namespace is found: a source that is the same for everybody."""
    return f"path:/run/netns/{name}" if source == "create" else source


def _probed(of: Iterable[DesiredNetns | NetnsState]) -> set[str]:
    """Kinds of things, ``qdisc.netem`` or just ``vlans.``, whose types can be asked about before anything is done."""
    things = (thing for netns in of for thing in netns.things.values())
    return {f"{thing.type}.{thing.attrs.get('kind', '')}" for thing in things if thing_type(thing.type).PROBED}


def _read(
    desired: DesiredState,
    owned: Owned,
    kernel: KernelPort,
    more: dict[str, int],
    sight: Sight | None,
    *,
    ports: bool,
    told: Told | None,
) -> ObservedState:
    wants: dict[str, Want] = {}
    physical = bool(owned.physical)
    for name, netns in desired.namespaces.items():
        kinds = _all_kinds(netns) if netns.manage == "all" else _declared_kinds(netns) | _owned_kinds(owned.objects.get(name, ()))
        want = wants[name] = Want(kinds, _sysctls(netns), _source(netns))
        want.peers = neighbours(netns)
        want.ports = ports or _port_options(netns)
        want.things = types_of(netns) | _owned_types(netns, owned)
        want.declared = _compared(netns)
        physical |= any(link.kind == "physical" for link in netns.links.values())
    for name, source in owned.sources.items():
        if name not in wants and name not in owned.namespaces:
            types = frozenset(kind for kind, _ in owned.objects.get(name, ())) & {*thing_types()}
            wants[name] = Want(EVERYTHING, source="" if source == "create" else source, things=types)
    for name, kinds in more.items():
        if name not in wants:
            things = _ALWAYS | owned.types.get(name, _NONE) if kinds == EVERYTHING else _NONE
            wants[name] = Want(kinds, ports=ports, things=things)
            if kinds and len(more) <= NEAR:
                wants[name].peers = [*desired.namespaces][:NEAR]
    for name, want in wants.items():
        if told is None:
            break
        also = [key for part in told.sysctls.get(name, {}).values() for key in part]
        want.sysctls = [*dict.fromkeys([*want.sysctls, *also])]
        if want.kinds:
            want.things |= frozenset(told.types.get(name, ()))
    if physical:
        wants.setdefault(HOST, Want(LINKS, source="host"))
    observation = kernel.observe(wants, remember=sight is not None)
    if sight is not None and observation.impressions and len(observation.impressions) == len(wants):
        sight.impressions = observation.impressions
    return ObservedState(observation.namespaces, frozenset(observation.stale))


def _port_options(netns: DesiredNetns) -> bool:
    return any(link.port_kind for link in netns.links.values())


def _source(netns: DesiredNetns) -> str:
    return "" if netns.source == "create" else netns.source


def _sysctls(netns: DesiredNetns) -> list[str]:
    return [*netns.sysctls, *(key for link in netns.links.values() for key in link.sysctls)]


def _all_kinds(netns: DesiredNetns) -> int:
    return LINKS | ADDRESSES | ROUTES | RULES | _kernels_routes(netns)


def _kernels_routes(netns: DesiredNetns) -> int:
    """A declared route may have to get past the kernel's own."""
    if not netns.routes:
        return 0
    return KERNEL_ROUTES | (LOCAL_ROUTES if any(route.table == RT_TABLE_LOCAL for route in netns.routes.values()) else 0)


def _declared_kinds(netns: DesiredNetns) -> int:
    return (
        LINKS
        | _kernels_routes(netns)
        | (ADDRESSES if any(link.addresses for link in netns.links.values()) else 0)
        | (ROUTES if netns.routes else 0)
        | (RULES if netns.rules else 0)
    )


def _owned_kinds(objects: Iterable[tuple[str, str]]) -> int:
    table = {"link": LINKS, "address": ADDRESSES, "route": ROUTES, "rule": RULES}
    kinds = 0
    for kind, _ in objects:
        kinds |= table.get(kind, 0)
    return kinds


def types_of(netns: DesiredNetns) -> frozenset[str]:
    """Types of things to read in a namespace for what the document says: those written, and where all is managed a few more."""
    return netns.types | _ALWAYS if netns.manage == "all" else netns.types


def _compared(netns: DesiredNetns) -> list[Thing]:
    """The things whose codec compares."""
    return [thing for thing in netns.things.values() if thing_type(thing.type).COMPARES] if netns.things else []


def _owned_types(netns: DesiredNetns, owned: Owned) -> frozenset[str]:
    """Types of things that were made here earlier, and may have left the file."""
    types = frozenset(owned.types.get(netns.name, ()))
    return types if netns.manage == "all" else types & {kind for kind, _ in owned.objects.get(netns.name, ())}


def neighbours(netns: DesiredNetns) -> list[str]:
    """Other namespaces that the links of this one refer to: peers and lower links."""
    found: dict[str, None] = {}
    for link in netns.links.values():
        for name in ("peer", "parent"):
            value = link.attrs.get(name)
            if isinstance(value, str):
                other = link_id(netns.name, value)[0]
                if other != netns.name:
                    found[other] = None
        if underlay := link.attrs.get("underlay"):
            found[str(underlay)] = None
    return list(found)


def with_released(desired: DesiredState, observed: ObservedState) -> DesiredState:
    """Namespaces that left the file but were not ours to delete: described as holding nothing of ours any more."""
    released = {
        name: DesiredNetns(
            name, observed.owned.sources.get(name, "host" if name == HOST else "create"), adopt=True, manage="declared"
        )
        for name in observed.owned.objects
        if name not in observed.owned.namespaces and name not in desired.namespaces and name in observed.namespaces
    }
    return replace(desired, namespaces={**desired.namespaces, **released}) if released else desired


def reread(
    desired: DesiredState, plan: Plan, kernel: KernelPort, *, brief: bool = False
) -> tuple[ObservedState, dict[str, DesiredNetns]]:
    """Read again what the plan touched and everything that hangs together with it by references.

    A namespace the plan made is read in the declared families only: nobody else has been there. ``brief``: of links no more than
    the attributes somebody declared, which says whether all is as declared but is nothing to plan from.
    """
    touched = {step.netns for step in plan.steps}
    for step in plan.steps:
        if step.args:
            if "target" in step.args:
                touched.add(step.args["target"])
            if "peer" in step.args:
                touched.add(step.args["peer"]["netns"])
    near = {name: neighbours(netns) for name, netns in desired.namespaces.items()}
    for name, others in list(near.items()):
        for other in others:
            if other in near and name not in near[other]:
                near[other].append(name)
    scope: dict[str, DesiredNetns] = {}
    stack = [name for name in near if name in touched]
    while stack:
        name = stack.pop()
        if name not in scope and name in desired.namespaces:
            scope[name] = desired.namespaces[name]
            stack += near[name]
    types: dict[str, frozenset[str]] = {}
    for step in plan.steps:
        if isinstance(step.obj, Thing):
            types[step.netns] = types.get(step.netns, _NONE) | {step.obj.type}
    fresh = {step.name for step in plan.steps if step.verb is Verb.NETNS_ADD}
    declared = None
    if brief:
        declared = frozenset([attribute for netns in scope.values() for link in netns.links.values() for attribute in link.attrs])
    wants: dict[str, Want] = {}
    for name, netns in scope.items():
        whole = name in touched and name not in fresh and netns.manage == "all"
        kinds = _all_kinds(netns) if whole else _declared_kinds(netns)
        things = types_of(netns) | types.get(name, _NONE) if whole else netns.types
        wants[name] = Want(
            kinds, _sysctls(netns), _source(netns), near[name], declared, _port_options(netns), things, _compared(netns)
        )
    if any(link.kind == "physical" for netns in scope.values() for link in netns.links.values()):
        wants.setdefault(HOST, Want(LINKS, source="host"))
    observation = kernel.observe(wants)
    return ObservedState(observation.namespaces, frozenset(observation.stale)), scope
