"""nsmgr validate"""

from __future__ import annotations

from nsmgr.cli import output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nsmgr.cli.options import Files, Format, Name


def validate(files: Files, name: Name = "", format: Format = "text") -> int:
    """Check the files only: no kernel, no root. Exit status 4 when something is wrong."""
    from nsmgr.config import load
    from nsmgr.errors import ConfigError, Problem

    try:
        desired = load(files, name=name or None)
    except ConfigError as error:
        if format == "text":
            raise
        from nsmgr.render.jsondoc import dumps, problems_document

        output.result(dumps(problems_document(error.problems, files)))
        return error.exit_status
    warnings = [warning for warning in desired.warnings if isinstance(warning, Problem)]
    if format == "json":
        from nsmgr.render.jsondoc import dumps, problems_document

        output.result(dumps(problems_document(warnings, files)))
        return 0
    output.warnings(desired)
    links = sum(link.kind != "lo" for netns in desired.namespaces.values() for link in netns.links.values())
    count = len(desired.namespaces)
    output.news(f"{desired.name}: valid, {count} namespace{'s' * (count != 1)}, {links} link{'s' * (links != 1)}")
    return 0
