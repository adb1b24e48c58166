package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/types"
)

// spec is a datastore as whoever starts us wants it.
type spec struct {
	Name        string `json:"name"`
	Datacenter  string `json:"datacenter"` // its inventory path
	Pod         string `json:"pod"`        // "" is none
	Type        string `json:"type"`
	Capacity    int64  `json:"capacity"` // bytes
	Free        int64  `json:"free"`     // bytes
	Accessible  bool   `json:"accessible"`
	Maintenance string `json:"maintenance"`
}

// datastore is one that there is, or that was: its directory is kept.
type datastore struct {
	spec
	first spec // what it was at the start
	ref   types.ManagedObjectReference
	dir   string
	room  int64 // bytes free while dir is empty
	used  int64 // bytes under dir, counted while files are written
	puts  int
	gone  bool
}

func (d *datastore) isAccessible() bool { return d.Accessible }

func readSpecs(file string) ([]spec, error) {
	text := []byte(`[{"name": "datastore1"}]`)
	if file != "" {
		var err error
		if text, err = os.ReadFile(file); err != nil {
			return nil, err
		}
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var specs []spec
	for _, item := range raw {
		one := spec{
			Datacenter: "DC0", Type: "VMFS", Capacity: 1 << 40,
			Free: 1 << 39, Accessible: true, Maintenance: "normal"}
		if err := strict(item, &one); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		specs = append(specs, one)
	}
	return specs, nil
}

// addDatastore makes a datastore, mounted on every host of its datacenter.
func (s *server) addDatastore(ctx context.Context, sp spec) error {
	s.mu.Lock()
	dir := filepath.Join(
		s.dataDir, fmt.Sprintf("datastore-%d", len(s.datastores)))
	s.mu.Unlock()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	d := &datastore{spec: sp, first: sp, dir: dir, room: sp.Free}
	if err := s.mount(ctx, d); err != nil {
		return fmt.Errorf("datastore %q: %w", sp.Name, err)
	}
	s.mu.Lock()
	s.datastores = append(s.datastores, d)
	s.mu.Unlock()
	return nil
}

func (s *server) mount(ctx context.Context, d *datastore) error {
	hosts := hostsOf(d.Datacenter)
	if len(hosts) == 0 {
		return fmt.Errorf("there is no host in %q", d.Datacenter)
	}
	created, err := methods.CreateLocalDatastore(
		ctx, s.model.Service, &types.CreateLocalDatastore{
			This: *hosts[0].ConfigManager.DatastoreSystem,
			Name: d.Name, Path: d.dir})
	if err != nil {
		return err
	}
	ds := simulator.Map.Get(created.Returnval).(*simulator.Datastore)
	yes := true
	ds.Summary.Type = d.Type
	ds.Summary.MultipleHostAccess = &yes
	for _, host := range hosts[1:] {
		system := simulator.Map.Get(*host.ConfigManager.DatastoreSystem).(*simulator.HostDatastoreSystem)
		system.Datastore = append(system.Datastore, ds.Self)
		host.Datastore = system.Datastore
		if cluster, ok := simulator.Map.Get(*host.Parent).(*simulator.ClusterComputeResource); ok {
			simulator.Map.AddReference(cluster, &cluster.Datastore, ds.Self)
		}
		ds.Host = append(ds.Host, types.DatastoreHostMount{
			Key: host.Self,
			MountInfo: types.HostMountInfo{
				AccessMode: "readWrite", Mounted: &yes, Accessible: &yes}})
	}
	if d.Pod != "" {
		if err := s.moveToPod(ctx, d, ds.Self); err != nil {
			return err
		}
	}
	s.mu.Lock()
	d.ref, d.gone = ds.Self, false
	s.mu.Unlock()
	s.show(d)
	return nil
}

// unmount takes a datastore away; what is in its directory stays there.
func (s *server) unmount(ctx context.Context, d *datastore) error {
	s.mu.Lock()
	d.gone = true
	s.mu.Unlock()
	_, err := methods.Destroy_Task(
		ctx, s.model.Service, &types.Destroy_Task{This: d.ref})
	return err
}

// find returns a datastore that is there, by its datacenter's path.
func (s *server) find(datacenter, name string) *datastore {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.datastores {
		// "ha-datacenter" is what an ESX host calls its only one.
		if d.Name == name && !d.gone && (datacenter == "" ||
			datacenter == "ha-datacenter" ||
			samePath(datacenter, d.Datacenter)) {
			return d
		}
	}
	return nil
}

func size(dir string) int64 {
	var n int64
	_ = filepath.Walk(dir, func(_ string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			n += info.Size()
		}
		return nil
	})
	return n
}

func (s *server) beginPut(d *datastore) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.puts == 0 {
		d.used = size(d.dir)
	}
	d.puts++
}

func (s *server) endPut(d *datastore) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d.puts--
}

// take takes bytes of a datastore, and tells whether there were so many.
func (s *server) take(d *datastore, n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.used+n > d.room {
		return false
	}
	d.used += n
	return true
}

// recount has the API tell the free space that there is now.
func (s *server) recount(name string) {
	s.mu.Lock()
	var all []*datastore
	for _, d := range s.datastores {
		if (name == "" || d.Name == name) && !d.gone {
			all = append(all, d)
		}
	}
	s.mu.Unlock()
	for _, d := range all {
		s.show(d)
	}
}

// show has the API tell what a datastore is now.
func (s *server) show(d *datastore) {
	s.mu.Lock()
	free := max(d.room-size(d.dir), 0)
	capacity, accessible, maintenance := d.Capacity, d.Accessible, d.Maintenance
	ref := d.ref
	s.mu.Unlock()
	ds, ok := simulator.Map.Get(ref).(*simulator.Datastore)
	if !ok {
		return
	}
	simulator.Map.WithLock(ds, func() {
		sum := &ds.Summary
		if sum.FreeSpace == free && sum.Capacity == capacity &&
			sum.Accessible == accessible && sum.MaintenanceMode == maintenance {
			return
		}
		ds.Info.GetDatastoreInfo().FreeSpace = free
		simulator.Map.Update(ds, []types.PropertyChange{
			{Name: "summary.freeSpace", Val: free},
			{Name: "summary.capacity", Val: capacity},
			{Name: "summary.accessible", Val: accessible},
			{Name: "summary.maintenanceMode", Val: maintenance},
		})
	})
}
