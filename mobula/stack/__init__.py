"""The embedded stack: PostgreSQL, Valkey, web, worker and beat on one machine."""
