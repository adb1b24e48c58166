"""A vCenter's datastores and files.

::

    session     a login that renews itself: calls, tasks, the session's cookie
    soap        the SOAP client: one parse of the WSDL, no environment
    inventory   every datastore with its state, in one call
    files       PUT, HEAD, GET, move, delete, list of files on datastores
    web         HTTP to the vCenter: where files are written and read
    flight      one call for all who want the same answer
    errors      what can go wrong

Stores write images with it, Nova's part asks it where they lie. Knows
neither.
"""
