"""Parts of the import of `ray up` files: the node types, the machines, and the account of keys."""
