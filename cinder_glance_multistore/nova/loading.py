"""How nova-compute finds our driver.

Nova loads ``compute_driver`` from ``nova.virt.`` only. Nothing is written
there: a finder answers for the one name ``nova.virt.multistore``, and only
when it is asked, which Nova does after it has read its configuration.
(``VMwareAPISession`` takes its defaults from the configuration when it is
imported: to import it any earlier would be to talk to no host.)
"""

import importlib
from importlib import abc
from importlib import machinery
from importlib import util
import sys

NAME = 'nova.virt.multistore'
_DRIVER = 'cinder_glance_multistore.nova.driver'


class _Finder(abc.MetaPathFinder):

    def find_spec(self, fullname, path=None, target=None):
        if fullname != NAME:
            return None
        return machinery.ModuleSpec(NAME, _Loader(), origin=_DRIVER)


class _Loader(abc.Loader):

    def exec_module(self, module):
        driver = importlib.import_module(_DRIVER)
        module.__doc__ = driver.__doc__
        module.VMwareVCDriver = driver.VMwareVCDriver


def install():
    """Make ``compute_driver = multistore.VMwareVCDriver`` loadable.

    Nothing of Nova is imported by it. The second time nothing happens.
    """
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())


def missing():
    """Return what has to be installed for nova-compute, or ''."""
    for package, what in (('nova', 'nova'), ('oslo_vmware', 'oslo.vmware')):
        if util.find_spec(package) is None:
            return what
    return ''
