"""JupyterLab beside the head, for clusters that are workspaces."""
