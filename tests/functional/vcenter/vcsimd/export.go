package main

import (
	"crypto/sha1" //nolint:gosec // what the API calls a thumbprint
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// Lease lets who has it read a machine's disks over HTTP.
type Lease struct {
	mo.HttpNfcLease
	files []string
}

// export answers ExportVm, which the simulator does not have.
func (s *server) export(w http.ResponseWriter,
	machine *simulator.VirtualMachine) {
	if machine.Runtime.PowerState != types.VirtualMachinePowerStatePoweredOff {
		soapFault(w, "InvalidPowerState")
		return
	}
	lease := &Lease{}
	lease.Self.Type = "HttpNfcLease"
	lease.State = types.HttpNfcLeaseStateReady
	lease.Info = &types.HttpNfcLeaseInfo{
		Entity: machine.Self, LeaseTimeout: 300}
	lease.Info.Lease = simulator.Map.Put(lease).Reference()
	sum := sha1.Sum(s.model.Service.TLS.Certificates[0].Certificate[0])
	thumbprint := strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
	for _, device := range machine.Config.Hardware.Device {
		disk, ok := device.(*types.VirtualDisk)
		if !ok {
			continue
		}
		isDisk, n := true, len(lease.files)
		lease.files = append(lease.files, s.content(disk))
		lease.Info.DeviceUrl = append(
			lease.Info.DeviceUrl, types.HttpNfcLeaseDeviceUrl{
				Key: fmt.Sprintf("%d", disk.Key), Disk: &isDisk,
				Url: fmt.Sprintf("https://*/nfc/%s/disk-%d.vmdk",
					lease.Self.Value, n),
				SslThumbprint: thumbprint})
	}
	respond(w, "ExportVm", fmt.Sprintf(
		`<returnval type="HttpNfcLease">%s</returnval>`, lease.Self.Value))
}

// HttpNfcLeaseProgress keeps a lease alive.
func (l *Lease) HttpNfcLeaseProgress(
	r *types.HttpNfcLeaseProgress) soap.HasFault {
	return &methods.HttpNfcLeaseProgressBody{
		Res: &types.HttpNfcLeaseProgressResponse{}}
}

// HttpNfcLeaseComplete ends a lease.
func (l *Lease) HttpNfcLeaseComplete(
	r *types.HttpNfcLeaseComplete) soap.HasFault {
	simulator.Map.Remove(r.This)
	return &methods.HttpNfcLeaseCompleteBody{
		Res: &types.HttpNfcLeaseCompleteResponse{}}
}

// HttpNfcLeaseAbort ends it too.
func (l *Lease) HttpNfcLeaseAbort(r *types.HttpNfcLeaseAbort) soap.HasFault {
	simulator.Map.Remove(r.This)
	return &methods.HttpNfcLeaseAbortBody{
		Res: &types.HttpNfcLeaseAbortResponse{}}
}

// serveExport sends a disk of a lease: what was written to it, and none of
// the zeros after it. A real one packs it (streamOptimized).
func (s *server) serveExport(w http.ResponseWriter, r *http.Request) {
	s.countHTTP("GET NFC")
	id := path.Base(path.Dir(r.URL.Path))
	lease, ok := simulator.Map.Get(types.ManagedObjectReference{
		Type: "HttpNfcLease", Value: id}).(*Lease)
	var n int
	_, err := fmt.Sscanf(path.Base(r.URL.Path), "disk-%d.vmdk", &n)
	if !ok || err != nil || n >= len(lease.files) || r.Method != http.MethodGet {
		http.NotFound(w, r)
		return
	}
	file, err := os.Open(lease.files[n])
	if err != nil {
		return // nobody has written to it
	}
	defer file.Close()
	_, _ = io.Copy(w, io.LimitReader(file, written(file)))
}

// written returns where a file ends but for the hole after it.
func written(file *os.File) int64 {
	const seekData, seekHole = 3, 4
	var end int64
	for {
		begin, err := file.Seek(end, seekData)
		if err != nil {
			break
		}
		if end, err = file.Seek(begin, seekHole); err != nil {
			break
		}
	}
	_, _ = file.Seek(0, io.SeekStart)
	return end
}
