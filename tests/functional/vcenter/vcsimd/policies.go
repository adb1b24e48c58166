package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// The simulator has storage policies, and cannot be asked what they match.

// Of its profiles: "VM Encryption Policy".
const encryptionPolicy = "4d5f673c-536f-11e6-beb8-9e71128cae77"

var (
	hubRe    = regexp.MustCompile(`<(?:[\w-]+:)?hubId>([^<]*)<`)
	policyRe = regexp.MustCompile(`<(?:[\w-]+:)?uniqueId>([^<]*)<`)
)

// matchingHubs answers PbmQueryMatchingHub. Here only NFS can do what that
// policy wants, and all can do what the others want.
func (s *server) matchingHubs(w http.ResponseWriter, body []byte) {
	policy := word(policyRe, body)
	var found strings.Builder
	for _, m := range hubRe.FindAllSubmatch(body, -1) {
		hub := unescape(m[1])
		if policy == encryptionPolicy && s.typeOf(hub) != "NFS" {
			continue
		}
		fmt.Fprintf(&found, `<returnval><hubType>Datastore</hubType>`+
			`<hubId>%s</hubId></returnval>`, hub)
	}
	fmt.Fprintf(w, envelope, fmt.Sprintf(
		`<PbmQueryMatchingHubResponse xmlns="urn:pbm">%s`+
			`</PbmQueryMatchingHubResponse>`, found.String()))
}

func (s *server) typeOf(ref string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.datastores {
		if d.ref.Value == ref {
			return d.Type
		}
	}
	return ""
}
