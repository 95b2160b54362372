"""Compares two builds of libzmq.so.5 with the programs of this folder: see ../compare."""
