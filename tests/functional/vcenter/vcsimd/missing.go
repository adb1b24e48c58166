package main

import (
	"os"
	"path/filepath"
	"sync"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// addMissing puts objects in the place of the simulator's. It calls methods by
// their names, so that a wrapper has what is wrapped, and adds to it.
func (s *server) addMissing() {
	if ref := s.model.ServiceContent.ExtensionManager; ref != nil {
		manager := &ExtensionManager{}
		manager.Self = *ref
		simulator.Map.Put(manager)
	}
	disks := simulator.Map.Get(*s.model.ServiceContent.VirtualDiskManager).(*simulator.VirtualDiskManager)
	simulator.Map.Put(&VirtualDiskManager{VirtualDiskManager: *disks, s: s})
}

// ExtensionManager knows the extensions that clients register.
type ExtensionManager struct {
	mo.ExtensionManager
	mu sync.Mutex
}

// FindExtension returns an extension by its key.
func (m *ExtensionManager) FindExtension(r *types.FindExtension) soap.HasFault {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := &types.FindExtensionResponse{}
	for i := range m.ExtensionList {
		if m.ExtensionList[i].Key == r.ExtensionKey {
			found.Returnval = &m.ExtensionList[i]
		}
	}
	return &methods.FindExtensionBody{Res: found}
}

// RegisterExtension keeps an extension.
func (m *ExtensionManager) RegisterExtension(
	r *types.RegisterExtension) soap.HasFault {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ExtensionList = append(m.ExtensionList, r.Extension)
	return &methods.RegisterExtensionBody{
		Res: &types.RegisterExtensionResponse{}}
}

// VirtualDiskManager extends disks, and has the API's defaults.
type VirtualDiskManager struct {
	simulator.VirtualDiskManager
	s *server
}

// file returns where a file of a datastore is on this machine.
func (s *server) file(dc *types.ManagedObjectReference,
	name string) (string, types.BaseMethodFault) {
	var p object.DatastorePath
	if !p.FromString(name) {
		return "", &types.InvalidDatastorePath{DatastorePath: name}
	}
	datacenter := ""
	if dc != nil {
		datacenter = datacenterOf(*dc)
	}
	d := s.find(datacenter, p.Datastore)
	if d == nil {
		return "", &types.InvalidDatastore{Name: p.Datastore}
	}
	return filepath.Join(d.dir, filepath.Clean("/"+p.Path)), nil
}

// ExtendVirtualDiskTask makes a disk larger.
func (m *VirtualDiskManager) ExtendVirtualDiskTask(_ *simulator.Context,
	r *types.ExtendVirtualDisk_Task) soap.HasFault {
	task := simulator.CreateTask(m, "extendVirtualDisk",
		func(*simulator.Task) (types.AnyType, types.BaseMethodFault) {
			file, fault := m.s.file(r.Datacenter, r.Name)
			if fault != nil {
				return nil, fault
			}
			failed := types.FileFault{File: r.Name}
			if _, err := os.Stat(file); err != nil {
				return nil, &types.FileNotFound{FileFault: failed}
			}
			err := os.Truncate(flat(file), r.NewCapacityKb*1024)
			if err != nil {
				return nil, &failed
			}
			return nil, nil
		})
	return &methods.ExtendVirtualDisk_TaskBody{
		Res: &types.ExtendVirtualDisk_TaskResponse{Returnval: task.Run()}}
}

// CopyVirtualDiskTask copies a disk; the simulator refuses a specification.
func (m *VirtualDiskManager) CopyVirtualDiskTask(ctx *simulator.Context,
	r *types.CopyVirtualDisk_Task) soap.HasFault {
	if r.DestDatacenter == nil {
		r.DestDatacenter = r.SourceDatacenter
	}
	r.DestSpec = nil
	return m.VirtualDiskManager.CopyVirtualDiskTask(ctx, r)
}

// MoveVirtualDiskTask moves a disk.
func (m *VirtualDiskManager) MoveVirtualDiskTask(ctx *simulator.Context,
	r *types.MoveVirtualDisk_Task) soap.HasFault {
	if r.DestDatacenter == nil {
		r.DestDatacenter = r.SourceDatacenter
	}
	return m.VirtualDiskManager.MoveVirtualDiskTask(ctx, r)
}
