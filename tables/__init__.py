"""Tables of every page: columns, order, pages and choice of columns, described in one place."""
