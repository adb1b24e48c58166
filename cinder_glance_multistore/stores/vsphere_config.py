"""What a ``vsphere`` store's section says: address, datastores, folder.

Raises ``ValueError`` with a sentence that names the value.
"""

import ipaddress
import re
from typing import NamedTuple
import unicodedata
import urllib.parse

from cinder_glance_multistore.transfer import leftovers
from cinder_glance_multistore.vsphere.inventory import plain

#: How a line of ``vmware_datastores`` is to be written.
FORM = r'''Write <datacenter path>:<datastore>:<weight>, with <pod>/ before \
the datastore if it is to be found in a storage pod or <pod>/ alone for the \
whole pod, and a colon, slash or backslash in a name as "\:", "\/" or \
"\\"'''.replace('\\\n', '')

_HOST = re.compile(
    r'(?=.{1,253}\Z)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})'
    r'(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62}))*\.?')


_HTTPS = 443


class Entry(NamedTuple):
    """A line of ``vmware_datastores``.

    :ivar datacenter: the datacenter's path, as it was given
    :ivar pod: the name of a storage pod, or ''
    :ivar datastore: the name of a datastore; '' for the whole pod
    :ivar weight: the operator's number
    """

    datacenter: str
    pod: str
    datastore: str
    weight: int

    def __str__(self):
        name = f'{self.pod}/{self.datastore}' if self.pod else self.datastore
        return f'{self.datacenter}:{name}'


def parse_server(value):
    """Return (host, port) of ``vmware_server_host``; port None for HTTPS's.

    The host is without brackets.
    """
    text = (value or '').strip()
    host, port = text, ''
    if text.startswith('['):
        host, bracket, rest = text[1:].partition(']')
        if not bracket or rest and not rest.startswith(':'):
            raise _bad_server(value)
        port = rest[1:]
        if rest and not port or not _is_ipv6(host):
            raise _bad_server(value)
    elif text.count(':') == 1:
        host, _, port = text.partition(':')
        if not port:
            raise _bad_server(value)
    elif text.count(':') > 1 and not _is_ipv6(text):
        raise _bad_server(value)
    if port and not (re.fullmatch('[0-9]{1,5}', port)
                     and 0 < int(port) < 1 << 16):
        raise _bad_server(value)
    if ':' not in host and not _is_host(host):
        raise _bad_server(value)
    # Said or not, it is the same server, and locations name it.
    return host, int(port) if port and int(port) != _HTTPS else None


def _is_host(host):
    if re.fullmatch(r'[0-9.]+', host):
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            return False
    return _HOST.fullmatch(host) is not None


def _is_ipv6(host):
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return '%' not in host


def _bad_server(value):
    if not value or not value.strip():
        return ValueError(
            'vmware_server_host is not set. Name the vCenter: '
            'vcenter.example.org, or vcenter.example.org:8443')
    return ValueError(
        f'vmware_server_host is {value!r}. Write a name or an address alone, '
        f'without https://, or with a port: vcenter.example.org:8443, '
        f'[2001:db8::5]:8443')


def parse_datastores(values):
    """Return an :class:`Entry` for each line of ``vmware_datastores``.

    :raises ValueError: when one cannot be understood or comes twice
    """
    found = {}
    for number, value in enumerate(values, 1):
        entry = _parse(value, f'line {number} of vmware_datastores, {value!r}')
        key = tuple(map(plain, (
            entry.datacenter.strip('/'), entry.datastore,
            entry.pod if not entry.datastore else '')))
        if found.setdefault(key, entry) != entry:
            raise ValueError(
                f'{entry} is named twice in vmware_datastores, as '
                f'{found[key]} with the weight {found[key].weight} and with '
                f'{entry.weight}. Leave one of the lines')
    return list(found.values())


def _parse(value, where):
    parts = _split(value, where)
    if len(parts) not in (2, 3):
        what = ('there is no colon' if len(parts) == 1 else
                f'there are {len(parts) - 1} colons')
        raise ValueError(f'In {where}, {what}. {FORM}')
    path = '/'.join(parts[0])
    names = parts[1]
    weight = '/'.join(parts[2]) if len(parts) == 3 else ''
    if not path.strip('/'):
        raise ValueError(f'In {where}, the datacenter is empty. {FORM}')
    if len(names) > 2:
        raise ValueError(
            f'In {where}, the datastore has more than one slash. {FORM}')
    pod, name = names if len(names) == 2 else ('', names[0])
    if len(names) == 2 and not pod:
        raise ValueError(f'In {where}, the storage pod is empty. {FORM}')
    if not pod and not name:
        raise ValueError(f'In {where}, the datastore is empty. {FORM}')
    if weight and not re.fullmatch(r'[+-]?[0-9]+', weight):
        raise ValueError(
            f'In {where}, the weight {weight!r} is no integer. {FORM}')
    return Entry(path, pod, name, int(weight or 0))


def _split(value, where):
    """Return the parts between colons, each as a list between slashes."""
    parts = [['']]
    characters = iter(value.strip())
    for character in characters:
        if character == '\\':
            escaped = next(characters, '')
            if escaped not in (':', '/', '\\'):
                raise ValueError(
                    f'In {where}, a backslash stands before '
                    f'{escaped or "nothing"!r}. {FORM}')
            parts[-1][-1] += escaped
        elif character == ':':
            parts.append([''])
        elif character == '/':
            parts[-1].append('')
        else:
            parts[-1][-1] += character
    return [[text.strip() for text in names] for names in parts]


def parse_folder(value):
    """Return ``vmware_store_image_dir`` without slashes at its ends.

    :raises ValueError: when no location could name it
    """
    folder = re.sub('/+', '/', value.strip()).strip('/')
    if not folder:
        raise ValueError(
            'vmware_store_image_dir is empty. Name a folder, such as '
            '/openstack_glance')
    for name in folder.split('/'):
        if name in ('.', '..') or not _is_plain(name):
            raise ValueError(
                f'vmware_store_image_dir is {value!r}: {name!r} cannot be '
                f'the name of a folder in the location of an image. Write '
                f'no ".", "..", and none of the characters {_SPECIAL}')
    return folder


# What ends a path, or means another character, in the location of an image
# or in a datastore path.
_SPECIAL = '? # % ; \\ [ ] " < >'


def _is_plain(name):
    return not any(character in _SPECIAL.replace(' ', '')
                   or unicodedata.category(character) in ('Cc', 'Cs')
                   for character in name)


def is_image_name(name):
    """Say whether a file of that name may be an image in a datastore."""
    return (bool(name) and name not in ('.', '..') and '/' not in name
            and _is_plain(name)
            and name == name.strip()
            and not name.startswith(leftovers.PREFIX)
            and len(name.encode()) <= 255)


class Location(NamedTuple):
    """The parts of a ``vsphere://`` URI.

    :ivar host: as it stands there, brackets and port included
    :ivar path: ``/folder/...``, as it stands there
    :ivar datacenter: of ``dcPath``, or ''
    :ivar datastore: of ``dsName``
    """

    host: str
    path: str
    datacenter: str
    datastore: str


def parse_location(uri):
    """Return a :class:`Location`.

    :raises ValueError: when it is no URI of that kind
    """
    scheme, separator, rest = uri.partition('://')
    if scheme != 'vsphere' or not separator:
        raise ValueError('it does not begin with vsphere://')
    address, question, query = rest.partition('?')
    host, slash, path = address.partition('/')
    if not host or '@' in host:
        raise ValueError('it names no host')
    if not slash or not question:
        raise ValueError('it is not of the form vsphere://<host>/folder/'
                         '<folder>/<image>?dcPath=<datacenter>&dsName='
                         '<datastore>')
    try:
        pairs = urllib.parse.parse_qsl(
            query, keep_blank_values=True, strict_parsing=True,
            errors='strict')
    except ValueError as exc:
        raise ValueError(f'{query!r} cannot be read') from exc
    found = {}
    for name, value in pairs:
        if name in found or name not in ('dcPath', 'dsName'):
            raise ValueError(f'{name} comes twice or means nothing')
        found[name] = value
    if not found.get('dsName'):
        raise ValueError('it names no datastore')
    return Location(host, f'/{path}', found.get('dcPath', ''),
                    found['dsName'])


def make_uri(location):
    """Return the URI as upstream's driver writes it."""
    query = {'dsName': location.datastore}
    if location.datacenter:
        query['dcPath'] = location.datacenter
    return (f'vsphere://{location.host}{location.path}?'
            f'{urllib.parse.urlencode(query)}')


def escape(name, allowed=''):
    """Return a name as it is written in ``vmware_datastores``."""
    return ''.join(
        f'\\{character}' if character in ':/\\' and character not in allowed
        else character for character in name)
