"""Values → text: plans, failures, states and exports. Pure: no kernel, no clock, no terminal; colour only when told."""
