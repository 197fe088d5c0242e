"""Twins of kernel functions for machines with numba, each tested against its NumPy definition."""
