"""What `netcc data` does: makes databases and means, and looks into databases. One module for each command."""
