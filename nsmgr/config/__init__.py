"""The configuration language: YAML text → :class:`nsmgr.plan.state.DesiredState`."""

from nsmgr.config.loader import load, loads, locate
from nsmgr.config.report import render_problems

__all__ = ["load", "loads", "locate", "render_problems"]
