"""Threads that share a SOAP client do not get each other's answers."""

import fixtures
from suds import client
import testtools

from cinder_glance_multistore.vsphere import answers
from tests import turns

WSDL = '''\
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:t="urn:t"
    xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
    xmlns:x="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:t">
  <types><x:schema targetNamespace="urn:t" elementFormDefault="qualified">
    <x:element name="Ask"><x:complexType/></x:element>
    <x:element name="Answer"><x:complexType><x:sequence>
      <x:element name="said" type="x:string"/>
    </x:sequence></x:complexType></x:element>
  </x:schema></types>
  <message name="Ask"><part name="parameters" element="t:Ask"/></message>
  <message name="Answer"><part name="parameters" element="t:Answer"/></message>
  <portType name="Port"><operation name="Ask">
    <input message="t:Ask"/><output message="t:Answer"/>
  </operation></portType>
  <binding name="Binding" type="t:Port">
    <soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>
    <operation name="Ask"><soap:operation soapAction="Ask"/>
      <input><soap:body use="literal"/></input>
      <output><soap:body use="literal"/></output>
    </operation>
  </binding>
  <service name="Service"><port name="Port" binding="t:Binding">
    <soap:address location="http://127.0.0.1:9/"/>
  </port></service>
</definitions>
'''
REPLY = '''\
<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>
<Answer xmlns="urn:t"><said>{}</said></Answer></e:Body></e:Envelope>
'''


class SeparateTest(testtools.TestCase):

    def setUp(self):
        super().setUp()
        path = self.useFixture(fixtures.TempDir()).join('t.wsdl')
        with open(path, 'w', encoding='utf-8') as file:
            file.write(WSDL)
        self.client = client.Client(f'file://{path}', cache=None)

    def ask(self, reply):
        return self.client.service.Ask(
            __inject={'reply': REPLY.format(reply).encode()})

    def two_at_once(self):
        return turns.two_at_once(lambda: self.ask('slow'),
                                 lambda: self.ask('quick'))

    def test_each_gets_its_own(self):
        answers.separate(self.client)
        self.assertEqual(('slow', 'quick'), self.two_at_once())

    def test_without_it_one_gets_the_others(self):
        self.assertEqual(('quick', 'quick'), self.two_at_once())
