"""`python -m netcc` is the command `netcc`."""

from netcc.cli import main

if __name__ == "__main__":
    main(prog_name="netcc")
