"""How the layers of a plan are computed: by their own methods, or by a kernel for another order of memory."""
