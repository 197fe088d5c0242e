"""Pictures of nets, by Graphviz."""
