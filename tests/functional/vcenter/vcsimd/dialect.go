package main

import (
	"bytes"
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
	// Nova sends "1024.0" where a whole number is wanted.
	return longRe.ReplaceAll(body, []byte("${1}<"))
}
