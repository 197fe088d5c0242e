"""Where a net's numbers come from: databases and arrays, and the tools that make databases."""
