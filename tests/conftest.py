"""What holds for every test."""

import os

# Several test processes share the machine; BLAS threads of each would wait for one another. Must come before NumPy.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
