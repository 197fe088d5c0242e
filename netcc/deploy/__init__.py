"""From a net for training to the net for use, and whether two files say the same net."""
