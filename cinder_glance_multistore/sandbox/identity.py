"""Keystone's content: users, roles, and where the services are.
"""

import urllib.parse

from keystoneauth1 import exceptions
from keystoneauth1 import session as ks_session
from keystoneauth1.identity import v3
import requests

from cinder_glance_multistore.sandbox import credentials
from cinder_glance_multistore.sandbox import errors

_SERVICES = {'keystone': 'identity', 'glance': 'image',
             'cinder': 'block-storage'}
_INTERFACES = ('public', 'internal')


def session(url, user, password, project=credentials.PROJECT):
    """Return a keystoneauth session of a user.

    :param url: of Keystone
    """
    own = requests.Session()
    own.trust_env = False  # a proxy is not asked for this machine
    return ks_session.Session(session=own, auth=v3.Password(
        auth_url=url, username=user, password=password, project_name=project,
        user_domain_id=credentials.DOMAIN,
        project_domain_id=credentials.DOMAIN))


def register(url, passwords, endpoints):
    """Make what is missing, and correct the addresses of the services.

    May be done again, and by one after another that was interrupted.

    :param url: of Keystone, which bootstrap has given its administrator
    :param passwords: user -> password
    :param endpoints: service -> URL. Where ``upstream`` is one of them, it
        is the Cinder of a region of its own.
    :raises errors.SandboxError: Keystone refused
    """
    keystone = _Keystone(url, passwords[credentials.ADMIN])
    try:
        grants = _register_users(keystone, passwords)
        _register_endpoints(keystone, endpoints)
        # Last: by these, one who asks whether services are ready gets a
        # token, and what the services ask in turn must be there.
        for grant in grants:
            keystone.grant(*grant)
    except exceptions.ClientException as error:
        raise errors.SandboxError(
            f'Keystone at {url} did not take the users and services of the '
            f'sandbox: {error}') from error


def _register_users(keystone, passwords):
    """Make projects and users; return the grants of the demo project."""
    roles = keystone.ids('role')
    projects = keystone.ids('project', domain_id=credentials.DOMAIN)
    users = keystone.ids('user', domain_id=credentials.DOMAIN)
    for name in (credentials.PROJECT, credentials.SERVICE_PROJECT):
        if name not in projects:
            projects[name] = keystone.make(
                'project', name=name, domain_id=credentials.DOMAIN)
    for user, password in passwords.items():
        if user not in users:
            users[user] = keystone.make(
                'user', name=user, password=password,
                domain_id=credentials.DOMAIN)
    for user, given in credentials.SERVICE_USERS.items():
        for role in given:
            keystone.grant(projects[credentials.SERVICE_PROJECT],
                           users[user], roles[role])
    return [(projects[credentials.PROJECT], users[user], roles[role])
            for user, role in credentials.USERS.items()]


def _register_endpoints(keystone, endpoints):
    regions = {credentials.REGION: endpoints}
    if 'upstream' in endpoints:
        regions[credentials.UPSTREAM_REGION] = endpoints | {
            'cinder': endpoints['upstream']}
    known = {region['id'] for region in keystone.all('region')}
    for region in regions.keys() - known:
        keystone.make('region', id=region)
    services = {service['type']: service['id']
                for service in keystone.all('service')}
    there = {(each['service_id'], each['region_id'], each['interface']): each
             for each in keystone.all('endpoint')}
    for name, service_type in _SERVICES.items():
        if service_type not in services:
            services[service_type] = keystone.make(
                'service', name=name, type=service_type)
        for region, urls in regions.items():
            for interface in _INTERFACES:
                where = (services[service_type], region, interface)
                url = urls[name]
                if where not in there:
                    keystone.make(
                        'endpoint', service_id=where[0], region_id=region,
                        interface=interface, url=url)
                elif there[where]['url'] != url:
                    keystone.change('endpoint', there[where]['id'], url=url)


class Caller:
    """Asks services as the demo project's administrator would.

    :ivar project: the id of the project, None before there is a token
    """

    def __init__(self, url, password):
        self._session = session(url, credentials.ADMIN, password)
        self.project = None

    def headers(self):
        """Return the headers of a request; None while there is no token."""
        try:
            headers = self._session.get_auth_headers()
            self.project = self._session.get_project_id()
        except exceptions.ClientException:
            return None
        return headers


class _Keystone:
    """The few calls that are needed of Keystone's API."""

    def __init__(self, url, password):
        self._session = session(url, credentials.ADMIN, password,
                                credentials.ADMIN_PROJECT)
        self._url = url

    def all(self, kind, **query):
        text = f'?{urllib.parse.urlencode(query)}' if query else ''
        return self._call('GET', f'/{kind}s{text}')[f'{kind}s']

    def ids(self, kind, **query):
        return {each['name']: each['id'] for each in self.all(kind, **query)}

    def make(self, kind, **values):
        return self._call('POST', f'/{kind}s', {kind: values})[kind]['id']

    def change(self, kind, id_, **values):
        self._call('PATCH', f'/{kind}s/{id_}', {kind: values})

    def grant(self, project, user, role):
        self._call('PUT', f'/projects/{project}/users/{user}/roles/{role}')

    def _call(self, method, path, body=None):
        # Bodies hold passwords, also where somebody debugs.
        answer = self._session.request(
            f'{self._url}{path}', method, json=body, log=False)
        return answer.json() if answer.content else None
