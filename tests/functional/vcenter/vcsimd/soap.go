package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

var (
	bodyRe   = regexp.MustCompile(`<(?:[\w-]+:)?Body[^>]*>\s*<(?:[\w-]+:)?(\w+)`)
	idRe     = regexp.MustCompile(`<id>([^<]*)</id>`)
	cookieRe = regexp.MustCompile(`<(?:[\w-]+:)?vcSessionCookie[^>]*>([^<]*)<`)
	userRe   = regexp.MustCompile(`<(?:[\w-]+:)?userName[^>]*>([^<]*)<`)
	taskRe   = regexp.MustCompile(`<returnval type="Task">([^<]+)<`)
)

const envelope = `<?xml version="1.0" encoding="UTF-8"?>` +
	`<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"` +
	` xmlns:xsd="http://www.w3.org/2001/XMLSchema"` +
	` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` +
	`<soapenv:Body>%s</soapenv:Body></soapenv:Envelope>`

// buffered keeps an answer, for who wants to change it or lose it.
type buffered struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

func newBuffered(h http.Header) *buffered {
	return &buffered{header: h, code: http.StatusOK}
}

func (b *buffered) Header() http.Header         { return b.header }
func (b *buffered) WriteHeader(code int)        { b.code = code }
func (b *buffered) Write(p []byte) (int, error) { return b.body.Write(p) }

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p := r.URL.Path
	switch {
	case r.Method == http.MethodGet && strings.HasPrefix(p, "/sdk/") &&
		(strings.HasSuffix(p, ".wsdl") || strings.HasSuffix(p, ".xsd")):
		s.serveWSDL(w, r)
	case r.Method == http.MethodPost &&
		(p == "/sdk" || p == "/sdk/vimService" || strings.HasPrefix(p, "/pbm")):
		s.serveSOAP(w, r)
	case strings.HasPrefix(p, "/folder"):
		s.serveFolder(w, r)
	case strings.HasPrefix(p, "/nfc/"):
		s.serveExport(w, r)
	default:
		s.countHTTP(r.Method + " " + p)
		s.inner.ServeHTTP(w, r)
	}
}

func (s *server) serveWSDL(w http.ResponseWriter, r *http.Request) {
	s.countHTTP("GET WSDL")
	s.slow("WSDL")
	if f := s.takeFault("WSDL", ""); f != nil {
		time.Sleep(milliseconds(f.Wait))
		if f.fails() {
			fail(w, f)
			return
		}
	}
	name, dir := path.Base(r.URL.Path), s.xsdDir
	if strings.HasSuffix(name, ".wsdl") {
		dir = s.wsdlDir
	}
	http.ServeFile(w, r, filepath.Join(dir, name))
}

func (s *server) serveSOAP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has gone
	}
	method := "?"
	if m := bodyRe.FindSubmatch(body); m != nil {
		method = string(m[1])
	}
	// PBM carries the session in a header of SOAP.
	if m := cookieRe.FindSubmatch(body); m != nil {
		r.AddCookie(&http.Cookie{
			Name: soap.SessionCookieName, Value: string(m[1])})
	}
	body = understandable(method, body)
	s.countSOAP(method)
	s.slow(method)
	f := s.takeFault(method, "")
	if f == nil {
		s.perform(w, r, method, body)
		return
	}
	if f.Task {
		s.answerTask(w, r, method, body, f)
		return
	}
	time.Sleep(milliseconds(f.Wait))
	if !f.fails() {
		s.perform(w, r, method, body)
		return
	}
	if f.Fault == "NotAuthenticated" {
		s.endSession(r)
	}
	if f.Done {
		s.perform(newBuffered(http.Header{}), r, method, body)
	}
	fail(w, f)
}

// perform does what a request asks.
func (s *server) perform(w http.ResponseWriter, r *http.Request,
	method string, body []byte) {
	r.Body = io.NopCloser(bytes.NewReader(body))
	switch {
	case method == "RefreshDatastore":
		// The simulator would ask the file system of this machine.
		fmt.Fprintf(w, envelope,
			`<RefreshDatastoreResponse xmlns="urn:vim25"/>`)
	case method == "FindAllByUuid":
		s.findAll(w, r, body)
	case method == "RetrievePropertiesEx" && !s.signedIn(r):
		// The simulator would answer objects without properties.
		soapFault(w, "NotAuthenticated")
	case method == "RetrievePropertiesEx" && keyedRe.Match(body):
		s.keyed(w, r, body)
	case strings.HasSuffix(method, "RetrievePropertiesEx"):
		s.page(w, r, method, body)
	case method == "AcquireGenericServiceTicket":
		answer := newBuffered(w.Header())
		s.inner.ServeHTTP(answer, r)
		if m := idRe.FindSubmatch(answer.body.Bytes()); m != nil {
			s.mu.Lock()
			s.tickets[string(m[1])] = true
			s.mu.Unlock()
		}
		w.WriteHeader(answer.code)
		_, _ = w.Write(answer.body.Bytes())
	case method == "PbmQueryMatchingHub":
		s.matchingHubs(w, body)
	case s.snapshotMethod(w, r, method, body):
	default:
		s.inner.ServeHTTP(w, r)
	}
	s.noteSession(w, r, method, body)
	if strings.HasSuffix(method, "VM_Task") {
		completeMachines()
	}
	if strings.Contains(method, "DatastoreFile") ||
		strings.Contains(method, "VirtualDisk") ||
		strings.HasSuffix(method, "VM_Task") || method == "Destroy_Task" {
		s.recount("")
	}
}

func (s *server) noteSession(w http.ResponseWriter, r *http.Request,
	method string, body []byte) {
	if method == "Logout" {
		if c, err := r.Cookie(soap.SessionCookieName); err == nil {
			s.mu.Lock()
			delete(s.sessions, strings.Trim(c.Value, `"`))
			s.mu.Unlock()
		}
	}
	if !strings.HasPrefix(method, "Login") && method != "CloneSession" {
		return
	}
	user := ""
	if m := userRe.FindSubmatch(body); m != nil {
		user = unescape(m[1])
	}
	answer := http.Response{Header: w.Header()}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range answer.Cookies() {
		s.sessions[c.Value] = user
	}
}

// endSession ends a request's session: a client that is told so logs in anew,
// which one with a session may not.
func (s *server) endSession(r *http.Request) {
	c, err := r.Cookie(soap.SessionCookieName)
	if err != nil {
		return
	}
	id := strings.Trim(c.Value, `"`)
	s.mu.Lock()
	_, known := s.sessions[id]
	delete(s.sessions, id)
	s.mu.Unlock()
	if known {
		_ = s.terminate(id)
	}
}

func (s *server) terminate(id string) error {
	_, err := methods.TerminateSession(
		context.Background(), s.model.Service, &types.TerminateSession{
			This:      *s.model.ServiceContent.SessionManager,
			SessionId: []string{id}})
	return err
}

// signedIn tells whether a request carries a session that lives, or a ticket.
func (s *server) signedIn(r *http.Request) bool {
	if c, err := r.Cookie("vmware_cgi_ticket"); err == nil {
		ticket := strings.Trim(c.Value, `"`)
		s.mu.Lock()
		defer s.mu.Unlock()
		good := s.tickets[ticket]
		delete(s.tickets, ticket)
		return good
	}
	c, err := r.Cookie(soap.SessionCookieName)
	if err != nil {
		return false
	}
	id := strings.Trim(c.Value, `"`)
	s.mu.Lock()
	user, known := s.sessions[id]
	s.mu.Unlock()
	if !known {
		return false
	}
	active, err := methods.SessionIsActive(
		context.Background(), s.model.Service, &types.SessionIsActive{
			This:      *s.model.ServiceContent.SessionManager,
			SessionID: id, UserName: user})
	return err == nil && active.Returnval
}

// answerTask answers a task of our own: it waits, and then fails, or ends as
// the real one does.
func (s *server) answerTask(w http.ResponseWriter, r *http.Request,
	method string, body []byte, f *fault) {
	later := r.Clone(context.Background())
	task := simulator.CreateTask(
		*s.model.ServiceContent.FileManager, method,
		func(*simulator.Task) (types.AnyType, types.BaseMethodFault) {
			time.Sleep(milliseconds(f.Wait))
			if f.Fault == "" || f.Done {
				result, fault := s.performTask(later, method, body)
				if f.Fault == "" {
					return result, fault
				}
			}
			return nil, faultOf(f.Fault)
		})
	if f.Wait > 0 {
		go task.Run()
	} else {
		task.Run()
	}
	fmt.Fprintf(w, envelope, fmt.Sprintf(
		`<%sResponse xmlns="urn:vim25"><returnval type="Task">%s</returnval>`+
			`</%sResponse>`, method, task.Self.Value, method))
}

func (s *server) performTask(r *http.Request, method string,
	body []byte) (types.AnyType, types.BaseMethodFault) {
	answer := newBuffered(http.Header{})
	s.perform(answer, r, method, body)
	m := taskRe.FindSubmatch(answer.body.Bytes())
	if m == nil {
		return nil, faultOf("SystemError")
	}
	ref := types.ManagedObjectReference{Type: "Task", Value: string(m[1])}
	task, ok := simulator.Map.Get(ref).(*simulator.Task)
	if !ok {
		return nil, faultOf("SystemError")
	}
	if task.Info.Error != nil {
		return nil, task.Info.Error.Fault
	}
	return task.Info.Result, nil
}

// faultOf makes a fault of the type that a name says.
func faultOf(name string) types.BaseMethodFault {
	if kind, ok := types.TypeFunc()(name); ok {
		if made, ok := reflect.New(kind).Interface().(types.BaseMethodFault); ok {
			return made
		}
	}
	return &types.SystemError{Reason: "there is no fault " + name}
}

// fail answers as a fault says, with no more than a status or a SOAP fault.
func fail(w http.ResponseWriter, f *fault) {
	switch {
	case f.Drop:
		closeConnection(w)
	case f.Fault != "":
		soapFault(w, f.Fault)
	default:
		w.WriteHeader(f.Status)
	}
}

func soapFault(w http.ResponseWriter, kind string) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(http.StatusInternalServerError)
	fmt.Fprintf(w, envelope, fmt.Sprintf(
		`<soapenv:Fault><faultcode>ServerFaultCode</faultcode>`+
			`<faultstring>injected %s</faultstring>`+
			`<detail><%sFault xmlns="urn:vim25" xsi:type="%s"></%sFault></detail>`+
			`</soapenv:Fault>`, kind, kind, kind, kind))
}

func unescape(text []byte) string {
	var plain string
	if xml.Unmarshal([]byte("<a>"+string(text)+"</a>"), &plain) != nil {
		return string(text)
	}
	return plain
}

func (s *server) countSOAP(method string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.soap[method]++
}

func (s *server) countHTTP(request string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.http[request]++
}
