package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"strings"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/types"
)

// The simulator keeps a tree of snapshots, and leaves the disks as they are;
// when it clones a machine it forgets what disks the machine itself has.
// Here, as the API has it: with a snapshot a machine goes on with a child of
// each disk, a clone can be made of children of a snapshot's disks, and when
// the last snapshot is removed, children are merged into what they are of.

var (
	thisRe        = regexp.MustCompile(`<(?:[\w-]+:)?_this[^>]*>([^<]*)<`)
	folderRe      = regexp.MustCompile(`<(?:[\w-]+:)?folder[^>]*>([^<]*)<`)
	cloneNameRe   = regexp.MustCompile(`<(?:[\w-]+:)?name>([^<]*)<`)
	snapshotRe    = regexp.MustCompile(`<(?:[\w-]+:)?snapshot[^>]*>([^<]*)<`)
	moveTypeRe    = regexp.MustCompile(`<(?:[\w-]+:)?diskMoveType>createNewChildDiskBacking<`)
	templateRe    = regexp.MustCompile(`<(?:[\w-]+:)?template>true<`)
	keepsRe       = regexp.MustCompile(`<(?:[\w-]+:)?consolidate>false<`)
	childOfDiskRe = regexp.MustCompile(`(?:-\d{6})?\.vmdk$`)
	childRe       = regexp.MustCompile(`-\d{6}\.vmdk$`)
)

func word(re *regexp.Regexp, body []byte) string {
	if m := re.FindSubmatch(body); m != nil {
		return unescape(m[1])
	}
	return ""
}

func machineOf(value string) *simulator.VirtualMachine {
	machine, _ := simulator.Map.Get(types.ManagedObjectReference{
		Type: "VirtualMachine", Value: value}).(*simulator.VirtualMachine)
	return machine
}

func snapshotOf(value string) *simulator.VirtualMachineSnapshot {
	found, _ := simulator.Map.Get(types.ManagedObjectReference{
		Type: "VirtualMachineSnapshot", Value: value,
	}).(*simulator.VirtualMachineSnapshot)
	return found
}

// snapshotMethod answers what is about snapshots; it is false for the rest.
func (s *server) snapshotMethod(w http.ResponseWriter, r *http.Request,
	method string, body []byte) bool {
	this := word(thisRe, body)
	switch method {
	case "CreateSnapshot_Task":
		machine := machineOf(this)
		answer := newBuffered(w.Header())
		s.inner.ServeHTTP(answer, r)
		if machine != nil && answer.code == http.StatusOK {
			s.branch(machine)
		}
		w.WriteHeader(answer.code)
		_, _ = w.Write(answer.body.Bytes())
	case "RemoveSnapshot_Task":
		var machine *simulator.VirtualMachine
		if snapshot := snapshotOf(this); snapshot != nil {
			machine = machineOf(snapshot.Vm.Value)
		}
		answer := newBuffered(w.Header())
		s.inner.ServeHTTP(answer, r)
		if machine != nil && !keepsRe.Match(body) {
			s.merge(machine)
		}
		w.WriteHeader(answer.code)
		_, _ = w.Write(answer.body.Bytes())
	case "ConsolidateVMDisks_Task":
		machine := machineOf(this)
		if machine == nil {
			return false
		}
		s.respondTask(w, method, machine, func() (
			types.AnyType, types.BaseMethodFault) {
			s.merge(machine)
			return nil, nil
		})
	case "CloneVM_Task":
		snapshot := snapshotOf(word(snapshotRe, body))
		if snapshot == nil || !moveTypeRe.Match(body) {
			return false
		}
		s.respondTask(w, method, snapshot, func() (
			types.AnyType, types.BaseMethodFault) {
			return s.cloneOf(snapshot, body)
		})
	case "ExportVm":
		machine := machineOf(this)
		if machine == nil {
			return false
		}
		s.export(w, machine)
	default:
		return false
	}
	return true
}

func (s *server) respondTask(w http.ResponseWriter, method string,
	of interface {
		Reference() types.ManagedObjectReference
	}, run func() (types.AnyType, types.BaseMethodFault)) {
	task := simulator.CreateTask(of, method,
		func(*simulator.Task) (types.AnyType, types.BaseMethodFault) {
			return run()
		})
	task.Run()
	respond(w, method, fmt.Sprintf(
		`<returnval type="Task">%s</returnval>`, task.Self.Value))
}

// forDisks replaces each disk of a machine by what change returns.
func (s *server) forDisks(machine *simulator.VirtualMachine,
	change func(types.VirtualDisk,
		*types.VirtualDiskFlatVer2BackingInfo) *types.VirtualDisk) {
	simulator.Map.WithLock(machine, func() {
		hardware := &machine.Config.Hardware
		devices := append([]types.BaseVirtualDevice(nil), hardware.Device...)
		for i, device := range devices {
			disk, ok := device.(*types.VirtualDisk)
			if !ok {
				continue
			}
			backing, ok := disk.Backing.(*types.VirtualDiskFlatVer2BackingInfo)
			if ok {
				devices[i] = change(*disk, backing)
			}
		}
		hardware.Device = devices
	})
}

// branch has a machine go on with a child of each of its disks.
func (s *server) branch(machine *simulator.VirtualMachine) {
	s.forDisks(machine, func(disk types.VirtualDisk,
		backing *types.VirtualDiskFlatVer2BackingInfo) *types.VirtualDisk {
		child := *backing
		for n := 1; ; n++ {
			child.FileName = childOfDiskRe.ReplaceAllString(
				backing.FileName, fmt.Sprintf("-%06d.vmdk", n))
			file, fault := s.file(nil, child.FileName)
			if fault != nil {
				return &disk
			}
			made, err := os.OpenFile(
				file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
			if err == nil {
				_ = made.Close()
				break
			}
			if !os.IsExist(err) {
				return &disk
			}
		}
		child.Parent = backing
		disk.Backing = &child
		return &disk
	})
}

// merge has a machine go on with the disks that its children are of. As long
// as it has a snapshot nothing is merged.
func (s *server) merge(machine *simulator.VirtualMachine) {
	if machine.Snapshot != nil {
		return
	}
	s.forDisks(machine, func(disk types.VirtualDisk,
		backing *types.VirtualDiskFlatVer2BackingInfo) *types.VirtualDisk {
		for backing.Parent != nil && childRe.MatchString(backing.FileName) {
			if file, fault := s.file(nil, backing.FileName); fault == nil {
				_ = os.Remove(file)
			}
			backing = backing.Parent
		}
		disk.Backing = backing
		return &disk
	})
	_, _ = methods.RefreshStorageInfo(
		context.Background(), s.model.Service,
		&types.RefreshStorageInfo{This: machine.Self})
}

// cloneOf makes a machine whose disks are children of a snapshot's.
func (s *server) cloneOf(snapshot *simulator.VirtualMachineSnapshot,
	body []byte) (types.AnyType, types.BaseMethodFault) {
	source := machineOf(snapshot.Vm.Value)
	if source == nil {
		return nil, &types.ManagedObjectNotFound{Obj: snapshot.Vm}
	}
	name := word(cloneNameRe, body)
	var home object.DatastorePath
	home.FromString(source.Config.Files.VmPathName)
	config := types.VirtualMachineConfigSpec{
		Name: name, GuestId: source.Config.GuestId,
		NumCPUs:  source.Config.Hardware.NumCPU,
		MemoryMB: int64(source.Config.Hardware.MemoryMB),
		Files: &types.VirtualMachineFileInfo{
			VmPathName: fmt.Sprintf("[%s] %s", home.Datastore, name)},
	}
	for _, device := range snapshot.Config.Hardware.Device {
		change := &types.VirtualDeviceConfigSpec{
			Operation: types.VirtualDeviceConfigSpecOperationAdd,
			Device:    copyOf(device)}
		switch own := change.Device.(type) {
		case types.BaseVirtualSCSIController:
			own.GetVirtualSCSIController().Device = nil
		case *types.VirtualDisk:
			backing, ok := own.Backing.(*types.VirtualDiskFlatVer2BackingInfo)
			if !ok {
				continue
			}
			child := *backing
			child.FileName = fmt.Sprintf("[%s] ", home.Datastore)
			child.Parent = backing
			own.Backing = &child
			change.FileOperation = types.VirtualDeviceConfigSpecFileOperationCreate
		default:
			continue
		}
		config.DeviceChange = append(config.DeviceChange, change)
	}
	made, err := methods.CreateVM_Task(
		context.Background(), s.model.Service, &types.CreateVM_Task{
			This: types.ManagedObjectReference{
				Type: "Folder", Value: word(folderRe, body)},
			Config: config, Pool: *source.ResourcePool,
			Host: source.Runtime.Host})
	if err != nil {
		return nil, &types.SystemError{Reason: err.Error()}
	}
	task := simulator.Map.Get(made.Returnval).(*simulator.Task)
	if task.Info.Error != nil {
		return nil, task.Info.Error.Fault
	}
	clone := task.Info.Result.(types.ManagedObjectReference)
	if templateRe.Match(body) {
		_, err := methods.MarkAsTemplate(
			context.Background(), s.model.Service,
			&types.MarkAsTemplate{This: clone})
		if err != nil {
			return nil, &types.SystemError{Reason: err.Error()}
		}
	}
	completeMachines()
	return clone, nil
}

func copyOf(device types.BaseVirtualDevice) types.BaseVirtualDevice {
	made := reflect.New(reflect.TypeOf(device).Elem())
	made.Elem().Set(reflect.ValueOf(device).Elem())
	return made.Interface().(types.BaseVirtualDevice)
}

// content returns the file that holds what a disk says, as far as anything
// was written here: its own, or that of the nearest it is a child of.
func (s *server) content(disk *types.VirtualDisk) string {
	backing, _ := disk.Backing.(*types.VirtualDiskFlatVer2BackingInfo)
	for ; backing != nil; backing = backing.Parent {
		file, fault := s.file(nil, backing.FileName)
		if fault != nil {
			return ""
		}
		file = flat(file)
		if info, err := os.Stat(file); err == nil && info.Size() > 0 {
			return file
		}
	}
	return ""
}

// flat returns the file of a disk's bytes.
func flat(file string) string {
	return strings.TrimSuffix(file, ".vmdk") + "-flat.vmdk"
}
