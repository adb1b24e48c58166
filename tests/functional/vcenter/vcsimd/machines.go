package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// completeMachines says of the controllers of all machines what vSphere says
// and the simulator does not: a SCSI controller is unit 7 of its own bus.
func completeMachines() {
	for _, entity := range simulator.Map.All("VirtualMachine") {
		machine, ok := entity.(*simulator.VirtualMachine)
		if !ok {
			continue
		}
		simulator.Map.WithLock(machine, func() {
			for _, device := range machine.Config.Hardware.Device {
				if scsi, ok := device.(types.BaseVirtualSCSIController); ok {
					scsi.GetVirtualSCSIController().ScsiCtlrUnitNumber = 7
				}
			}
		})
	}
}
