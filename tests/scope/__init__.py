"""What Linux can configure against what nsmgr does: the kernel's enumerations, the reasons, and the page made of both."""
