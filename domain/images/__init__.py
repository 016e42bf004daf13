"""Images without a database: their references, states, Dockerfiles and contents."""
