"""Writes the package nsmgr.model.table from the pydantic models: ``python -m nsmgr.model.generate``, or ``make tables``.

For each kind of link: the same class without its fields. Facts, rows and the methods (``problems``, ``replaces``) are
copied, these with the functions and constants of their module that they use. For each model: a
:class:`nsmgr.model.shape.Shape`. What this program does not know how to say becomes None, "only the model can tell".
"""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import os
import sys
import textwrap
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types as at
from pydantic import AfterValidator, BeforeValidator, WithJsonSchema
from pydantic.fields import FieldInfo

from nsmgr.light import Enum
from nsmgr.model import attr, convert, shape, words
from nsmgr.model.base import Attr, Resource
from nsmgr.model.kind import Kind
from nsmgr.model.links import kind_class, kind_names
from nsmgr.model.links.base import Link
from nsmgr.model.ports import port_class, port_kinds
from nsmgr.model.ports.base import Port
from nsmgr.model.thing import ThingType
from nsmgr.model.things import thing_class, thing_kinds, thing_types
from nsmgr.model.things.base import ThingModel

HERE = os.path.dirname(os.path.abspath(__file__))
# Where a copied piece of code may find what it names, and the table imports it from.
FREE: tuple[types.ModuleType, ...] = (
    attr,
    convert,
    words,
    *(
        importlib.import_module(f"nsmgr.{name}")
        for name in ("text", "model.encap", "model.kind", "model.thing", "model.meaning", "model.packets", "model.traffic")
    ),
    shape,
)
HEAD = (
    '"""Written by nsmgr.model.generate from {origin}: edit that, then `make tables`."""\n\nfrom __future__ import annotations\n\n'
)
Modules = tuple[types.ModuleType, ...]  # where a model is defined: their names may be copied


class Unsayable(Exception):
    """Only the model can tell."""


class Writer:
    """The code of one entry. ``imports``: what the table needs, module → names; ``copied``: what this entry needs of its module."""

    def __init__(self) -> None:
        self.imports: dict[str, set[str]] = {}
        self.copied: dict[str, str] = {}  # name → source, in the order of need
        self.origin: dict[str, str] = {}

    # ------------------------------------------------------------------------------------------------------- references

    def use(self, module: str, name: str) -> str:
        self.imports.setdefault(module, set()).add(name)
        return name

    def find(self, module: Any, name: str) -> None:
        """Make a global name of a module known here: imported where that costs nothing, else copied."""
        value = vars(module)[name]
        if isinstance(value, types.ModuleType) and getattr(value, "LIGHT", False):
            package, _, tail = value.__name__.rpartition(".")
            assert tail == name, f"{value.__name__} is called {name}"
            self.use(package, name)
            return
        for free in FREE:
            if vars(free).get(name, self) is value and getattr(value, "__module__", free.__name__) == free.__name__:
                self.use(free.__name__, name)
                return
        tree = ast.parse(inspect.getsource(module))
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and any((alias.asname or alias.name) == name for alias in node.names):
                source = node.module or ""
                if source.partition(".")[0] == "nsmgr":
                    self.find(importlib.import_module(source), name)  # what several kinds share (nsmgr.model.tunnel)
                    return
                if source.partition(".")[0] == "pydantic":
                    raise Unsayable(f"{module.__name__}.{name}")
                self.use(source, name)
                return
            targets = [node] if isinstance(node, ast.FunctionDef) else getattr(node, "targets", [getattr(node, "target", None)])
            for target in targets:
                found = list(getattr(target, "elts", [target]))
                if any(getattr(part, "id", getattr(part, "name", None)) == name for part in found):
                    self.copy(module, node, [getattr(part, "id", getattr(part, "name", "")) for part in found])
                    return
        raise Unsayable(f"{module.__name__}.{name}")

    def copy(self, module: Any, node: ast.stmt, names: list[str]) -> None:
        if names[0] in self.copied:
            assert self.origin[names[0]] == module.__name__, f"two modules define {names[0]}"
            return
        self.needs(module, node, names)
        source = ast.get_source_segment(inspect.getsource(module), node) or ""
        for name in names:
            self.copied[name] = source if name == names[0] else ""
            self.origin[name] = module.__name__

    def needs(self, module: Any, node: ast.AST, own: Iterable[str] = ()) -> None:
        """Everything global that a piece of code names."""
        local = {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
        local |= {part.name for part in ast.walk(node) if isinstance(part, ast.ExceptHandler) and part.name}
        local |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load)}
        local |= {part.name for part in ast.walk(node) if isinstance(part, ast.ExceptHandler) and part.name}
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and part.id not in local and part.id not in own and not hasattr(builtins, part.id):
                self.find(module, part.id)

    # ----------------------------------------------------------------------------------------------------------- values

    def code(self, value: Any, modules: Modules = ()) -> str:
        """An expression for a value; a constant of one of the modules is named."""
        for module in modules:
            for name, constant in vars(module).items():
                if constant is value and isinstance(value, attr.Fixed) and name.isupper():
                    self.find(module, name)
                    return name
        if isinstance(value, Enum):
            return f"{self.use(type(value).__module__, type(value).__name__)}.{value.name}"
        if isinstance(value, convert.ByNumber):
            return f"{self.use(convert.__name__, 'ByNumber')}({self.code(value.names, modules)})"
        if isinstance(value, (Attr, attr.Fixed)):
            said = []
            positional = True
            for name, parameter in inspect.signature(type(value)).parameters.items():
                part = getattr(value, name)
                if part == parameter.default and type(part) is type(parameter.default):
                    positional = False
                else:
                    said.append(("" if positional else f"{name}=") + self.code(part, modules))
            return f"{self.use(type(value).__module__, type(value).__name__)}({', '.join(said)})"
        if isinstance(value, dict):
            return "{" + ", ".join(f"{self.code(k)}: {self.code(v, modules)}" for k, v in value.items()) + "}"
        if isinstance(value, frozenset):
            return f"frozenset({sorted(value)!r})"
        if isinstance(value, tuple):
            return "(" + ", ".join(self.code(item, modules) for item in value) + ("," if len(value) == 1 else "") + ")"
        if value is None or isinstance(value, (str, int, list)):
            return repr(value)
        raise Unsayable(repr(value))

    def validator(self, function: Any, modules: Modules) -> str:
        """An expression for a validator's function."""
        name: str = getattr(function, "__name__", "")
        if not name:
            return self.code(function, modules)
        module = sys.modules[function.__module__]
        if vars(module).get(name) is not function:
            raise Unsayable(function.__qualname__)
        self.find(module, name)
        return name

    # ----------------------------------------------------------------------------------------------------------- checks

    def check(self, annotation: Any, metadata: Iterable[Any], modules: Modules) -> str:
        """An expression of :mod:`nsmgr.model.shape` for a field's type. Raises Unsayable."""
        before: list[str] = []
        after: list[str] = []
        low: Any = None
        high: Any = None
        pattern = ""
        for meta in _flat(metadata):
            match meta:
                case Attr() | WithJsonSchema():
                    pass
                case at.Ge(ge=bound) | at.MinLen(min_length=bound):
                    low = bound
                case at.Gt():
                    low = _number(meta.gt) + 1
                case at.Le(le=bound) | at.MaxLen(max_length=bound):
                    high = bound
                case at.Lt():
                    high = _number(meta.lt) - 1
                case BeforeValidator(func=function):
                    before.insert(0, self.validator(function, modules))
                case AfterValidator(func=function):
                    after.append(self.validator(function, modules))
                case _ if getattr(meta, "pattern", ""):
                    pattern = meta.pattern
                    if not (pattern.startswith("^") and pattern.endswith("$")):
                        raise Unsayable(pattern)
                case _:
                    raise Unsayable(repr(meta))
        options = list(get_args(annotation)) if get_origin(annotation) in (Union, types.UnionType) else [annotation]
        null = type(None) in options
        options = [option for option in options if option is not type(None)]
        inner = [self.plain(option, low, high, pattern[1:-1], modules) for option in options]
        code = inner[0] if len(inner) == 1 else f"{self.use(shape.__name__, 'either')}({', '.join(inner)})"
        if before or after:
            # null: what the validators make of it is left to the model
            return f"{self.use(shape.__name__, 'chain')}({', '.join([*before, code, *after])})"
        return f"{self.use(shape.__name__, 'optional')}({code})" if null else code

    def plain(self, annotation: Any, low: int | None, high: int | None, pattern: str, modules: Modules) -> str:
        origin, arguments = get_origin(annotation), get_args(annotation)
        bounded = low is not None or high is not None or bool(pattern)
        if origin is Annotated:
            if bounded:  # an outer bound on the inner type
                bounds = [bound for bound in (low is not None and at.Ge(low), high is not None and at.Le(high)) if bound]
                return self.check(arguments[0], [*arguments[1:], *bounds], modules)
            return self.check(arguments[0], arguments[1:], modules)
        if annotation is int:
            return f"{self.use(shape.__name__, 'whole')}({_bounds(low, high)})"
        if annotation is str:
            said = ", ".join(part for part in (_bounds(low or None, high), f"pattern={pattern!r}" if pattern else "") if part)
            return f"{self.use(shape.__name__, 'text')}({said})"
        if origin in (list, tuple):
            if origin is tuple and not (len(arguments) == 2 and arguments[1] is Ellipsis):
                raise Unsayable(repr(annotation))
            make = ", make=tuple" if origin is tuple else ""
            said = f"{self.check(arguments[0], (), modules)}, {_bounds(low or None, high)}".removesuffix(", ")
            return f"{self.use(shape.__name__, 'items')}({said}{make})"
        if bounded:
            raise Unsayable(repr(annotation))
        if annotation is Any:
            return self.use(shape.__name__, "anything")
        if annotation is bool:
            return self.use(shape.__name__, "truth")
        if origin is Literal and len({type(value) for value in arguments}) == 1:
            return f"{self.use(shape.__name__, 'word')}({', '.join(repr(value) for value in arguments)})"
        if origin is dict:
            key, value = (self.check(argument, (), modules) for argument in arguments)
            return f"{self.use(shape.__name__, 'mapping')}({key}, {value})"
        if _is_plain_model(annotation):
            return f"{self.shape(annotation, (sys.modules[annotation.__module__],))}.nested"
        raise Unsayable(repr(annotation))

    def field(self, field: FieldInfo, modules: Modules) -> str:
        before = self.copied.copy(), {module: names.copy() for module, names in self.imports.items()}
        try:
            return self.check(field.annotation, field.metadata, modules)
        except Unsayable:
            self.copied, self.imports = before
            return "None"

    def shape(self, cls: type[Resource], modules: Modules) -> str:
        """An expression for a whole model's shape."""
        fields, defaults, required, renamed = self.parts(cls, modules)
        more = f", renamed={renamed!r}" if renamed else ""
        pairs = ", ".join(f"{key!r}: {code}" for key, code in fields.items())
        return f"{self.use(shape.__name__, 'Shape')}({{{pairs}}}, {_dict(defaults)}, {required!r}{more})"

    def parts(
        self, cls: type[Resource], modules: Modules
    ) -> tuple[dict[str, str], dict[str, str], tuple[str, ...], dict[str, str]]:
        fields = {field.alias or name: self.field(field, modules) for name, field in cls.model_fields.items()}
        required = tuple(field.alias or name for name, field in cls.model_fields.items() if field.is_required())
        defaults = {
            name: repr(field.get_default(call_default_factory=True))
            for name, field in cls.model_fields.items()
            if not field.is_required()
        }
        renamed = {field.alias: name for name, field in cls.model_fields.items() if field.alias}
        return fields, defaults, required, renamed

    # ------------------------------------------------------------------------------------------------------------ kinds

    def kind(self, cls: type[Link | Port]) -> str:
        """The definitions of a kind's class."""
        root = Link if issubclass(cls, Link) else Port
        classes: list[type] = [base for base in cls.__mro__ if issubclass(base, root) and base is not Link]
        modules = tuple(dict.fromkeys(sys.modules[base.__module__] for base in (*classes, root)))
        facts = self.facts(cls, Kind)
        rows = {name: self.code(row, modules) for name, row in cls.rows().items()}
        fields, defaults, required, _ = self.parts(cls, modules)
        if cls is Link or root is Port:
            rows_, fields_, defaults_ = _dict(rows), _dict(fields), _dict(defaults)
        else:
            base = (sys.modules[Link.__module__],)
            common = Writer()
            base_fields, base_defaults, _, _ = common.parts(Link, base)
            assert not base_defaults.keys() - defaults.keys(), f"{cls.__name__} requires a key that other links do not"
            every = self.use("nsmgr.model.table.links", Link.__name__)
            rows_ = _over(f"{every}.ROWS", rows, {name: common.code(row, base) for name, row in Link.rows().items()})
            fields_ = _over(f"{every}.SHAPE.fields", fields, base_fields)
            defaults_ = _over(f"{every}.SHAPE.defaults", defaults, base_defaults)
        *parents, mine = self.methods(list(reversed(classes)), "nsmgr.model.kind", "Plain") or [""]
        if not classes or mine.split("(")[0] != f"class {cls.__name__}":
            parents, mine = [part for part in (*parents, mine) if part], ""
        below = parents[-1].split("(")[0].removeprefix("class ") if parents else self.use("nsmgr.model.kind", "Plain")
        body = f"class {cls.__name__}({below}):\n" + textwrap.indent("\n".join([*facts, f"ROWS = {rows_}"]), "    ")
        if mine:
            body += "\n\n" + mine.split("\n", 1)[1]
        made = f"{self.use(shape.__name__, 'Shape')}({fields_}, {defaults_}, {required!r}, make={cls.__name__})"
        return "\n\n\n".join([*parents, body, f"{cls.__name__}.SHAPE = {made}\nENTRY = {cls.__name__}"])

    def thing(self, cls: type[ThingModel]) -> str:
        """The definitions of a type of thing."""
        classes = [base for base in cls.__mro__ if issubclass(base, ThingModel) and base is not ThingModel]
        modules = tuple(dict.fromkeys(sys.modules[base.__module__] for base in (*classes, ThingModel)))
        facts = self.facts(cls, ThingType)
        rows = {name: self.code(row, modules) for name, row in cls.rows().items()}
        fields, defaults, required, renamed = self.parts(cls, modules)
        *parents, mine = self.methods(list(reversed(classes)), "nsmgr.model.thing", "PlainThing") or [""]
        if mine.split("(")[0] != f"class {cls.__name__}":
            parents, mine = [part for part in (*parents, mine) if part], ""
        below = parents[-1].split("(")[0].removeprefix("class ") if parents else self.use("nsmgr.model.thing", "PlainThing")
        body = f"class {cls.__name__}({below}):\n" + textwrap.indent("\n".join([*facts, f"ROWS = {_dict(rows)}"]), "    ")
        if mine:
            body += "\n\n" + mine.split("\n", 1)[1]
        more = f", renamed={renamed!r}" if renamed else ""
        pairs = ", ".join(f"{key!r}: {code}" for key, code in fields.items())
        made = f"{self.use(shape.__name__, 'Shape')}({{{pairs}}}, {_dict(defaults)}, {required!r}{more}, make={cls.__name__})"
        return "\n\n\n".join([*parents, body, f"{cls.__name__}.SHAPE = {made}\nENTRY = {cls.__name__}"])

    def facts(self, cls: Any, base: Any) -> list[str]:
        """Class variables that differ from those of :class:`Kind` or :class:`ThingType`."""
        names = [name for name in vars(base) if name.isupper() and name != "SHAPE"]
        return [f"{name} = {self.code(getattr(cls, name))}" for name in names if getattr(cls, name) != getattr(base, name)]

    def methods(self, classes: Sequence[type], module: str, plain: str) -> list[str]:
        """Definitions of classes that have methods, the base first; each inherits from the one before."""
        found: list[str] = []
        for cls in classes:
            source = sys.modules[cls.__module__]
            (tree,) = ast.parse(inspect.getsource(cls)).body
            assert isinstance(tree, ast.ClassDef)
            functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
            if not functions:
                continue
            base = found[-1].split("(")[0].removeprefix("class ") if found else self.use(module, plain)
            for node in functions:
                for part in ast.walk(node):
                    if isinstance(part, ast.Name) and part.id == cls.__name__:
                        raise Unsayable(f"{cls.__name__} names itself")
                self.needs(source, node)
            found.append(f"class {cls.__name__}({base}):\n" + "\n\n".join(_source(cls, node) for node in functions))
        return found


def _is_plain_model(annotation: Any) -> bool:
    """A model of ours that judges its fields one by one."""
    ours = isinstance(annotation, type) and issubclass(annotation, Resource)
    return ours and not annotation.__pydantic_decorators__.model_validators


def _source(cls: type, node: ast.FunctionDef) -> str:
    lines = inspect.getsource(cls).splitlines()
    first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
    return "\n".join(lines[first - 1 : node.end_lineno])


def _flat(metadata: Iterable[Any]) -> Iterator[Any]:
    for meta in metadata:
        if isinstance(meta, FieldInfo):
            yield from _flat(meta.metadata)
        else:
            yield meta


def _number(bound: Any) -> int:
    if type(bound) is not int:
        raise Unsayable(repr(bound))
    return bound


def _bounds(low: int | None, high: int | None) -> str:
    if high is not None:
        return f"{low}, {high}"
    return "" if low is None else f"{low}"


def _dict(code: dict[str, str]) -> str:
    return "{" + ", ".join(f"{key!r}: {value}" for key, value in code.items()) + "}"


def _over(base: str, code: dict[str, str], known: dict[str, str]) -> str:
    """The base's mapping, with what differs put over it."""
    more = {key: value for key, value in code.items() if known.get(key) != value}
    return f"{{**{base}, {_dict(more)[1:]}" if more else base


def _sorting(name: str) -> tuple[int, str]:
    """Constants, classes, functions, as the repository's import order is."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def _files(cls: type) -> tuple[str, ...]:
    """Source files that a model depends on, relative to this directory; those that every entry depends on left out."""
    found: set[str] = set()
    stack = [cls.__module__]
    while stack:
        source = importlib.import_module(stack.pop())
        file = os.path.relpath(inspect.getfile(source), HERE)
        if file in found or file in shape.COMMON:
            continue
        found.add(file)
        with open(inspect.getfile(source), encoding="utf-8") as text:
            tree = ast.parse(text.read())
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (name := node.module or "").startswith("nsmgr."):
                stack.append(name)
                stack += [f"{name}.{alias.name}" for alias in node.names if f"{name}.{alias.name}" in sys.modules]
    return tuple(sorted(found))


class _WithoutAnnotations(ast.NodeTransformer):
    """What is left to run when annotations are not evaluated."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)


def module(writer: Writer, body: str, origin: str) -> str:
    """The text of a module of the table."""
    copied = "\n\n".join(source for source in writer.copied.values() if source)
    tree = ast.parse(copied + "\n" + body)
    named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    needed = {node.id for node in ast.walk(_WithoutAnnotations().visit(tree)) if isinstance(node, ast.Name)}
    lines: list[str] = []
    for ours in (False, True):
        lines += [""] if lines and ours else []
        for name, names in sorted(writer.imports.items()):
            used = sorted((n for n in names if n in (named if ours else needed)), key=_sorting)
            if used and name.startswith("nsmgr.") == ours:
                lines += [f"from {name} import {', '.join(used)}"]
    # What only annotations name is for the type checker: importing typing takes 9 ms.
    shown = [
        f"    from {name} import {', '.join(used)}"
        for name, names in sorted(writer.imports.items())
        if not name.startswith("nsmgr.") and (used := sorted((n for n in names if n in named - needed), key=_sorting))
    ]
    if shown:
        lines += ["", "TYPE_CHECKING = False", "if TYPE_CHECKING:", *shown]
    return HEAD.format(origin=origin) + "\n".join(lines) + "\n\n" + (copied + "\n\n\n" if copied else "") + body + "\n"


def generate() -> dict[str, str]:
    """File name → text, before formatting."""
    files: dict[str, str] = {}
    entries: dict[str, tuple[tuple[str, ...], str, str]] = {}

    def add(name: str, stem: str, cls: type[Resource], code: Callable[[Any], str], writer: Writer) -> None:
        sources = _files(cls)
        files[f"{stem}.py"] = module(writer, code(cls), f"{cls.__module__}.{cls.__name__}")
        entries[name] = (sources, shape.stamp(sources), stem)

    for name in ("", *kind_names()):
        writer = Writer()
        add(f"link:{name}", f"link_{name}" if name else "links", kind_class(name) if name else Link, writer.kind, writer)
    for name in port_kinds():
        writer = Writer()
        add(f"port:{name}", f"port_{name}", port_class(name), writer.kind, writer)
    for name in [full for one in thing_types() for full in (one, *(f"{one}.{kind}" for kind in thing_kinds(one)))]:
        writer = Writer()
        add(f"thing:{name}", f"thing_{name.replace('.', '_')}", thing_class(name), writer.thing, writer)
    for name in shape.MODELS:
        model: type[Resource] = shape.model(name)
        sources = _files(model)
        writer = Writer()
        code = writer.shape(model, (sys.modules[model.__module__],))
        files[f"{name}.py"] = module(writer, f"ENTRY = {code}", f"{model.__module__}.{model.__name__}")
        entries[name] = (sources, shape.stamp(sources), name)
    lines = [f"    {name!r}: {entry!r}," for name, entry in entries.items()]
    files["__init__.py"] = "\n".join(
        [
            HEAD.format(origin="the models").rstrip() + "\n",
            "# entry → the files it was made from, their stamp, the module it is in",
            "ENTRIES: dict[str, tuple[tuple[str, ...], str, str]] = {",
            *lines,
            "}",
            "# (type of thing, where its section stands, section); types read in every namespace that is described completely",
            f"SECTIONS = {tuple((name, thing_class(name).LEVEL, thing_class(name).SECTION) for name in thing_types())!r}",
            f"ALWAYS = {tuple(name for name in thing_types() if thing_class(name).ALWAYS)!r}\n",
        ]
    )
    return files


def main() -> None:
    """Write the package. A module whose model is gone stays, and a test says so."""
    for name, text in generate().items():
        with open(os.path.join(HERE, "table", name), "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    main()
