package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// samePath compares inventory paths, which may begin with a slash or not.
func samePath(a, b string) bool {
	return strings.Trim(a, "/") == strings.Trim(b, "/")
}

// datacenters returns the paths of all datacenters that datastores are in.
func datacenters(specs []spec) []string {
	var names []string
	seen := map[string]bool{}
	for i := range specs {
		specs[i].Datacenter = strings.Trim(specs[i].Datacenter, "/")
		if name := specs[i].Datacenter; !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

// nameDatacenters gives the model's datacenters their paths, with folders.
func (s *server) nameDatacenters(ctx context.Context, paths []string) error {
	var refs []types.ManagedObjectReference
	root := simulator.Map.Get(s.model.ServiceContent.RootFolder).(*simulator.Folder)
	for _, ref := range root.ChildEntity {
		if ref.Type == "Datacenter" {
			refs = append(refs, ref)
		}
	}
	for i, ref := range refs {
		parts := strings.Split(paths[i], "/")
		last := len(parts) - 1
		renamed, err := methods.Rename_Task(
			ctx, s.model.Service, &types.Rename_Task{
				This: ref, NewName: fmt.Sprintf("\x00%d", i)})
		if err == nil {
			err = taskError(renamed.Returnval)
		}
		if err != nil {
			return err
		}
		folder := s.model.ServiceContent.RootFolder
		for _, name := range parts[:last] {
			if folder, err = s.subfolder(ctx, folder, name); err != nil {
				return err
			}
		}
		if last > 0 {
			moved, err := methods.MoveIntoFolder_Task(
				ctx, s.model.Service, &types.MoveIntoFolder_Task{
					This: folder,
					List: []types.ManagedObjectReference{ref}})
			if err == nil {
				err = taskError(moved.Returnval)
			}
			if err != nil {
				return err
			}
		}
	}
	for i, ref := range refs {
		name := paths[i][strings.LastIndex(paths[i], "/")+1:]
		renamed, err := methods.Rename_Task(
			ctx, s.model.Service, &types.Rename_Task{This: ref, NewName: name})
		if err == nil {
			err = taskError(renamed.Returnval)
		}
		if err != nil {
			return fmt.Errorf("datacenter %q: %w", name, err)
		}
	}
	return nil
}

func (s *server) subfolder(ctx context.Context,
	parent types.ManagedObjectReference,
	name string) (types.ManagedObjectReference, error) {
	folder := simulator.Map.Get(parent).(*simulator.Folder)
	if found := simulator.Map.FindByName(name, folder.ChildEntity); found != nil {
		return found.Reference(), nil
	}
	made, err := methods.CreateFolder(
		ctx, s.model.Service, &types.CreateFolder{This: parent, Name: name})
	if err != nil {
		return parent, err
	}
	return made.Returnval, nil
}

// moveToPod moves a datastore into a pod of its datacenter, which is made
// when it is not there.
func (s *server) moveToPod(ctx context.Context, d *datastore,
	ref types.ManagedObjectReference) error {
	parent := entity(simulator.Map.Get(ref)).Parent
	folder := simulator.Map.Get(*parent).(*simulator.Folder)
	var pod types.ManagedObjectReference
	if found := simulator.Map.FindByName(d.Pod, folder.ChildEntity); found != nil {
		pod = found.Reference()
	} else {
		made, err := methods.CreateStoragePod(
			ctx, s.model.Service, &types.CreateStoragePod{
				This: *parent, Name: d.Pod})
		if err != nil {
			return err
		}
		pod = made.Returnval
	}
	// MoveIntoFolder_Task takes a second for each.
	target := simulator.Map.Get(pod).(*simulator.StoragePod)
	simulator.Map.RemoveReference(folder, &folder.ChildEntity, ref)
	simulator.Map.AddReference(target, &target.ChildEntity, ref)
	entity(simulator.Map.Get(ref)).Parent = &target.Self
	return nil
}

func hostsOf(datacenter string) []*simulator.HostSystem {
	var hosts []*simulator.HostSystem
	for _, e := range simulator.Map.All("HostSystem") {
		host := e.(*simulator.HostSystem)
		if datacenterOf(host.Self) == datacenter {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

func nameHosts(name string) {
	for _, e := range simulator.Map.All("HostSystem") {
		host := e.(*simulator.HostSystem)
		host.Name, host.Summary.Config.Name = name, name
	}
}

// datacenterOf returns the path of the datacenter that something is in.
func datacenterOf(ref types.ManagedObjectReference) string {
	var names []string
	inside := false
	for {
		e := entity(simulator.Map.Get(ref))
		if e == nil {
			return ""
		}
		if e.Parent == nil { // the root folder has no name in a path
			return strings.Join(names, "/")
		}
		inside = inside || ref.Type == "Datacenter"
		if inside {
			names = append([]string{e.Name}, names...)
		}
		ref = *e.Parent
	}
}

func entity(o interface{}) *mo.ManagedEntity {
	if e, ok := o.(mo.Entity); ok {
		return e.Entity()
	}
	return nil
}

func taskError(ref types.ManagedObjectReference) error {
	task, ok := simulator.Map.Get(ref).(*simulator.Task)
	if ok && task.Info.Error != nil {
		return fmt.Errorf("%s", task.Info.Error.LocalizedMessage)
	}
	return nil
}
