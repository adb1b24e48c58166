package main

import (
	"bytes"
	"fmt"
	"regexp"
)

var (
	naiveRe = regexp.MustCompile(
		`(>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)<`)
	searchRe = regexp.MustCompile(
		`(</(?:[\w-]+:)?SearchDatastore(?:SubFolders)?_Task>)`)
	longRe = regexp.MustCompile(
		`(<(?:[\w-]+:)?(?:capacityKb|newCapacityKb|capacityInKB|capacityInBytes|` +
			`memoryMB|videoRamSizeInKB)>\d+)\.0+<`)
	sourceRe = regexp.MustCompile(
		`<((?:[\w-]+:)?)sourceDatacenter([^>]*)>([^<]*)<`)
	poolRe = regexp.MustCompile(
		`(>ResourcePool</[\w:-]*type>\s*<[\w:-]*path>vm</[\w:-]*path>\s*` +
			`<[\w:-]*skip>\w+</[\w:-]*skip>)(?:\s*<[\w:-]*selectSet[^>]*>` +
			`\s*<[\w:-]*name>[^<]*</[\w:-]*name>\s*</[\w:-]*selectSet>)+`)
	destinationRe = regexp.MustCompile(`(</(?:[\w-]+:)?destinationName>)`)
)

// understandable says the same in words that the simulator understands.
func understandable(method string, body []byte) []byte {
	// suds sends times without a zone; Go's decoder wants one.
	body = naiveRe.ReplaceAll(body, []byte("${1}Z<"))
	// A search without a specification ends the simulator.
	if searchRe.Match(body) && !bytes.Contains(body, []byte("earchSpec")) {
		body = searchRe.ReplaceAll(body, []byte(
			`<searchSpec xmlns="urn:vim25"><matchPattern>*</matchPattern>`+
				`</searchSpec>$1`))
	}
	// A step of a traversal is for objects of its type. The simulator takes
	// it for any, and goes from a machine to its pool and back without end.
	body = poolRe.ReplaceAll(body, []byte("${1}"))
	// Where no datacenter is named for the destination of a file, it is the
	// source's; the simulator wants one. (Its FileManager cannot be wrapped:
	// it looks for its own type.)
	if m := sourceRe.FindSubmatch(body); m != nil &&
		destinationRe.Match(body) &&
		!bytes.Contains(body, []byte("destinationDatacenter")) {
		body = destinationRe.ReplaceAll(body, []byte(fmt.Sprintf(
			"${1}<%[1]sdestinationDatacenter%[2]s>%[3]s</%[1]sdestinationDatacenter>",
			m[1], m[2], m[3])))
	}
	// Nova sends "1024.0" where a whole number is wanted.
	return longRe.ReplaceAll(body, []byte("${1}<"))
}
