"""Which functions the layers of each family become. One module a family, as in netcc/emit/numpy_source/."""
