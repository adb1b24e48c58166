"""What a volume type may say.

Definitions of Cinder extra specs, and the checks made with them. The package
knows no service: it needs jsonschema, jsonpath-ng and stevedore, and can be
used by anything that reads or writes volume types.
"""
