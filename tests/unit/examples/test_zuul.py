"""Zuul's jobs run what tox has."""

import pathlib
import re

import testtools
import yaml

ROOT = pathlib.Path(__file__).parents[3]


def environments():
    """Return the names of tox.ini's environments, ``{a,b}`` written out."""
    for name in re.findall(r'(?m)^\[testenv:(.+)\]$',
                           (ROOT / 'tox.ini').read_text()):
        several = re.fullmatch(r'(.*)\{(.*)\}', name)
        if several:
            yield from (several[1] + end for end in several[2].split(','))
        else:
            yield name


class ZuulTest(testtools.TestCase):

    def test_every_job_runs_environments_that_there_are(self):
        entries = yaml.safe_load((ROOT / '.zuul.yaml').read_text())
        jobs = {entry['job']['name']: entry['job'] for entry in entries
                if 'job' in entry}
        for job in jobs.values():
            if job['parent'] != 'devstack-tempest':
                self.assertLessEqual(
                    set(job['vars']['tox_envlist'].split(',')),
                    set(environments()), job['name'])
        project = entries[-1]['project']
        named = {name if isinstance(name, str) else next(iter(name))
                 for pipeline in ('check', 'gate', 'periodic')
                 for name in project[pipeline]['jobs']}
        ours = {name for name in named
                if name.startswith('cinder-glance-multistore')}
        self.assertEqual(set(jobs), ours)
        theirs = {name.removeprefix('openstack-tox-')
                  for name in named - ours}
        self.assertLessEqual(theirs, set(environments()))
