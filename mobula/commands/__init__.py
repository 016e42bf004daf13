"""The subcommands of `mobula`, one module each: `register` adds it, `run` returns its exit code."""
