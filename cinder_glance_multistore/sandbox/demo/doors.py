"""Bad input that can be refused before anything is made.
"""

from cinder_glance_multistore.sandbox import cloud
from cinder_glance_multistore.sandbox.demo import answers
from cinder_glance_multistore.sandbox.demo.answers import Expected

_TAKEN = answers.Answer(200, 'taken')


def show(stage, report):
    for what, specs, upstream, ours in _TYPE_KEYS:
        theirs, mine = stage.both(_type_key, specs)
        report.compare(f'type-key {what}', (theirs, upstream), (mine, ours))
    theirs, mine = stage.both(_type_with, {cloud.STORE_KEY: 'nosuch'})
    report.compare(
        'POST /types with a store that does not exist: '
        f'extra_specs {{"{cloud.STORE_KEY}": "nosuch"}}',
        (theirs, Expected(200, 'the type exists')),
        (mine, Expected(400, 'nosuch', 'cheap, fast, reliable')))
    theirs, mine = stage.both(_busy_volume)
    report.compare(
        'upload-to-image of a volume that is not available (maintenance)',
        (theirs, Expected(400, 'status must be available')),
        (mine, Expected(400, 'status must be available')))


def glance_down(stage, report, volumes):
    """What is answered while there is no Glance.

    :param volumes: one for upstream and one for us, to be uploaded
    """
    theirs, mine = stage.both(_type_key, {cloud.STORE_KEY: 'fast'})
    report.compare(
        f'Glance is down: type-key set {cloud.STORE_KEY}=fast',
        (theirs, Expected(500)), (mine, Expected(503, 'Glance')))
    theirs, mine = stage.both(_upload, volumes)
    report.compare(
        'Glance is down: upload-to-image',
        (theirs, Expected(400, 'volume available')),
        (mine, Expected(503, 'volume available', 'Glance')))


_TYPE_KEYS = (
    ('with a store that does not exist: set image_service:store_id=fsat',
     {cloud.STORE_KEY: 'fsat'},
     Expected(404, 'fsat not enabled'),
     Expected(400, "Did you mean 'fast'", 'cheap, fast, reliable')),
    ('with a misspelt key: set image_service:storeid=fast',
     {'image_service:storeid': 'fast'},
     Expected(200, 'taken'),
     Expected(400, "Did you mean 'image_service:store_id'")),
    ('with a read-only store: set image_service:store_id=web',
     {cloud.STORE_KEY: 'web'},
     Expected(400, 'read-only'),
     Expected(400, 'read-only', 'cheap, fast, reliable')),
    ('with an empty value: set image_service:store_id=',
     {cloud.STORE_KEY: ''},
     Expected(404, 'not enabled'),
     Expected(400, 'empty', 'cheap, fast, reliable')),
)


def _type_key(which, specs):
    volume_type = which.volume_type()
    answer = answers.of(volume_type.set_keys, specs, done=_TAKEN)
    if (volume_type.get_keys() == specs) != (answer == _TAKEN):
        return answers.Answer(answer.code, f'{answer.text} [but the type '
                              f'has {volume_type.get_keys()}]')
    return answer


def _type_with(which, specs):
    name = 'made-with-its-specs'
    response = which.session.post(
        f'{which.url}/types', raise_exc=False,
        json={'volume_type': {'name': name, 'extra_specs': specs}})
    exists = name in [each.name for each in which.cinder.volume_types.list()]
    if response.status_code == 200:
        return answers.Answer(200, 'the type exists, its uploads will fail'
                              if exists else 'and no type was made')
    message = response.json()['badRequest']['message']
    return answers.Answer(response.status_code, message + (
        ' [but the type exists]' if exists else ''))


def _busy_volume(which):
    volume = which.volume(which.volume_type('fast'), mib=1)
    which.cinder.volumes.reset_state(volume, 'maintenance')
    return answers.of(which.upload, volume, done=answers.Answer(
        202, 'accepted'))


def _upload(which, volumes):
    volume = volumes[which.service]
    answer = answers.of(which.upload, volume, done=answers.Answer(
        202, 'accepted'))
    return answers.Answer(
        answer.code, f'volume {which.status(volume)}; {answer.text}')
