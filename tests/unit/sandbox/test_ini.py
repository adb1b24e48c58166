import tempfile
import unittest

from oslo_config import cfg

from cinder_glance_multistore.sandbox import ini


class RenderTest(unittest.TestCase):

    def _read(self, sections, **options):
        conf = cfg.ConfigOpts()
        for name, opt_type in options.items():
            conf.register_opt(opt_type(name))
        with tempfile.NamedTemporaryFile('w', suffix='.conf') as stream:
            stream.write(ini.render(sections))
            stream.flush()
            conf([], default_config_files=[stream.name])
            return {name: conf[name] for name in options}

    def test_oslo_config_reads_back_what_was_rendered(self):
        self.assertEqual(
            {'text': 'a b', 'number': 3, 'yes': True, 'several': ['x', 'y']},
            self._read(
                {'DEFAULT': {'text': 'a b', 'number': 3, 'yes': True,
                             'several': ['x', 'y']}},
                text=cfg.StrOpt, number=cfg.IntOpt, yes=cfg.BoolOpt,
                several=cfg.MultiStrOpt))

    def test_a_dollar_sign_stays_a_dollar_sign(self):
        self.assertEqual(
            {'path': '/tmp/$home/x'},
            self._read({'DEFAULT': {'path': '/tmp/$home/x'}},
                       path=cfg.StrOpt))

    def test_a_line_break_cannot_smuggle_an_option_in(self):
        with self.assertRaisesRegex(ValueError, 'line break'):
            ini.render({'DEFAULT': {'a': 'x\nb = y'}})


class MergeTest(unittest.TestCase):

    def test_options_are_replaced_added_and_removed(self):
        self.assertEqual(
            {'DEFAULT': {'a': 1, 'b': 20}, 'new': {'d': 4}},
            ini.merge({'DEFAULT': {'a': 1, 'b': 2, 'c': 3}},
                      {'DEFAULT': {'b': 20, 'c': None}, 'new': {'d': 4}}))

    def test_the_base_is_left_as_it_was(self):
        base = {'DEFAULT': {'a': 1}}
        ini.merge(base, {'DEFAULT': {'a': 2}})
        self.assertEqual({'DEFAULT': {'a': 1}}, base)

    def test_removing_what_is_not_there_is_no_error(self):
        self.assertEqual({'DEFAULT': {}},
                         ini.merge({}, {'DEFAULT': {'a': None}}))
