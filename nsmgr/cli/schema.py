"""nsmgr schema"""

from __future__ import annotations

from nsmgr.cli import output


def schema() -> int:
    """JSON Schema of the configuration, for editors."""
    import json

    from nsmgr.config.schema import json_schema

    output.result(json.dumps(json_schema(), indent=2, ensure_ascii=False))
    return 0
