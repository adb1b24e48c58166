"""Which of Glance's image locations can be believed.

Upstream takes the first ``vsphere://`` location for a file of its own
vCenter, whichever host it names, and whatever file.
"""

import dataclasses
import posixpath
from urllib import parse


@dataclasses.dataclass(frozen=True)
class Location:
    """A file of this vCenter.

    :ivar url: as Glance has it
    :ivar datacenter: the inventory path
    :ivar datastore: the name
    """

    url: str
    datacenter: str
    datastore: str


def believe(url, image_id, hosts, directories):
    """Return the :class:`Location` of an image in this vCenter, or None.

    :param url: what Glance says; hostile until checked
    :param hosts: names and addresses of this vCenter
    :param directories: where Glance's stores keep images, each as
        ``<directory>/<image id>``
    """
    try:
        parts = parse.urlsplit(url)
        # A file's name is quoted by nobody: Glance's store writes it as it
        # is, and its directories too.
        query = parse.parse_qs(parts.query, strict_parsing=True)
        [datacenter] = query['dcPath']
        [datastore] = query['dsName']
        host = parts.hostname
    except (ValueError, KeyError):
        return None
    if parts.scheme != 'vsphere' or '@' in parts.netloc or parts.fragment:
        return None
    # It is written as [datastore] path, and ends at the first bracket.
    if set('[]') & set(datastore) or not datastore.isprintable():
        return None
    if host not in {_host(name) for name in hosts}:
        return None
    if parts.path not in {
            posixpath.join('/folder', name.strip('/'), image_id)
            for name in directories}:
        return None
    return Location(url, datacenter, datastore)


def _host(name):
    return parse.urlsplit(f'//{name.strip()}').hostname if (
        name.count(':') < 2 or name.startswith('[')) else name.lower()
