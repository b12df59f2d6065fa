//go:build linux

package main

import (
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

const (
	dialTimeout = 5 * time.Second
	nodeDevice  = "node0"
	// More at once than a node's daemons and pods ever have; what comes then waits in the backlog.
	maxConnections = 1024
)

// JoinNetworks makes the pair of devices; the box's end goes to the namespace of the process.
func joinNetworks(spec *Spec, pid int) error {
	network := spec.Network
	address := fmt.Sprintf("%s/%d", network.HostAddress, network.PrefixBits)
	commands := [][]string{
		{"link", "add", network.Device, "type", "veth",
			"peer", "name", nodeDevice, "netns", fmt.Sprint(pid)},
		{"address", "add", address, "dev", network.Device},
		{"link", "set", network.Device, "up"},
	}
	for _, route := range network.Routes {
		commands = append(commands,
			[]string{"route", "add", route, "via", network.NodeAddress, "dev", network.Device})
	}
	for _, arguments := range commands {
		if err := ip(spec.Root, arguments...); err != nil {
			return err
		}
	}
	return nil
}

// RaiseNetwork brings the box's end up; it is called in the box.
func raiseNetwork(network Network) error {
	for _, arguments := range [][]string{
		{"link", "set", "lo", "up"},
		{"address", "add", fmt.Sprintf("%s/%d", network.NodeAddress, network.PrefixBits),
			"dev", nodeDevice},
		{"link", "set", nodeDevice, "up"},
		{"route", "add", "default", "via", network.HostAddress},
	} {
		if err := ip("", arguments...); err != nil {
			return err
		}
	}
	return nil
}

// Ip of the root filesystem, since the machine may have none.
func ip(root string, arguments ...string) error {
	command := exec.Command("/bin/ip", arguments...)
	command.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
	if root != "" {
		command.Path = "/bin/ip"
		command.Dir = "/"
		command.Err = nil
	}
	if output, err := command.CombinedOutput(); err != nil {
		said := strings.TrimSpace(string(output))
		return fmt.Errorf("ip %s: %w: %s", strings.Join(arguments, " "), err, said)
	}
	return nil
}

// ForwardAll leads each of several addresses to another until the program is killed.
func forwardAll(pairs []string) error {
	for _, pair := range pairs {
		from, to, ok := strings.Cut(pair, "=")
		if !ok {
			return fmt.Errorf("a pair must be ADDRESS:PORT=TARGET:PORT, not %q", pair)
		}
		if err := forward(from, to); err != nil {
			return err
		}
	}
	select {}
}

// Forward takes connections to one address and leads them to another.
func forward(from, target string) error {
	listener, err := net.Listen("tcp4", from)
	if err != nil {
		return err
	}
	slots := make(chan struct{}, maxConnections)
	go func() {
		for {
			slots <- struct{}{}
			near, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { <-slots }()
				join(near.(*net.TCPConn), target)
			}()
		}
	}()
	return nil
}

func join(near *net.TCPConn, target string) {
	defer near.Close()
	far, err := net.DialTimeout("tcp4", target, dialTimeout)
	if err != nil {
		_ = near.SetLinger(0) // refused there is refused here
		return
	}
	defer far.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		pump(near, far.(*net.TCPConn))
	}()
	pump(far.(*net.TCPConn), near)
	<-done
}

// Pump copies until the end, and passes the end on; a broken half breaks the other.
func pump(to, from *net.TCPConn) {
	if _, err := io.Copy(to, from); err != nil {
		_ = to.SetLinger(0)
		_ = to.Close()
		_ = from.Close()
		return
	}
	_ = to.CloseWrite()
}
