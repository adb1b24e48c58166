"""How bits move: sources that rewind, the read -> hash -> write pipeline.

::

    files       a source saved as a file: hashed, whole, or not there at all
    pipeline    read, hash and write side by side, in bounded memory
    sources     what bits are read from: size, holes, a way back to the start
    writers     files that appear under their name when they are whole
    leftovers   what killed uploads left: found, judged, swept
    hashes      md5 and any other hash of hashlib
    cores       how many threads an upload may have at this moment
    native      native threads under eventlet
    linux       system calls that Python does not have
    errors      what can go wrong

Imports nothing of any service.
"""
