"""Compiled nets: a net made ready for inference, in memory or as one file that loads without parsing."""
