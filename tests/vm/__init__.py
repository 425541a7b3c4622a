"""Other kernels to test on: see :mod:`tests.vm.__main__`."""
