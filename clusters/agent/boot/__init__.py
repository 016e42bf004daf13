"""Where the machines of nodes report, from their first boot on: /agent/v1/nodes/."""
