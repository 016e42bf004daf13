"""The run of a build: who has it, its log, its end."""
