// vcsimd is a vCenter to test against: govmomi's simulator, and before it what
// that one lacks and a client of datastores needs.
//
//	soap.go, folder.go   the two doors: the API, and the files of datastores
//	faults.go            what fails, how, and how often
//	datastores.go        datastores with a size, in datacenters and pods
//	inventory.go         datacenters, folders and pods by their names
//	paging.go keyed.go   answers that the simulator gives too simply
//	find.go              questions that it knows in a simpler form
//	dialect.go           requests that it understands too narrowly
//	missing.go           objects that it does not have
//	machines.go          what it does not say of machines
//	snapshots.go         disks of snapshots and of clones of them
//	policies.go          datastores that a storage policy matches
//	export.go            disks of machines, read over HTTP
//	admin.go             what a test asks and tells, over plain HTTP
//	certificate.go       a certificate, and the authority that signed it
//
// It says READY with a line of JSON on its standard output, and runs until it
// is told to end or its standard input is closed (with -attached).
package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	pbmsim "github.com/vmware/govmomi/pbm/simulator"
	"github.com/vmware/govmomi/simulator"
)

var _ = pbmsim.New // its init() registers the /pbm endpoint

// server is all that this process knows; mu guards what is below it.
type server struct {
	model   *simulator.Model
	inner   http.Handler
	wsdlDir string
	xsdDir  string
	dataDir string

	mu         sync.Mutex
	soap       map[string]int
	http       map[string]int
	faults     []*fault
	delays     map[string]time.Duration
	rate       int64             // bytes a second of a PUT; 0 is no limit
	sessions   map[string]string // cookie's value -> user
	tickets    map[string]bool   // for one request each
	datastores []*datastore
	pages      map[string][][]byte
	pageSize   int // the server's own limit; 0 is none
	nextToken  int
	puts       int // under way
	mostPuts   int
}

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address of the API")
	adminAddress := flag.String("admin", "127.0.0.1:0",
		"address of the admin calls, plain HTTP")
	spec := flag.String("spec", "", "JSON file: a list of datastores")
	data := flag.String("data", "", "directory of the datastores' files")
	certificates := flag.String("certificates", "",
		"directory of ca.pem; made when it is not there, kept when it is")
	wsdl := flag.String("wsdl", "", "directory of vim.wsdl")
	xsd := flag.String("xsd", "", "directory of vim-types.xsd")
	user := flag.String("user", "", "the one user")
	password := flag.String("password-file", "",
		"file of that user's password")
	hosts := flag.Int("hosts", 3, "ESX hosts of each cluster")
	clusters := flag.Int("clusters", 1, "clusters of each datacenter")
	hostName := flag.String("host-name", "",
		"what every ESX host is called; Nova sends files to a host by name")
	version := flag.String("api-version", "", "what the API says it is")
	idle := flag.Duration("idle", 0, "after which a session ends; 0 is never")
	readyFile := flag.String("ready", "",
		"file to write, when it answers, with what READY says")
	attached := flag.Bool("attached", false,
		"end when the standard input is closed")
	flag.Parse()

	specs, err := readSpecs(*spec)
	check(err)
	model := simulator.VPX()
	names := datacenters(specs)
	model.Datacenter, model.Cluster = len(names), *clusters
	model.ClusterHost, model.Host = *hosts, 0
	model.Machine, model.Datastore, model.Pod, model.Folder = 0, 0, 0, 0
	if *version != "" {
		about := &model.ServiceContent.About
		about.Version, about.ApiVersion = *version, *version
	}
	simulator.SessionIdleTimeout = *idle
	check(model.Create())

	s := &server{
		model: model, wsdlDir: *wsdl, xsdDir: *xsd, dataDir: *data,
		sessions: map[string]string{}, tickets: map[string]bool{},
		pages: map[string][][]byte{},
	}
	s.reset()
	s.addMissing()
	ctx := context.Background()
	check(s.nameDatacenters(ctx, names))
	for _, spec := range specs {
		check(s.addDatastore(ctx, spec))
	}
	if *hostName != "" {
		nameHosts(*hostName)
	}

	host, _, err := net.SplitHostPort(*listen)
	check(err)
	authority := filepath.Join(*certificates, "ca.pem")
	model.Service.TLS = &tls.Config{
		Certificates: []tls.Certificate{
			certificate(*certificates, authority, host)}}
	model.Service.Listen = &url.URL{Host: *listen}
	if *user != "" {
		secret, err := os.ReadFile(*password)
		check(err)
		model.Service.Listen.User = url.UserPassword(
			*user, strings.TrimRight(string(secret), "\n"))
	}
	model.Service.RegisterEndpoints = true
	front := model.Service.NewServer()
	s.inner = front.Config.Handler
	front.Config.Handler = s
	// Handshakes of clients that do not trust us are no news.
	front.Config.ErrorLog = log.New(io.Discard, "", 0)

	adminListener, err := net.Listen("tcp", *adminAddress)
	check(err)
	go func() { check(http.Serve(adminListener, http.HandlerFunc(s.admin))) }()

	ready, err := json.Marshal(map[string]string{
		"address": front.URL.Host, "ca": authority,
		"admin": "http://" + adminListener.Addr().String()})
	check(err)
	fmt.Printf("READY %s\n", ready)
	if *readyFile != "" {
		unfinished := *readyFile + ".new"
		check(os.WriteFile(unfinished, ready, 0o600))
		check(os.Rename(unfinished, *readyFile))
	}

	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGINT, syscall.SIGTERM)
	if *attached {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			end <- syscall.SIGTERM
		}()
	}
	<-end
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
