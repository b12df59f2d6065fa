//go:build linux

// Link joins two network namespaces of its own by a bad line: what goes from one TUN device to the other
// is delayed, lost, reordered, doubled, slowed or cut as the lines of JSON on stdin say. Each line is
// answered by one on stdout. Both namespaces end with this program and with what runs in them, and the
// program ends with its stdin, so nothing is left however its owner ends.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"os"
)

const (
	memberAddress = "10.96.0.2"
	// The harness's certificates of servers are good for this address.
	hubAddress = "10.96.0.1"
	maxLine    = 64 * 1024
)

// Request is one line of stdin; what it does not name stays as it is.
type Request struct {
	Settings *Settings `json:"settings"`
	// Port of hubAddress that leads to that port of loopback outside.
	Hub int `json:"hub"`
	// Port of loopback in the member's namespace that leads to the same outside, past the bad line.
	Inside int `json:"inside"`
	// Port of loopback outside that leads to the same in the member's namespace.
	Outside int `json:"outside"`
}

// Reply is one line of stdout.
type Reply struct {
	Namespace string           `json:"namespace,omitempty"`
	Error     string           `json:"error,omitempty"`
	Up        map[string]int64 `json:"up,omitempty"`
	Down      map[string]int64 `json:"down,omitempty"`
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("link: ")
	var seed uint64
	if len(os.Args) != 2 {
		log.Fatal("usage: link SEED")
	}
	if _, err := fmt.Sscan(os.Args[1], &seed); err != nil {
		log.Fatalf("SEED must be a whole number: %v", err)
	}
	member, err := newNamespace(memberAddress)
	if err != nil {
		log.Fatal(err)
	}
	hub, err := newNamespace(hubAddress)
	if err != nil {
		log.Fatal(err)
	}
	up := newDirection(seed, member.tun, hub.tun)
	down := newDirection(seed+1, hub.tun, member.tun)
	for _, each := range []*direction{up, down} {
		go each.read()
		go each.write()
	}
	out := json.NewEncoder(os.Stdout)
	_ = out.Encode(Reply{Namespace: member.path})
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, maxLine), maxLine)
	for lines.Scan() {
		reply := Reply{}
		if err := obey(lines.Bytes(), up, down, member, hub); err != nil {
			reply.Error = err.Error()
		}
		reply.Up, reply.Down = up.counts(), down.counts()
		_ = out.Encode(reply)
	}
}

func obey(line []byte, up, down *direction, member, hub *namespace) error {
	var request Request
	if err := json.Unmarshal(line, &request); err != nil {
		return err
	}
	if settings := request.Settings; settings != nil {
		if err := settings.check(); err != nil {
			return err
		}
		up.set(*settings, settings.Cut == "up" || settings.Cut == "both")
		down.set(*settings, settings.Cut == "down" || settings.Cut == "both")
	}
	if request.Hub != 0 {
		if err := forward(hub, hubAddress, nil, request.Hub); err != nil {
			return err
		}
	}
	if request.Inside != 0 {
		if err := forward(member, loopback, nil, request.Inside); err != nil {
			return err
		}
	}
	if request.Outside != 0 {
		return forward(nil, loopback, member, request.Outside)
	}
	return nil
}
