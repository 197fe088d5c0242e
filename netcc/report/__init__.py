"""Answers about a net for people and programs, without running it."""
