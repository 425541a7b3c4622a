"""Re-export while callers move to nsmgr.engine."""

from nsmgr.engine import *  # noqa: F403
from nsmgr.engine import check, observe, plan  # noqa: F401
