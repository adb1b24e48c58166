"""What a volume type may say.

Definitions of Cinder extra specs, and the checks made with them. The package
knows no service: it needs jsonschema, jsonpath-ng and stevedore, and can be
used by anything that reads or writes volume types::

    import api_validation

    stores = api_validation.StoresDocument.parse(answer_of_glance)
    report = api_validation.validate(
        {'image_service:store_id': 'fsat'}, stores=stores)
    if not report.ok:
        print(report.to_text())

Importing it loads nothing else: definitions and the libraries behind them
are loaded when they are needed for the first time.
"""

from api_validation.checks import touches
from api_validation.checks import validate
from api_validation.errors import ApiValidationError
from api_validation.errors import InvalidArgument
from api_validation.errors import InvalidDefinition
from api_validation.errors import InvalidStoresDocument
from api_validation.report import Problem
from api_validation.report import Report
from api_validation.stores import Store
from api_validation.stores import StoresDocument

__all__ = [
    'ApiValidationError',
    'InvalidArgument',
    'InvalidDefinition',
    'InvalidStoresDocument',
    'Problem',
    'Report',
    'Store',
    'StoresDocument',
    'touches',
    'validate',
]
